// What a contract answered when it refused a call, dug out of the errors of the RPC client.
import type { Hex } from "viem";

/** The data of a revert, wherever in the chain of causes the RPC client has put it. */
export function revertData(error: unknown): Hex | undefined | null {
  let reverted = false;
  for (let at = error; at instanceof Error; at = at.cause) {
    const data = (at as { data?: unknown }).data;
    if (typeof data === "string" && data.startsWith("0x") && data.length >= 10) return data as Hex;
    if (/revert/i.test(at.message)) reverted = true;
  }
  return reverted ? undefined : null;
}
