// Keeps what was deployed, and what is meant to hold there: contracts/deployments/<chainId>.json.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ANVIL_CHAIN_ID } from "../services/anvil-keys.ts";
import { homePaths } from "../services/home.ts";
import { repositoryRoot } from "../services/packages.ts";
import { Stop } from "../stop.ts";
import type { Addresses } from "./contracts.ts";
import type { Hex } from "./duties.ts";

const COLLECTIONS_MAX = 1_000;

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => text as Hex);
const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform((text) => text as Hex);
const limit = z.strictObject({ tickets: z.int().min(0), windowSeconds: z.int().min(1) });
const inner = z.strictObject({ address });
const contract = z.strictObject({
  address,
  arguments: z.array(address),
  /** Unknown for one that was found there. */
  txHash: hash.nullable(),
  /** Of the bytecode without its arguments: names the sources and the compiler's settings. */
  creationHash: hash,
  /** Of what lies on the chain; unknown until it does. */
  codeHash: hash.nullable(),
});

const Record = z.strictObject({
  collection: z.string().min(1),
  /** An unfinished one is gone on with by --resume. */
  state: z.enum(["unfinished", "complete"]),
  chainId: z.int().min(1),
  method: z.enum(["create2", "plain"]),
  salt: hash.nullable(),
  deployer: address,
  admin: address,
  /** From when on the admin can accept, in seconds; none where the deployer stays the admin. */
  acceptFrom: z.int().min(0).nullable(),
  /** Tickets was created in this block or a later one. */
  startBlock: z.int().min(0),
  duties: z.strictObject({
    minter: address,
    voucher: address,
    gate: address,
    refunder: address,
    organiser: address,
    guardian: address,
  }),
  limits: z.strictObject({ minter: limit, voucher: limit }),
  contracts: z.strictObject({
    tickets: contract,
    splits: contract,
    resale: contract,
    boxOffice: contract,
    termsReader: inner,
    passReader: inner,
    renderer: inner,
  }),
  compiler: z.looseObject({ version: z.string() }),
});

export type DeploymentRecord = z.infer<typeof Record>;

export function addressesOf({ contracts }: DeploymentRecord): Addresses {
  const parts = Object.entries(contracts).map(([part, { address: at }]) => [part, at] as const);
  return Object.fromEntries(parts) as Addresses;
}

/** One collection's place in the records of a chain. */
export type RecordStore = {
  read(): DeploymentRecord | undefined;
  write(record: DeploymentRecord): void;
};

/** The embedded chain is one instance's own: its record lies in the home folder. */
export function recordsPath(given: {
  chainId: number;
  home: string;
  records: string | undefined;
}): string {
  const { chainId, home, records } = given;
  if (records !== undefined) return join(records, `${chainId}.json`);
  if (chainId === ANVIL_CHAIN_ID) return homePaths(home).deployment;
  return join(repositoryRoot, "contracts/deployments", `${chainId}.json`);
}

export function readRecords(path: string): DeploymentRecord[] {
  if (!existsSync(path)) return [];
  const hint = "Put back the file as it was written.";
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Stop(`${path} is not JSON.`, hint, { cause: error });
  }
  if (parsed !== null && typeof parsed === "object" && "bytecodeHash" in parsed) {
    throw new Stop(
      `${path} was written by an older checkout, which kept too little to go by.`,
      "The chain goes on as it is; ./stagedoor up --reset starts a new one.",
    );
  }
  const { success, data, error } = z.array(Record).max(COLLECTIONS_MAX).safeParse(parsed);
  if (success) return data;
  const [issue] = error.issues;
  const where = issue?.path.join(".") || "the top";
  throw new Stop(`${path} is no list of deployments (${issue?.message} at ${where}).`, hint);
}

export function openRecordStore(path: string, collection: string): RecordStore {
  const others = () => readRecords(path).filter((each) => each.collection !== collection);
  return {
    read: () => readRecords(path).find((each) => each.collection === collection),
    write(record) {
      mkdirSync(dirname(path), { recursive: true });
      const list = [...others(), record].sort((a, b) => (a.collection < b.collection ? -1 : 1));
      // Renamed into its place, so that a power cut leaves the old file or the new one.
      const draft = `${path}.${process.pid}.tmp`;
      writeFileSync(draft, `${JSON.stringify(list, null, 2)}\n`);
      renameSync(draft, path);
    },
  };
}
