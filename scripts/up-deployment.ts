// Puts the contracts on the embedded chain once, and remembers where.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { ticketsBytecode } from "#contracts/abi/tickets-bytecode.ts";
import type { Deployment } from "#server/platform/env.ts";
import { deployModules, deployTickets } from "./deploy.ts";
import { ANVIL_CHAIN_ID, ANVIL_ROLES, anvilAccount } from "./services/anvil-keys.ts";
import { homePaths, writePrivate } from "./services/home.ts";
import { rpcCall } from "./services/json-rpc.ts";

type Address = `0x${string}`;
type Remembered = {
  tickets: Address;
  startBlock: number;
  bytecodeHash: string;
  /** The contracts that handle money; chains begun by an older checkout have none. */
  modules?: { splits: Address; resale: Address; boxOffice: Address };
};

const DEPLOYMENT_ID = 1;
const RPC_TIMEOUT_MS = 5_000;

export async function deployOnce(options: {
  home: string;
  rpcUrl: string;
  note: (text: string) => void;
}): Promise<Deployment> {
  const { home, rpcUrl, note } = options;
  const path = homePaths(home).deployment;
  const remembered = readRemembered(path);
  const bytecodeHash = createHash("sha256").update(ticketsBytecode).digest("hex");
  if (remembered !== undefined && (await hasCode(rpcUrl, remembered.tickets))) {
    if (remembered.bytecodeHash !== bytecodeHash) {
      // Moving would leave every sold ticket behind, so that is for the person to decide.
      note("The contract has changed in this checkout since this chain began; the old one stays.");
      note("./stagedoor up --reset starts from nothing with the new one.");
    }
    return describe(rpcUrl, remembered);
  }
  if (remembered !== undefined) {
    note("The chain no longer holds the contract; it is deployed again and its tickets are gone.");
  }
  const made = await deployTickets({
    rpcUrl,
    chainId: ANVIL_CHAIN_ID,
    adminKey: anvilAccount(ANVIL_ROLES.admin).privateKey,
    roles: {
      minter: anvilAccount(ANVIL_ROLES.minter).address,
      gate: anvilAccount(ANVIL_ROLES.gate).address,
      organiser: anvilAccount(ANVIL_ROLES.organiser).address,
      refunder: anvilAccount(ANVIL_ROLES.refunder).address,
    },
  });
  const modules = await deployModules({
    rpcUrl,
    chainId: ANVIL_CHAIN_ID,
    adminKey: anvilAccount(ANVIL_ROLES.admin).privateKey,
    tickets: made.tickets,
  });
  const record = { tickets: made.tickets, startBlock: made.startBlock, bytecodeHash, modules };
  mkdirSync(dirname(path), { recursive: true });
  writePrivate(path, record);
  return describe(rpcUrl, record);
}

function describe(rpcUrl: string, { tickets, startBlock, modules }: Remembered): Deployment {
  const lower = (address: Address) => address.toLowerCase() as Address;
  return {
    ...{ id: DEPLOYMENT_ID, chainId: ANVIL_CHAIN_ID, rpcUrl, tickets: lower(tickets), startBlock },
    ...(modules !== undefined && {
      splits: lower(modules.splits),
      resale: lower(modules.resale),
      boxOffice: lower(modules.boxOffice),
    }),
  };
}

function readRemembered(path: string): Remembered | undefined {
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as Remembered;
}

async function hasCode(url: string, address: string): Promise<boolean> {
  const params = [address, "latest"];
  return (
    (await rpcCall({ url, method: "eth_getCode", params, timeoutMs: RPC_TIMEOUT_MS })) !== "0x"
  );
}
