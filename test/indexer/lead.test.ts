// Of two indexers one writes, the other takes its place within seconds, and a mirror that is wrong is noticed.
import { expect } from "chai";
import { sampleDrift } from "#indexer/drift.ts";
import { lead } from "#indexer/lead.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { recordLog } from "./log-lines.ts";

const HAND_OVER_MAX_MS = 5_000;
const POLL_MS = 20;
const OVERLAP_MS = 1_500;

describe("leading", () => {
  let house: House;
  const stops: (() => Promise<void>)[] = [];
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  /** A process that would index, and whether it does. */
  async function contender() {
    const log = recordLog();
    const open = { url: house.databaseUrl, log: log.log, connectionsMax: 2 };
    const db = await openDb({ ...open, role: "stagedoor_indexer" });
    const stopping = new AbortController();
    const state = { leads: false };
    const given = { db, log: log.log, name: "mirror:1", stopping: stopping.signal };
    const ended = lead(given, async (leading) => {
      state.leads = true;
      await new Promise<void>((resolve) => {
        if (leading.aborted) resolve();
        leading.addEventListener("abort", () => resolve(), { once: true });
      });
      state.leads = false;
    });
    const stop = async () => {
      stopping.abort();
      await ended;
      await db.close();
    };
    return { state, stop, log };
  }

  async function until(holds: () => boolean): Promise<number> {
    const startMs = systemClock.monotonicMs();
    while (!holds()) {
      if (systemClock.monotonicMs() - startMs > HAND_OVER_MAX_MS) throw new Error("too late");
      await systemClock.sleep(POLL_MS);
    }
    return systemClock.monotonicMs() - startMs;
  }

  it("is one process' at a time, and the next one's within five seconds of its end", async () => {
    const first = await contender();
    await until(() => first.state.leads);
    const second = await contender();
    stops.push(second.stop);
    await systemClock.sleep(OVERLAP_MS);
    expect([first.state.leads, second.state.leads]).to.deep.equal([true, false]);
    expect(second.log.lines.map(({ msg }) => msg)).to.deep.equal([
      "another process leads; this one waits",
    ]);
    await first.stop();
    await until(() => second.state.leads);
  });

  it("ends with the connection that the lock belongs to, and comes back", async () => {
    const only = await contender();
    stops.push(only.stop);
    await until(() => only.state.leads);
    const open = { url: house.databaseUrl, log: house.log, connectionsMax: 1 };
    const owner = await openDb({ ...open, role: "owner" });
    stops.push(() => owner.close());
    await owner.query({
      text: `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    });
    await until(() => only.log.lines.filter(({ msg }) => msg === "leads").length === 2);
    expect(only.state.leads).to.equal(true);
  });

  it("samples the mirror, and says so when it differs from the chain", async () => {
    await buyAndMint(house, await house.fan(), stalls(1, 1, 2));
    await house.mirror();
    const { log, lines } = recordLog();
    const metrics = createMetrics("drift");
    const deps = { db: house.indexerDb, chain: house.chain, log, metrics };
    const drift = async () => (await metrics.mirrorDrift.get()).values[0]?.value;
    await sampleDrift(deps);
    expect([await drift(), lines.length]).to.deep.equal([0, 0]);
    await house.indexerDb.query({ text: "UPDATE holder SET tickets = tickets + 1" });
    await sampleDrift(deps);
    expect(await drift()).to.equal(1);
    expect(lines[0]).to.deep.include({ msg: "the mirror differs from the chain", differences: 1 });
  });
});
