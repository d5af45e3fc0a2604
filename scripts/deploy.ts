// Deploys a collection to any EVM chain, and hands it over to a multisig.
import { relative } from "node:path";
import { formatEther, type JsonRpcProvider } from "ethers";
import { DEPLOY_USAGE, type DeployRun, parseDeployOptions } from "./deploy-options.ts";
import { complain } from "./deployment/complain.ts";
import { connect } from "./deployment/connect.ts";
import { hasProxy, installProxy } from "./deployment/create2.ts";
import { deployCollection } from "./deployment/deploy-collection.ts";
import { deploymentOf } from "./deployment/deploy-development.ts";
import { handoverLines, openHandover } from "./deployment/handover.ts";
import { makePlan, type Plan } from "./deployment/plan.ts";
import { requireBalance } from "./deployment/preflight.ts";
import { isDone, type Prepared, prepare, requireDeployable } from "./deployment/prepare.ts";
import { type DeploymentRecord, openRecordStore, recordsPath } from "./deployment/record.ts";
import { createSender } from "./deployment/transactions.ts";
import { createProgress, type Progress, progressMode } from "./progress.ts";

async function deploy(run: DeployRun, progress: Progress): Promise<void> {
  const { input, records, home } = run;
  const path = recordsPath({ chainId: input.chainId, home, records });
  const provider = await progress.step("Reach the node", () => connect(run.rpcUrl, input.chainId));
  try {
    await deployOn(provider, run, { progress, path });
  } finally {
    provider.destroy();
  }
}

async function deployOn(
  provider: JsonRpcProvider,
  run: DeployRun,
  { progress, path }: { progress: Progress; path: string },
): Promise<void> {
  const { deployer, input, method, resume, eoaAdmin, startBlock } = run;
  const store = openRecordStore(path, input.collection);
  const options = { provider, deployer, input, method, store, resume, eoaAdmin };
  // Known before the chain is looked at; without the proxy they depend on what is there.
  const { collection } = input;
  if (method === "create2")
    announce(run, makePlan({ method, collection, deployer, nonce: 0 }), progress);
  const record = await requireDeployable(options);
  const sender = run.deployerKey && createSender(run.deployerKey, provider);
  if (run.installProxy && !run.dryRun && sender !== undefined && !(await hasProxy(provider))) {
    await progress.step("Create the proxy", () => installProxy(provider, sender));
  }
  const prepared = await progress.step("Look at the chain", () => prepare(options, record));
  if (method === "plain") announce(run, prepared.plan, progress);
  if (!isDone(prepared)) describeCost(prepared, progress);
  if (run.dryRun || sender === undefined) {
    progress.result({ type: "dry-run", ...summaryOf(prepared) }, ["", "Nothing was sent."]);
    return;
  }
  if (isDone(prepared)) progress.note("It is complete already; what is there is verified.");
  else requireBalance(deployer, prepared.cost);
  const done = await deployCollection({ ...options, sender, startBlock, progress }, prepared);
  await conclude(provider, done, { path, progress });
}

function announce({ deployer, input }: DeployRun, { addresses }: Plan, progress: Progress): void {
  const { collection, chainId } = input;
  const lines = Object.entries(addresses).map(([part, at]) => `  ${part.padEnd(12)}${at}`);
  const title = `Collection ${collection} on chain ${chainId}, deployed by ${deployer}:`;
  progress.result({ type: "plan", chainId, collection, deployer, addresses }, [title, ...lines]);
}

function describeCost({ missing, cost }: Prepared, progress: Progress): void {
  const names = missing.map(({ part }) => part).join(", ") || "no contract";
  progress.note(
    `To be created: ${names}. Up to ${cost.gas} gas, ${formatEther(cost.wei)} of ` +
      `${formatEther(cost.balanceWei)} at today's price; a rollup adds its data's price.`,
  );
  if (cost.wei > cost.balanceWei) progress.note("That is more than the deployer has.");
}

function summaryOf({ plan, missing, cost }: Prepared): Record<string, unknown> {
  return {
    addresses: plan.addresses,
    missing: missing.map(({ part }) => part),
    gas: String(cost.gas),
    wei: String(cost.wei),
    balanceWei: String(cost.balanceWei),
  };
}

async function conclude(
  provider: JsonRpcProvider,
  record: DeploymentRecord,
  { path, progress }: { path: string; progress: Progress },
): Promise<void> {
  const handover = await openHandover(provider, record);
  const deployment = deploymentOf(record, { id: 1, rpcUrl: "https://…" });
  const fromHere = relative(process.cwd(), path);
  const shown = fromHere.startsWith("..") ? path : fromHere;
  progress.result({ type: "deployed", path, record, handover: handover ?? null }, [
    "",
    `Deployed: Tickets ${record.contracts.tickets.address}, recorded in ${shown}.`,
    ...handoverLines(handover),
    "For the server (give it an id of its own, and your node):",
    `  DEPLOYMENTS='${JSON.stringify([deployment])}'`,
  ]);
}

async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(DEPLOY_USAGE);
    return 0;
  }
  const json = args.includes("--json");
  let rpcUrl: string | undefined;
  try {
    const run = parseDeployOptions(args, process.env);
    rpcUrl = run.rpcUrl;
    await deploy(run, createProgress(progressMode(run.json)));
    return 0;
  } catch (error) {
    return complain(error, { step: "Deploy", json, rpcUrl });
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
