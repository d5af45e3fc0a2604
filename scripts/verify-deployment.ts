// Compares a live deployment with this checkout and its record, and names each difference.
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseRpcUrl, refuseKeys } from "./deploy-options.ts";
import { complain } from "./deployment/complain.ts";
import { connect } from "./deployment/connect.ts";
import { type Difference, lineOf } from "./deployment/difference.ts";
import { parseChainId, parseCollection } from "./deployment/input.ts";
import { type DeploymentRecord, readRecords, recordsPath } from "./deployment/record.ts";
import { RANGE_BLOCKS } from "./deployment/scan-logs.ts";
import { verifyCollection } from "./deployment/verify-collection.ts";
import { createProgress, type Progress, progressMode } from "./progress.ts";
import { ANVIL_CHAIN_ID } from "./services/anvil-keys.ts";
import { homePaths } from "./services/home.ts";
import { reasonOf, Stop } from "./stop.ts";
import { homeFrom, UsageError } from "./up-options.ts";

const USAGE = `Usage: ./stagedoor verify-deployment --chain N --rpc URL [options]
       ./stagedoor verify-deployment --home DIR [--rpc URL]

Compares what is on the chain with this checkout and with contracts/deployments/<chainId>.json:
code, immutables, signing domains, roles in both directions, admin, limits, pauses and wiring. Each
difference is one line, "what: expected …, found …". Exit code 0 without any, 1 with some.

  --chain N          whose record it is
  --home DIR         the embedded chain of the instance in that folder
  --rpc URL          the chain's node (RPC_URL; with --home that of the running instance)
  --collection NAME  only this one of the chain's collections
  --offered          the multisig has not accepted the admin role yet, and that is expected
  --range N          blocks of logs to ask for at once, ${RANGE_BLOCKS} unless told
  --records DIR      folder of the records
  --json             one JSON object per line
  --help             this text
`;

/** More makes every node refuse. */
const RANGE_BLOCKS_MAX = 1_000_000;

type Options = {
  json: boolean;
  offered: boolean;
  chainId: number;
  path: string;
  rpcUrl: string;
  collection: string | undefined;
  rangeBlocks: number | undefined;
};

async function verify(options: Options, progress: Progress): Promise<number> {
  const records = chooseRecords(options);
  const provider = await progress.step("Reach the node", () =>
    connect(options.rpcUrl, options.chainId),
  );
  try {
    let count = 0;
    for (const record of records) {
      const { collection } = record;
      const differences = await progress.step(`Compare ${collection}`, () =>
        verifyCollection({
          ...{ provider, record, rangeBlocks: options.rangeBlocks },
          handover: options.offered ? "offered" : "accepted",
        }),
      );
      const prefix = records.length > 1 ? `${collection}: ` : "";
      for (const each of differences) show(progress, each, { collection, prefix });
      count += differences.length;
    }
    const names = records.map(({ collection }) => collection);
    progress.result({ type: "result", chainId: options.chainId, collections: names, count }, [
      count === 0 ? "No differences." : `Differences: ${count}.`,
    ]);
    return count;
  } finally {
    provider.destroy();
  }
}

function show(
  progress: Progress,
  difference: Difference,
  { collection, prefix }: { collection: string; prefix: string },
): void {
  const line = `${prefix}${lineOf(difference)}`;
  progress.result({ type: "difference", collection, ...difference }, [line]);
}

function chooseRecords({ path, collection }: Options): DeploymentRecord[] {
  if (!existsSync(path)) {
    throw new Stop(
      `There is no ${path}.`,
      "./stagedoor deploy writes it; --records names a folder.",
    );
  }
  const records = readRecords(path);
  const chosen = records.filter((each) => (collection ?? each.collection) === each.collection);
  if (chosen.length > 0) return chosen;
  const names = records.map((each) => each.collection).join(", ") || "none";
  throw new Stop(`${path} has no collection ${collection ?? ""}.`, `It has: ${names}.`);
}

function parseOptions(args: string[], env: NodeJS.ProcessEnv): Options {
  refuseKeys(args);
  const values = parse(args);
  const home = homeFrom(values.home);
  const ofHome = values.chain === undefined && values.home !== undefined;
  const chainId = ofHome ? ANVIL_CHAIN_ID : parseChainId(values.chain);
  const records = typeof values.records === "string" ? values.records : undefined;
  const { collection } = values;
  return {
    ...{ json: values.json === true, offered: values.offered === true, chainId },
    path: recordsPath({ chainId, home, records }),
    rpcUrl: parseRpcUrl(values.rpc ?? (ofHome ? rpcUrlOf(home) : env.RPC_URL)),
    collection: collection === undefined ? undefined : parseCollection(collection),
    rangeBlocks: parseRange(values.range),
  };
}

function parse(args: string[]): Record<string, string | boolean | undefined> {
  const flag = { type: "boolean" } as const;
  const value = { type: "string" } as const;
  const options = {
    ...{ json: flag, offered: flag, chain: value, home: value, rpc: value },
    ...{ collection: value, range: value, records: value },
  };
  try {
    return parseArgs({ args, options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(reasonOf(error), { cause: error });
  }
}

function parseRange(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  const range = Number(given);
  if (Number.isInteger(range) && range >= 1 && range <= RANGE_BLOCKS_MAX) return range;
  throw new UsageError(`--range needs a number from 1 to ${RANGE_BLOCKS_MAX}.`);
}

function rpcUrlOf(home: string): string {
  const { instance } = homePaths(home);
  const { rpcUrl } = existsSync(instance) ? JSON.parse(readFileSync(instance, "utf8")) : {};
  if (typeof rpcUrl === "string") return rpcUrl;
  throw new Stop(`No instance runs in ${home}.`, "Start it with ./stagedoor up --home, or --rpc.");
}

async function main(args: string[]): Promise<number> {
  const json = args.includes("--json");
  let rpcUrl: string | undefined;
  try {
    if (args.includes("--help") || args.includes("-h")) {
      process.stdout.write(USAGE);
      return 0;
    }
    const options = parseOptions(args, process.env);
    rpcUrl = options.rpcUrl;
    const differences = await verify(options, createProgress(progressMode(options.json)));
    return differences === 0 ? 0 : 1;
  } catch (error) {
    return complain(error, { step: "Verify", json, rpcUrl });
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
