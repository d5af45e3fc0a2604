// Of two indexers one writes, the other takes its place within seconds, and a mirror that is wrong is noticed.
import { expect } from "chai";
import { Client } from "pg";
import { sampleDrift } from "#indexer/drift.ts";
import { lead } from "#indexer/lead.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { recordLog } from "./log-lines.ts";

const HAND_OVER_MAX_MS = 5_000;
/** So long a silence, and a second to be asked about it. */
const ABANDONED_LIMIT_MS = 15_000;
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
  async function contender(way: (db: Db) => Db["connect"] = (db) => db.connect) {
    const log = recordLog();
    const open = { url: house.databaseUrl, log: log.log, connectionsMax: 2 };
    const own = await openDb({ ...open, role: "stagedoor_indexer" });
    const db = { ...own, connect: way(own) };
    const stopping = new AbortController();
    const state = { leads: false };
    const metrics = createMetrics("lead");
    const faults = async (reason: string) =>
      (await metrics.mirrorLeadFaults.get()).values.find(({ labels }) => labels.reason === reason)
        ?.value ?? 0;
    const given = { db, log: log.log, metrics, name: "mirror:1", stopping: stopping.signal };
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
    const said = (msg: string) => log.lines.filter((line) => line.msg === msg).length;
    return { state, stop, log, said, faults };
  }

  /** What would keep the lead beyond a test. */
  async function holdLead(): Promise<Client> {
    const client = new Client({ connectionString: house.databaseUrl });
    await client.connect();
    await client.query("SELECT pg_advisory_lock(hashtextextended('mirror:1', 0))");
    return client;
  }

  async function until(holds: () => boolean, limitMs = HAND_OVER_MAX_MS): Promise<number> {
    const startMs = systemClock.monotonicMs();
    while (!holds()) {
      if (systemClock.monotonicMs() - startMs > limitMs) throw new Error("too late");
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

  it("says once that the database is away, and not that another process leads", async () => {
    let isAway = true;
    const reason = new Error("connect ECONNREFUSED 127.0.0.1:5432");
    const only = await contender((db) => async () => {
      if (isAway) throw Object.assign(reason, { code: "ECONNREFUSED" });
      return db.connect();
    });
    stops.push(only.stop);
    const AWAY = "the database does not say who leads; asks again";
    await until(() => only.said(AWAY) === 1);
    await systemClock.sleep(OVERLAP_MS);
    expect(await only.faults("database")).to.be.at.least(2);
    expect(only.log.lines.map(({ msg }) => msg)).to.deep.equal([AWAY]);
    isAway = false;
    await until(() => only.state.leads);
    expect(only.log.lines.map(({ msg }) => msg)).to.deep.equal([AWAY, "leads"]);
  });

  it("says that nobody uses the connection that keeps it, as a pooler leaves one behind", async () => {
    const left = await holdLead();
    try {
      const only = await contender();
      stops.push(only.stop);
      const LEFT = "the lead is kept by a connection that nobody uses";
      await until(() => only.said(LEFT) === 1, ABANDONED_LIMIT_MS);
      const { rows } = await left.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      expect(only.log.lines.find(({ msg }) => msg === LEFT)).to.include({ pid: rows[0]?.pid });
      expect(await only.faults("abandoned")).to.be.at.least(1);
      // As long as it is used it is another process'.
      await until(() => only.said("another process leads; this one waits") === 2);
      await left.end();
      await until(() => only.state.leads);
    } finally {
      await left.end();
    }
  });

  it("is given up by whoever has it from a pooler, which gives each statement any session", async () => {
    const pooled: Client[] = [];
    const only = await contender((db) => async () => {
      const sessions = await Promise.all([db.connect(), db.connect()]);
      pooled.push(...sessions);
      const [first] = sessions;
      let statements = 0;
      const query = (...args: [string]) => {
        statements += 1;
        // The first two are of one session, as long as nobody else asks for one.
        return sessions[statements < 3 ? 0 : statements % 2]?.query(...args);
      };
      return Object.assign(Object.create(first ?? null), { query, end: async () => undefined });
    });
    stops.push(only.stop);
    try {
      await until(() => only.said("a pooler gives the lead to anybody; connect without it") > 0);
      expect(await only.faults("pooler")).to.be.at.least(1);
      await until(() => !only.state.leads);
    } finally {
      await Promise.all(pooled.map((client) => client.end()));
    }
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
