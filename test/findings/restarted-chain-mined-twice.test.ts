// Found: after the embedded chain was killed and started again, its old miner went on beside the new one.
import { expect } from "chai";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { startChain } from "#scripts/services/chain.ts";
import type { Service } from "#scripts/services/child.ts";
import { createHome } from "#scripts/services/home.ts";
import { rpcCall } from "#scripts/services/json-rpc.ts";
import { removeTemporary, temporaryHome } from "../support/launcher.ts";

const FAST_MS = 100;
/** So long that the new miner makes its first block and then none while the test looks. */
const NEVER_MS = 60_000;
/** A dozen turns of the old miner. */
const WATCH_MS = 1_500;
const RPC_TIMEOUT_MS = 5_000;

describe("the miner of a chain that was killed", () => {
  let home: string;
  const started: Service[] = [];
  before(() => {
    home = temporaryHome();
    createHome(home);
  });
  after(async () => {
    for (const service of started) await service.stop();
    removeTemporary(home);
  });

  async function start(blockTimeMs: number, port?: number): Promise<Service> {
    const service = await startChain({ home, port, blockTimeMs, log: () => undefined });
    started.push(service);
    return service;
  }

  it("mines nothing on the one that took its place", async () => {
    const first = await start(FAST_MS);
    process.kill(first.pid, "SIGKILL");
    await first.exited;
    const second = await start(NEVER_MS, first.port);
    expect(second.port).to.equal(first.port);
    const rpc = (method: string, params: unknown[] = []) =>
      rpcCall({ url: second.url, method, params, timeoutMs: RPC_TIMEOUT_MS });
    // The turn that the new miner takes at once is over then; it has no other.
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    const before = Number(await rpc("eth_blockNumber"));
    const { address } = anvilAccount(ANVIL_ROLES.fan);
    await rpc("eth_sendTransaction", [{ from: address, to: address, value: "0x1" }]);
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    expect(Number(await rpc("eth_blockNumber"))).to.equal(before);
  }).timeout(30_000);
});
