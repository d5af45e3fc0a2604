// Puts the contracts on the embedded chain once, and remembers where.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { ticketsBytecode } from "#contracts/abi/tickets-bytecode.ts";
import type { Deployment, Modules } from "#server/platform/env.ts";
import { creationHash, PARTS } from "./deployment/contracts.ts";
import { deployDevelopment, deploymentOf } from "./deployment/deploy-development.ts";
import { openRecordStore } from "./deployment/record.ts";
import { ANVIL_CHAIN_ID } from "./services/anvil-keys.ts";
import { homePaths } from "./services/home.ts";
import { rpcCall } from "./services/json-rpc.ts";

type Address = `0x${string}`;
/** What older checkouts wrote; such a chain goes on with what it has. */
type Remembered = {
  tickets: Address;
  startBlock: number;
  bytecodeHash: string;
  modules?: Omit<Modules, "renderer">;
};

const DEPLOYMENT_ID = 1;
const COLLECTION = "main";
const RPC_TIMEOUT_MS = 5_000;

export async function deployOnce(options: {
  home: string;
  rpcUrl: string;
  note: (text: string) => void;
}): Promise<Deployment> {
  const { home, rpcUrl, note } = options;
  const path = homePaths(home).deployment;
  const remembered = readRemembered(path);
  if (remembered !== undefined) {
    if (await hasCode(rpcUrl, remembered.tickets)) {
      noteChange(remembered.bytecodeHash === sha256(ticketsBytecode), note);
      return describe(rpcUrl, remembered);
    }
    rmSync(path);
  }
  const store = openRecordStore(path, COLLECTION);
  const record = remembered === undefined ? store.read() : undefined;
  const isThere = record !== undefined && (await hasCode(rpcUrl, record.contracts.tickets.address));
  if (isThere && record.state === "complete") {
    const isSame = PARTS.every(
      (part) => record.contracts[part].creationHash === creationHash(part),
    );
    noteChange(isSame, note);
    return deploymentOf(record, { id: DEPLOYMENT_ID, rpcUrl });
  }
  if (remembered !== undefined || (record !== undefined && !isThere)) {
    note("The chain no longer holds the contract; it is deployed again and its tickets are gone.");
    rmSync(path, { force: true });
  }
  const made = await deployDevelopment({ rpcUrl, collection: COLLECTION, store, note });
  return deploymentOf(made, { id: DEPLOYMENT_ID, rpcUrl });
}

/** Moving would leave every sold ticket behind, so that is for the person to decide. */
function noteChange(isSame: boolean, note: (text: string) => void): void {
  if (isSame) return;
  note("The contract has changed in this checkout since this chain began; the old one stays.");
  note("./stagedoor up --reset starts from nothing with the new one.");
}

function describe(rpcUrl: string, { tickets, startBlock }: Remembered): Deployment {
  const address = tickets.toLowerCase() as Address;
  return { id: DEPLOYMENT_ID, chainId: ANVIL_CHAIN_ID, rpcUrl, tickets: address, startBlock };
}

function readRemembered(path: string): Remembered | undefined {
  if (!existsSync(path)) return undefined;
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  return Array.isArray(parsed) ? undefined : (parsed as Remembered);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function hasCode(url: string, address: string): Promise<boolean> {
  const params = [address, "latest"];
  return (
    (await rpcCall({ url, method: "eth_getCode", params, timeoutMs: RPC_TIMEOUT_MS })) !== "0x"
  );
}
