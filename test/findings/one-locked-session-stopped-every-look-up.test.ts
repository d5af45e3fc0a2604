// Sessions that are looked up together once failed together, and one was let in after its end was heard of.
import { expect } from "chai";
import { createFinder } from "#server/auth/find-together.ts";
import {
  createSession,
  endSession,
  findSession,
  hashToken,
  type SessionDeps,
} from "#server/auth/session.ts";
import { createSessionMemory } from "#server/auth/session-memory.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import { type House, openHouse } from "../support/house.ts";
import { until } from "../support/redis-server.ts";

const address = `0x${"b".repeat(40)}` as const;

describe("finding: sessions looked up together", () => {
  let house: House;
  let deps: SessionDeps;
  const stopping = new AbortController();
  before(async () => {
    house = await openHouse();
    deps = { ...house, clock: systemClock };
  });
  after(async () => {
    stopping.abort();
    await house.close();
  });

  const begin = async () =>
    (await createSession(deps, { address, userAgent: "", method: "wallet" })).token;

  async function finder(db: Db = house.db) {
    const given = { ...deps, db, stopping: stopping.signal, readSessions: async () => new Map() };
    const sessionMemory = createSessionMemory(given);
    const find = createFinder({ ...given, sessionMemory });
    const probe = await begin();
    await until("it hears of ends", async () => {
      await find(hashToken(probe));
      return sessionMemory.recall(hashToken(probe), systemClock.now().getTime()) !== undefined;
    });
    return { sessionMemory, find: (token: string) => find(hashToken(token)) };
  }

  it("waits for no row that somebody has locked", async () => {
    const { find } = await finder();
    const [locked, other] = [await begin(), await begin()];
    await house.db.query({
      text: "UPDATE sale.session SET last_seen_at = now() - interval '5 minutes' WHERE token_hash = $1",
      values: [hashToken(locked)],
    });
    await house.db.transaction(async (sql) => {
      await sql.query({
        text: "SELECT 1 FROM sale.session WHERE token_hash = $1 FOR UPDATE",
        values: [hashToken(locked)],
      });
      const fromMs = systemClock.monotonicMs();
      const found = await Promise.all([find(locked), find(other)]);
      expect(found.map((session) => session?.address)).to.deep.equal([address, address]);
      expect(systemClock.monotonicMs() - fromMs).to.be.below(1_000);
    });
  });

  it("lets in who is in the cache while the rows cannot be read", async () => {
    const [cached, unknown] = [await begin(), await begin()];
    await findSession(deps, cached);
    let isAway = false;
    const query: Db["query"] = (statement) =>
      isAway ? Promise.reject(new Error("Postgres is away")) : house.db.query(statement);
    const { find } = await finder({ ...house.db, query });
    isAway = true;
    const [first, second] = await Promise.allSettled([find(cached), find(unknown)]);
    expect(first).to.have.nested.property("value.address", address);
    expect(second.status).to.equal("rejected");
  });

  it("reads past a value in the cache that is none of ours", async () => {
    const { find } = await finder();
    const [odd, other] = [await begin(), await begin()];
    await house.redis.set(`session:${hashToken(odd)}`, "{", "PX", 10_000);
    const found = await Promise.all([find(odd), find(other)]);
    expect(found.map((session) => session?.address)).to.deep.equal([address, address]);
  });

  it("lets nobody in whose end it heard of while it looked", async () => {
    const token = await begin();
    const going = Promise.withResolvers<void>();
    let isSlow = false;
    const query: Db["query"] = async (statement) => {
      const answer = await house.db.query(statement);
      if (isSlow) await going.promise;
      return answer as never;
    };
    const { find, sessionMemory } = await finder({ ...house.db, query });
    isSlow = true;
    const finding = find(token);
    await systemClock.sleep(100);
    await endSession(deps, token);
    await until("it heard", async () => sessionMemory.isOver(hashToken(token)));
    going.resolve();
    expect(await finding).to.equal(undefined);
  });

  it("remembers nothing that was found before it was deaf, or long ago", async () => {
    const { sessionMemory } = await finder();
    const token = await begin();
    const session = await findSession(deps, token);
    if (session === undefined) throw new Error("the new session is not found");
    const recall = () =>
      sessionMemory.recall(hashToken(token), systemClock.now().getTime())?.address;
    const start = sessionMemory.begin();
    const late = { ...start, monotonicMs: start.monotonicMs - 1_001 };
    sessionMemory.remember(hashToken(token), session, late);
    expect(recall()).to.equal(undefined);
    sessionMemory.remember(hashToken(token), session, { ...start, hearing: start.hearing - 1 });
    expect(recall()).to.equal(undefined);
    sessionMemory.remember(hashToken(token), session, start);
    expect(recall()).to.equal(address);
  });
});
