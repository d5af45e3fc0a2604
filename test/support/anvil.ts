// Starts a chain of any id for one suite, which mines at once and forgets everything at the end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild, waitUntilReady } from "#scripts/services/child.ts";
import { rpcCall } from "#scripts/services/json-rpc.ts";
import { packageFolder } from "#scripts/services/packages.ts";
import { findFreePort, LOOPBACK } from "#scripts/services/ports.ts";

export type Anvil = {
  url: string;
  chainId: number;
  rpc<T>(method: string, ...params: unknown[]): Promise<T>;
  stop(): Promise<void>;
};

const READY_LIMIT_MS = 20_000;
const READY_POLL_MS = 25;
const RPC_TIMEOUT_MS = 10_000;
const STOP_WAIT_MS = 2_000;

export async function startAnvil(options: { chainId: number; args?: string[] }): Promise<Anvil> {
  const { chainId, args = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), "stagedoor-anvil-"));
  const port = await findFreePort();
  const url = `http://${LOOPBACK}:${port}`;
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const package_ = packageFolder(`@foundry-rs/anvil-${process.platform}-${arch}`);
  const child = await startChild({
    name: "anvil",
    command: join(package_, "bin/anvil"),
    args: [
      ...["--host", LOOPBACK, "--port", String(port), "--chain-id", String(chainId)],
      ...["--cache-path", join(folder, "cache"), "--silent", ...args],
    ],
    logFile: join(folder, "anvil.log"),
  });
  const rpc = async <T>(method: string, ...params: unknown[]) =>
    (await rpcCall({ url, method, params, timeoutMs: RPC_TIMEOUT_MS })) as T;
  await waitUntilReady({
    what: "anvil",
    limitMs: READY_LIMIT_MS,
    everyMs: READY_POLL_MS,
    check: async () => Number(await rpc("eth_chainId")) === chainId,
    child,
  });
  return {
    ...{ url, chainId, rpc },
    async stop() {
      await child.stop([{ signal: "SIGTERM", waitMs: STOP_WAIT_MS }]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
