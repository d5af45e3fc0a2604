// Finds out whether a chain knows the newer instructions that our code uses, by having it run each once.
import { isError, type JsonRpcProvider } from "ethers";
import { compiler } from "#contracts/abi/compiler.ts";
import { Stop } from "../stop.ts";

/**
 * Creations that fail without the instruction. The lock of Resale and BoxOffice is the only place
 * of the last two: there a deployment would succeed, and every purchase fail.
 */
const PROBES = {
  PUSH0: "0x5f00",
  MCOPY: "0x5f5f5f5e00",
  TSTORE: "0x5f5f5d00",
  TLOAD: "0x5f5c00",
} as const;
/** Stops at once: a node that refuses this takes no such questions at all. */
const CONTROL = "0x00";

export async function requireInstructions(provider: JsonRpcProvider): Promise<void> {
  if (!(await passes(provider, CONTROL))) return;
  const missing: string[] = [];
  for (const [name, probe] of Object.entries(PROBES)) {
    if (!(await passes(provider, probe))) missing.push(name);
  }
  if (missing.length === 0) return;
  throw new Stop(
    `The chain does not know ${missing.join(", ")}, which code for ${compiler.evmVersion} uses.`,
    "Choose a chain with the rules of Cancun or later (MCOPY and transient storage).",
  );
}

/** A node that is away says nothing about the chain. */
async function passes(provider: JsonRpcProvider, data: string): Promise<boolean> {
  try {
    await provider.call({ data });
    return true;
  } catch (error) {
    const isAway = (["TIMEOUT", "SERVER_ERROR", "NETWORK_ERROR"] as const).some((code) =>
      isError(error, code),
    );
    if (isAway) throw error;
    return false;
  }
}
