// Found: a replica that said how it is, and was slow with everything else, failed all its lookups and was asked on.
import { expect } from "chai";
import { Fault } from "#server/domain/failure.ts";
import { createPast } from "#server/lookup/past.ts";
import { createJudge, SLOW } from "#server/lookup/replica-errors.ts";
import { watchReplica } from "#server/lookup/replica-watch.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Sql } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";

const LAG_MAX_MS = 600_000;
/** More than it is given for a lookup. */
const COLD_MS = 700;
const TOGETHER = 20;
const FAILED_MAX = 4;
const ASIDE_MS = 5_000;

const slow = () => new Fault("server/unavailable", SLOW);
const never = () => new Promise<never>(() => undefined);

describe("finding: a replica that is slow and answers its probe", () => {
  let nowMs = 1_000;
  const clock = { ...systemClock, monotonicMs: () => nowMs };

  it("fails a few lookups, and then the primary answers", async () => {
    const known = { deployment: 1, blockNumber: 7, blockHash: "0x", finalNumber: 1 };
    const cursor = {
      ...{ deployment: 1, block_number: 7n, block_hash: "0x", final_number: 1n, head_number: 7n },
      ...{ updated_ms: 1, database_ms: 1 },
    };
    const sql = { query: async () => ({ rows: [cursor] }) } as unknown as Sql;
    const past = createPast({ keptMs: LAG_MAX_MS });
    const cursors = [{ ...known, headNumber: 7, updatedMs: 1 }];
    past.add({ askedMs: nowMs, databaseMs: 1, cursors }, nowMs);
    const log = createLog({ name: "test", level: "silent" });
    const replica = { name: "one", sql, probe: sql, close: async () => undefined };
    const metrics = createMetrics("slow");
    const watch = watchReplica(replica, { past, lagMaxMs: LAG_MAX_MS, clock, log, metrics });
    await watch.check();
    nowMs += 1;
    const askMany = () =>
      Promise.all(
        Array.from({ length: TOGETHER }, () =>
          watch
            .place(undefined)
            ?.read(() => systemClock.sleep(COLD_MS))
            .then(() => "the primary answers")
            .catch(() => "failed"),
        ),
      );
    const failed = (said: unknown[]) => said.filter((one) => one === "failed").length;
    expect(failed(await askMany())).to.equal(FAILED_MAX);
    expect(watch.place(undefined), "set aside").to.equal(undefined);
    nowMs += ASIDE_MS + 1;
    expect(failed(await askMany()), "still cold").to.equal(0);
    expect(watch.place(undefined), "set aside again").to.equal(undefined);
    nowMs += ASIDE_MS + 1;
    expect(await watch.place(undefined)?.read(async () => "warm")).to.deep.equal({ body: "warm" });
    await watch
      .place(undefined)
      ?.read(never)
      .catch(() => undefined);
    expect(watch.place(undefined), "one late answer later").not.to.equal(undefined);
  });

  it("is told from questions that are slow themselves", async () => {
    const judge = createJudge({ clock, isThere: async () => true });
    for (let at = 0; at < TOGETHER; at += 1) {
      judge.answered();
      expect(await judge.blame(slow(), nowMs)).to.equal("question");
    }
    nowMs += ASIDE_MS;
    for (let at = 0; at < TOGETHER; at += 1) {
      nowMs += 1_300;
      expect(await judge.blame(slow(), nowMs), "now and then").to.equal("question");
    }
  });
});
