// New blocks are heard of over a WebSocket, and found by asking when it says nothing, breaks or talks nonsense.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { follow } from "#indexer/follow.ts";
import { watchHeads } from "#indexer/heads.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { mineBlocks } from "../support/chain.ts";
import { type House, openHouse } from "../support/house.ts";
import { wireTo } from "../support/proxy.ts";
import { recordLog } from "./log-lines.ts";

const LIMIT_MS = 20_000;
const LOOK_MS = 20;
const REFUSALS_MIN = 2;

describe("hearing of blocks", () => {
  let house: House;
  const ends: (() => Promise<void> | void)[] = [];
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  const wsUrl = () => house.chain.deployment.rpcUrl.replace(/^http/, "ws");

  async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = systemClock.monotonicMs() + LIMIT_MS;
    while (!(await holds())) {
      if (systemClock.monotonicMs() > endMs) throw new Error(`never: ${what}`);
      await systemClock.sleep(LOOK_MS);
    }
  }

  function watch(url: string) {
    const { log, lines } = recordLog();
    const stop = new AbortController();
    const state = { heads: 0 };
    const onHead = () => {
      state.heads += 1;
    };
    const ended = watchHeads({ url, log, clock: systemClock, signal: stop.signal, onHead });
    ends.push(async () => {
      stop.abort();
      await ended;
    });
    return { state, said: (text: string) => lines.filter(({ msg }) => msg.includes(text)).length };
  }

  it("is told of every block, and told again after the connection broke", async () => {
    const { url, wire } = await wireTo(wsUrl());
    ends.push(() => wire.close());
    const { state, said } = watch(url);
    await until("subscribed", () => said("hears of new blocks") === 1);
    await mineBlocks(house.chain, 3);
    await until("three heads", () => state.heads >= 3);
    wire.cut();
    await until("lost", () => said("asking for them") === 1);
    wire.heal();
    await until("subscribed again", () => said("hears of new blocks") === 2);
    const before = state.heads;
    await mineBlocks(house.chain, 1);
    await until("a head", () => state.heads > before);
  });

  /** A server that answers a wish for a WebSocket with a page. */
  async function openPage(): Promise<{ url: string; asked: () => number; server: Server }> {
    let asked = 0;
    const server = createServer();
    server.on("upgrade", (_request, socket) => {
      asked += 1;
      socket.on("error", () => undefined);
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    return { url: `ws://127.0.0.1:${port}`, asked: () => asked, server };
  }

  it("says once that a node tells of nothing, and goes on asking it", async () => {
    const page = await openPage();
    const { state, said } = watch(page.url);
    await until("several tries", () => page.asked() >= REFUSALS_MIN);
    expect([state.heads, said("asking for them")]).to.deep.equal([0, 1]);
  });

  it("is a hint only: the mirror follows also where nothing is told", async () => {
    const page = await openPage();
    const { log } = recordLog();
    const deployment = { ...house.chain.deployment, wsUrl: page.url };
    const stop = new AbortController();
    const deps = { db: house.indexerDb, log, metrics: createMetrics("heads") };
    const following = follow({ ...deps, chain: { ...house.chain, deployment } }, stop.signal);
    ends.push(async () => {
      stop.abort();
      await following;
    });
    await mineBlocks(house.chain, 2);
    const newest = await house.chain.client.getBlockNumber();
    await until("mirrored", async () => {
      const { rows } = await house.db.query<{ block_number: bigint }>({
        text: "SELECT block_number FROM mirror.cursor",
      });
      return (rows[0]?.block_number ?? 0n) >= newest;
    });
    expect(page.asked()).to.be.greaterThan(0);
  });
});
