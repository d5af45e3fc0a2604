// Reads the options of ./stagedoor deploy; the deployer's key comes from the environment alone.
import { parseArgs } from "node:util";
import { computeAddress } from "ethers";
import { DUTIES, type Hex } from "./deployment/duties.ts";
import { type CollectionInput, parseAddress, readCollectionInput } from "./deployment/input.ts";
import type { Method } from "./deployment/plan.ts";
import { reasonOf } from "./stop.ts";
import { homeFrom, UsageError } from "./up-options.ts";

export const DEPLOY_USAGE = `Usage: DEPLOYER_KEY=0x… ./stagedoor deploy --config FILE --rpc URL [options]

Deploys Tickets, Splits, Resale and BoxOffice at addresses that follow from their code, gives each
duty to its key, offers the admin role to a multisig, and verifies all of it. What was done is kept
in contracts/deployments/<chainId>.json. A run that was cut short goes on with --resume.

  --config FILE      JSON: chainId, collection, admin, duties {minter, voucher, gate, refunder,
                     organiser, guardian}, limits {minter, voucher: {tickets, windowSeconds}}
  --chain N, --collection NAME, --admin ADDRESS, --minter ADDRESS, --voucher …, --gate …,
  --refunder …, --organiser …, --guardian …
                     each instead of its line in the file
  --rpc URL          the chain's node (RPC_URL)
  --dry-run          show addresses and cost, and send nothing; needs no key with --deployer
  --deployer ADDRESS whose key it will be
  --resume           keep what is there already and do what is missing
  --plain            without the proxy: addresses follow from the deployer's nonce
  --install-proxy    first create the proxy where the chain has none
  --eoa-admin        the admin may be a single key
  --start-block N    where to look for old events, if a lost record cannot be made again otherwise
  --records DIR      folder of the records
  --development      chain 31337: duties may share a key
  --home DIR         for chain 31337: the instance's folder (STAGEDOOR_HOME, else .stagedoor)
  --json             one JSON object per line
  --help             this text
`;

export type DeployRun = {
  json: boolean;
  rpcUrl: string;
  /** None in a dry run by address. */
  deployerKey: Hex | undefined;
  deployer: Hex;
  input: CollectionInput;
  method: Method;
  dryRun: boolean;
  resume: boolean;
  installProxy: boolean;
  eoaAdmin: boolean;
  startBlock: number | undefined;
  records: string | undefined;
  home: string;
};

const flag = { type: "boolean" } as const;
const value = { type: "string" } as const;
const OPTIONS = {
  json: flag,
  ...{ "dry-run": flag, resume: flag, plain: flag, "install-proxy": flag },
  ...{ "eoa-admin": flag, development: flag },
  ...{ config: value, chain: value, collection: value, admin: value, rpc: value },
  ...{ deployer: value, "start-block": value, records: value, home: value },
  ...Object.fromEntries(DUTIES.map((duty) => [duty, value])),
} as const;

export function parseDeployOptions(
  args: string[],
  env: Record<string, string | undefined>,
): DeployRun {
  refuseKeys(args);
  const values = parse(args);
  const dryRun = values["dry-run"] === true;
  const deployerKey = readKey(env.DEPLOYER_KEY);
  const named =
    values.deployer === undefined ? undefined : parseAddress("deployer", values.deployer);
  const ofKey = deployerKey === undefined ? undefined : (computeAddress(deployerKey) as Hex);
  if (named !== undefined && ofKey !== undefined && named !== ofKey) {
    throw new UsageError(`DEPLOYER_KEY is the key of ${ofKey}, and --deployer is ${named}.`);
  }
  const deployer = ofKey ?? (dryRun ? named : undefined);
  if (deployer === undefined) {
    const instead = dryRun ? " Set it, or name the --deployer." : "";
    throw new UsageError(`DEPLOYER_KEY is not set.${instead}`);
  }
  return {
    json: values.json === true,
    rpcUrl: parseRpcUrl(values.rpc ?? env.RPC_URL),
    ...{ deployerKey, deployer, dryRun },
    input: readCollectionInput(values, deployer),
    method: values.plain === true ? "plain" : "create2",
    resume: values.resume === true,
    installProxy: values["install-proxy"] === true,
    eoaAdmin: values["eoa-admin"] === true,
    startBlock: parseStartBlock(values["start-block"]),
    records: typeof values.records === "string" ? values.records : undefined,
    home: homeFrom(values.home),
  };
}

function parse(args: string[]): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(reasonOf(error), { cause: error });
  }
}

function readKey(text: string | undefined): Hex | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text as Hex;
  throw new UsageError("DEPLOYER_KEY is no private key: 0x and 64 hexadecimal digits.");
}

/** Arguments stay in the shell's history and are seen by everybody on the machine. */
export function refuseKeys(args: readonly string[]): void {
  if (!args.some((arg) => /(^|=)(0x)?[0-9a-fA-F]{64}$/.test(arg))) return;
  throw new UsageError(
    "An argument looks like a private key. Set DEPLOYER_KEY in the environment instead, " +
      "and consider that key known",
  );
}

export function parseRpcUrl(given: unknown): string {
  if (typeof given === "string" && /^https?:\/\/./.test(given) && URL.canParse(given)) return given;
  throw new UsageError("--rpc needs the http or https address of the chain's node.");
}

function parseStartBlock(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "string" && /^\d{1,15}$/.test(given)) return Number(given);
  throw new UsageError("--start-block needs the number of a block.");
}
