// Reads what is to be deployed, from flags and a file, and refuses what no chain needs to be asked for.
import { readFileSync } from "node:fs";
import { getAddress, ZeroAddress } from "ethers";
import { z } from "zod";
import { ANVIL_ACCOUNTS_MAX, ANVIL_CHAIN_ID, anvilAccount } from "../services/anvil-keys.ts";
import { reasonOf } from "../stop.ts";
import { UsageError } from "../up-options.ts";
import {
  DUTIES,
  type Duties,
  type Hex,
  LIMITED,
  MINT_LIMIT_BUILT_IN,
  type MintLimits,
} from "./duties.ts";

export type CollectionInput = {
  chainId: number;
  collection: string;
  /** Who grants roles once the hand-over is accepted. */
  admin: Hex;
  duties: Duties;
  limits: MintLimits;
  /** One key may have several duties, and everybody may know it; on the embedded chain only. */
  development: boolean;
};

const COLLECTION_DEFAULT = "main";
const COLLECTION_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const CONFIG_BYTES_MAX = 64 * 1024;
/** What the limiter on chain can hold is more; a number beyond this is a slip. */
const LIMIT_TICKETS_MAX = 10_000_000;
const LIMIT_WINDOW_MAX_S = 30 * 24 * 3_600;

const Limit = z.strictObject({
  tickets: z.int().min(0).max(LIMIT_TICKETS_MAX),
  windowSeconds: z.int().min(1).max(LIMIT_WINDOW_MAX_S),
});

const Config = z.strictObject({
  chainId: z.int().min(1).optional(),
  collection: z.string().optional(),
  admin: z.string().optional(),
  duties: z.strictObject(Object.fromEntries(DUTIES.map((duty) => [duty, z.string()]))).partial(),
  limits: z.strictObject(Object.fromEntries(LIMITED.map((duty) => [duty, Limit]))).partial(),
});

type Config = z.infer<typeof Config>;

/** Flags win over the file. */
export type Flags = Record<string, string | boolean | undefined>;

export function readCollectionInput(flags: Flags, deployer: Hex | undefined): CollectionInput {
  const config = typeof flags.config === "string" ? readConfig(flags.config) : undefined;
  const duties = DUTIES.map((duty) => {
    const given = flags[duty] ?? config?.duties?.[duty];
    return [duty, parseAddress(duty, given)] as const;
  });
  const input: CollectionInput = {
    chainId: parseChainId(flags.chain ?? config?.chainId),
    collection: parseCollection(flags.collection ?? config?.collection ?? COLLECTION_DEFAULT),
    admin: parseAddress("admin", flags.admin ?? config?.admin),
    duties: Object.fromEntries(duties) as Duties,
    limits: {
      minter: config?.limits?.minter ?? MINT_LIMIT_BUILT_IN,
      voucher: config?.limits?.voucher ?? MINT_LIMIT_BUILT_IN,
    },
    development: flags.development === true,
  };
  if (input.development && input.chainId !== ANVIL_CHAIN_ID) {
    throw new UsageError(`--development is for chain ${ANVIL_CHAIN_ID} only.`);
  }
  if (!input.development) requireSeparateKeys(input, deployer);
  return input;
}

/** A stolen key then costs one duty; a key that everybody has is none. */
function requireSeparateKeys(input: CollectionInput, deployer: Hex | undefined): void {
  const holders = new Map<Hex, string>();
  const published = input.chainId === ANVIL_CHAIN_ID ? new Set<Hex>() : publishedAddresses();
  const all: [name: string, address: Hex | undefined][] = [
    ["deployer", deployer],
    ["admin", input.admin],
    ...DUTIES.map((duty): [string, Hex] => [duty, input.duties[duty]]),
  ];
  for (const [name, address] of all) {
    if (address === undefined) continue;
    const other = holders.get(address);
    if (other !== undefined) {
      throw new UsageError(`${address} is both ${other} and ${name}: each duty needs its own key.`);
    }
    if (published.has(address)) {
      throw new UsageError(`${address} (${name}) belongs to a key that everybody knows.`);
    }
    holders.set(address, name);
  }
}

function publishedAddresses(): Set<Hex> {
  const indexes = Array.from({ length: ANVIL_ACCOUNTS_MAX }, (_, index) => index);
  return new Set(indexes.map((index) => anvilAccount(index).address));
}

function readConfig(path: string): Config {
  let value: unknown;
  try {
    const text = readFileSync(path, "utf8");
    if (text.length > CONFIG_BYTES_MAX) throw new Error(`is over ${CONFIG_BYTES_MAX} bytes`);
    value = JSON.parse(text);
  } catch (error) {
    // The parser's own reason would quote the file, which may hold a key by mistake.
    const reason = error instanceof SyntaxError ? "it is not JSON" : reasonOf(error);
    throw new UsageError(`${path} cannot be read: ${reason}.`);
  }
  const { success, data, error } = Config.partial().safeParse(value);
  if (success) return data as Config;
  const [issue] = error.issues;
  const where = issue?.path.join(".") || "the top";
  throw new UsageError(`${path} is malformed at ${where}: ${issue?.message}.`);
}

export function parseAddress(name: string, given: unknown): Hex {
  if (given === undefined) throw new UsageError(`The address of the ${name} is missing.`);
  // What was given is not shown: somebody may have put a key in its place.
  if (typeof given !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(given)) {
    throw new UsageError(`The ${name} is no address: 0x and 40 hexadecimal digits.`);
  }
  let address: Hex;
  try {
    address = getAddress(given) as Hex;
  } catch (error) {
    throw new UsageError(`The ${name} ${given} has a wrong checksum.`, { cause: error });
  }
  if (address === ZeroAddress) throw new UsageError(`The ${name} is the zero address.`);
  return address;
}

export function parseChainId(given: unknown): number {
  const chainId = typeof given === "string" && /^\d+$/.test(given) ? Number(given) : given;
  if (typeof chainId === "number" && Number.isSafeInteger(chainId) && chainId > 0) return chainId;
  throw new UsageError("--chain needs the id of the chain, a number above 0.");
}

export function parseCollection(given: unknown): string {
  if (typeof given === "string" && COLLECTION_NAME.test(given)) return given;
  throw new UsageError("--collection is a name of up to 32 letters a-z, digits and hyphens.");
}
