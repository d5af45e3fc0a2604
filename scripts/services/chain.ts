// Starts the embedded chain: anvil, with its blocks made here and its state kept in the home folder.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Stop } from "../stop.ts";
import { ANVIL_ACCOUNTS_MAX, ANVIL_CHAIN_ID } from "./anvil-keys.ts";
import { withBlockLock } from "./block-lock.ts";
import { createMiner } from "./chain-miner.ts";
import { createChainSaver, findChainState } from "./chain-state.ts";
import { type Service, startChild, tailOf, waitUntilReady } from "./child.ts";
import { homePaths } from "./home.ts";
import { rpcCall } from "./json-rpc.ts";
import { packageFolder } from "./packages.ts";
import { findFreePort, LOOPBACK } from "./ports.ts";

export type ChainOptions = {
  home: string;
  port?: number | undefined;
  log: (text: string) => void;
  onSpawn?:
    | ((child: { name: string; pid: number; command: string; url: string }) => void)
    | undefined;
  blockTimeMs?: number | undefined;
  /** Its state is not saved: one that starts in its place begins anew. */
  passing?: boolean | undefined;
};

const BLOCK_TIME_MS = 1_000;
const READY_LIMIT_MS = 20_000;
const READY_POLL_MS = 25;
const RPC_TIMEOUT_MS = 5_000;
const STOP_LIMIT_MS = 5_000;
/** The state is saved before; what remains for anvil is to end. */
const END_WAIT_MS = 1_000;
/** States of past blocks kept in memory, about 60 KB each; the oldest answer is 256 blocks back. */
const STATES_KEPT = 256;

export async function startChain(options: ChainOptions): Promise<Service> {
  const { home, log, passing = false } = options;
  const { chain, logs, blockLock } = homePaths(home);
  mkdirSync(chain, { recursive: true });
  const cache = join(chain, "cache");
  for (const left of [cache, blockLock]) rmSync(left, { recursive: true, force: true });
  const port = await findFreePort(options.port);
  const url = `http://${LOOPBACK}:${port}`;
  const state = findChainState(home, log);
  const command = anvilBinary();
  const child = await startChild({
    name: "chain",
    command,
    args: anvilArguments({ port, cache, state }),
    logFile: join(logs, "chain.log"),
  });
  options.onSpawn?.({ name: "chain", pid: child.pid, command, url });
  const rpc = (method: string, params: unknown[] = []) =>
    rpcCall({ url, method, params, timeoutMs: RPC_TIMEOUT_MS });
  try {
    await waitUntilReady({
      what: "The embedded chain",
      limitMs: READY_LIMIT_MS,
      everyMs: READY_POLL_MS,
      check: async () => Number(await rpc("eth_chainId")) === ANVIL_CHAIN_ID,
      child,
    });
  } catch (error) {
    await child.stop([]);
    throw new Stop(`${(error as Error).message}.`, `Its log says: ${tailOf(child.logFile, 3)}`, {
      cause: error,
    });
  }
  const saver = createChainSaver({ home, url, log });
  const miner = createMiner({
    blockTimeMs: options.blockTimeMs ?? BLOCK_TIME_MS,
    pendingCount: async () => {
      const status = (await rpc("txpool_status")) as { pending: string };
      return Number(status.pending);
    },
    mine: async () => void (await withBlockLock(blockLock, () => rpc("evm_mine"))),
    ...(passing ? {} : { onBlock: saver.request }),
    // The child's own end is what is reported; a single failed call is retried at the next tick.
    onError: () => undefined,
  });
  miner.start();
  // The chain that is started in its place has the same port, and a miner and saver of its own.
  void child.exited.then(() => Promise.all([miner.stop(), saver.close(false)]));
  return {
    name: "chain",
    url,
    port,
    pid: child.pid,
    logFile: child.logFile,
    exited: child.exited,
    async stop(limitMs = STOP_LIMIT_MS) {
      const saved = miner.stop().then(() => saver.close(child.alive() && !passing));
      await Promise.race([saved, sleep(limitMs - END_WAIT_MS, undefined, { ref: false })]);
      await child.stop([{ signal: "SIGTERM", waitMs: END_WAIT_MS }]);
      rmSync(cache, { recursive: true, force: true });
    },
  };
}

function anvilArguments(given: { port: number; cache: string; state: string | undefined }) {
  return [
    ...["--host", LOOPBACK, "--port", String(given.port)],
    ...["--chain-id", String(ANVIL_CHAIN_ID), "--accounts", String(ANVIL_ACCOUNTS_MAX)],
    "--no-mining",
    // "finalized" and "safe" then trail the head by two blocks and one, as on a fast chain.
    ...["--slots-in-an-epoch", "1"],
    // Without it anvil writes every old state to the user's home folder, 300 KB for each block.
    ...["--prune-history", String(STATES_KEPT), "--cache-path", given.cache],
    "--silent",
    ...(given.state === undefined ? [] : ["--load-state", given.state]),
  ];
}

/** The binary itself: the package's own command is a wrapper whose child outlives it. */
function anvilBinary(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const binary = join(packageFolder(`@foundry-rs/anvil-${process.platform}-${arch}`), "bin/anvil");
  if (existsSync(binary)) return binary;
  throw new Stop(
    `The embedded chain is not available for ${process.platform} ${process.arch}.`,
    "Set DEPLOYMENTS to a chain of your own (see .env.example).",
  );
}
