// Found: one slow or forged question set a replica aside, and what it would have answered fell on the primary.
import { expect } from "chai";
import { DatabaseError } from "pg";
import { Fault } from "#server/domain/failure.ts";
import { createPast } from "#server/lookup/past.ts";
import { watchReplica } from "#server/lookup/replica-watch.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Sql } from "#server/platform/db/client.ts";
import { asDbFault } from "#server/platform/db/failure.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";

const LAG_MAX_MS = 600_000;

describe("a replica that a question fails at", () => {
  let isSilent: boolean;
  let nowMs: number;
  beforeEach(() => {
    isSilent = false;
    nowMs = 1_000;
  });

  const cursor = {
    ...{ deployment: 1, block_number: 7n, block_hash: "0x", final_number: 1n, head_number: 7n },
    ...{ updated_ms: 1, database_ms: 1 },
  };
  const query = () =>
    isSilent ? new Promise<never>(() => undefined) : Promise.resolve({ rows: [cursor] });
  const sql = { query } as unknown as Sql;

  /** Was seen a moment ago, and may be read. */
  async function open() {
    const clock = { ...systemClock, monotonicMs: () => nowMs };
    const past = createPast({ keptMs: LAG_MAX_MS });
    const cursors = [
      {
        deployment: 1,
        blockNumber: 7,
        blockHash: "0x",
        finalNumber: 1,
        headNumber: 7,
        updatedMs: 1,
      },
    ];
    past.add({ askedMs: nowMs, databaseMs: 1, cursors }, nowMs);
    const metrics = createMetrics("blame");
    const log = createLog({ name: "test", level: "silent" });
    const replica = { name: "one", sql, probe: sql, close: async () => undefined };
    const watch = watchReplica(replica, { past, lagMaxMs: LAG_MAX_MS, clock, log, metrics });
    await watch.check();
    nowMs += 1;
    const read = (work: () => Promise<unknown>) =>
      watch
        .place(undefined)
        ?.read(work)
        .catch((error: Error) => error.constructor.name);
    return { read, isAsked: () => watch.place(undefined) !== undefined };
  }

  /** As Postgres says it, and as our pool hands it on. */
  function failWith(code: string): () => Promise<never> {
    const error = new DatabaseError("no", 1, "error");
    error.code = code;
    return () => Promise.reject(asDbFault(error) ?? error);
  }

  it("stays in use where the question was to blame, which then fails", async () => {
    const { read, isAsked } = await open();
    for (const code of ["22003", "22P02", "22021", "57014", "55P03"]) {
      expect(await read(failWith(code)), code).to.be.oneOf(["DatabaseError", "Fault"]);
      expect(isAsked(), code).to.equal(true);
    }
    const ours = await read(() => Promise.reject(new TypeError("a mistake of ours")));
    expect([ours, isAsked()]).to.deep.equal(["TypeError", true]);
  });

  it("stays in use where a question is slow, as long as it says how it is", async () => {
    const { read, isAsked } = await open();
    const never = () => new Promise<never>(() => undefined);
    expect(await read(never)).to.equal("Fault");
    expect(isAsked()).to.equal(true);
    isSilent = true;
    expect(await read(never), "then it is the replica").to.equal(undefined);
    expect(isAsked()).to.equal(false);
  });

  it("is set aside for what is its own", async () => {
    for (const code of ["57P01", "57P03", "08006", "53300", "42501", "42P01", "ECONNREFUSED"]) {
      const { read, isAsked } = await open();
      expect(await read(failWith(code)), code).to.equal(undefined);
      expect(isAsked(), code).to.equal(false);
    }
    const { read, isAsked } = await open();
    const broken = new Fault("server/unavailable", "x", {
      cause: new Error("Connection terminated"),
    });
    expect(await read(() => Promise.reject(broken))).to.equal(undefined);
    expect(isAsked()).to.equal(false);
  });

  it("is set aside where it cuts questions off again and again, to keep up", async () => {
    const { read, isAsked } = await open();
    const used: boolean[] = [];
    for (let times = 0; times < 3; times += 1) {
      expect(await read(failWith("40001")), "the primary is asked").to.equal(undefined);
      used.push(isAsked());
    }
    expect(used).to.deep.equal([true, true, false]);
  });

  it("stays in use where that is rare", async () => {
    const { read, isAsked } = await open();
    for (let times = 0; times < 6; times += 1) {
      await read(failWith("40001"));
      nowMs += 2_501;
    }
    expect(isAsked()).to.equal(true);
  });
});
