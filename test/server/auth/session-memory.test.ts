// What a process itself remembers of sessions: heard out of it by every process, and never past its time.
import { expect } from "chai";
import {
  createSession,
  endSession,
  findAllByHash,
  findSession,
  hashToken,
  recallByHash,
  type SessionDeps,
} from "#server/auth/session.ts";
import { ENDS_CHANNEL, type LiveSession } from "#server/auth/session-cache.ts";
import { createSessionMemory } from "#server/auth/session-memory.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { randomToken } from "#server/platform/random.ts";
import { openRedis, waitForRedis } from "#server/platform/redis.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type Wire, wireTo } from "../../support/proxy.ts";
import { until } from "../../support/redis-server.ts";
import { requireVariable } from "../../support/variables.ts";

const address = `0x${"a".repeat(40)}` as const;

const recallSession = (deps: SessionDeps, token: string) => recallByHash(deps, hashToken(token));

describe("sessions in a process' memory", () => {
  let house: House;
  let wire: Wire;
  let wiredUrl: string;
  const stopping = new AbortController();
  let closing: (() => void)[] = [];
  before(async () => {
    house = await openHouse();
    const wired = await wireTo(requireVariable("TEST_REDIS_URL"));
    ({ wire, url: wiredUrl } = wired);
  });
  after(async () => {
    stopping.abort();
    await wire.close();
    await house.close();
  });
  afterEach(() => {
    wire.heal();
    for (const close of closing) close();
    closing = [];
  });

  /** A process with connections of its own that hears of ends. */
  async function open(url = requireVariable("TEST_REDIS_URL"), clock: Clock = systemClock) {
    const redis = openRedis({ url, use: "request", log: house.log });
    await waitForRedis(redis);
    const heard = await listeners();
    const asked: string[][] = [];
    const readSessions = (tokenHashes: readonly string[]) => {
      asked.push([...tokenHashes]);
      return findAllByHash({ db: house.db, redis, clock }, tokenHashes);
    };
    const given = { redis, clock, stopping: stopping.signal, readSessions };
    const sessionMemory = createSessionMemory(given);
    closing.push(() => redis.disconnect());
    await until("it hears of ends", async () => (await listeners()) > heard);
    return { db: house.db, redis, clock, sessionMemory, asked };
  }

  async function listeners(): Promise<number> {
    const [, count] = (await house.redis.call("PUBSUB", "NUMSUB", ENDS_CHANNEL)) as [
      string,
      number,
    ];
    return Number(count);
  }

  const begin = async () =>
    (
      await createSession(
        { ...house, clock: systemClock },
        { address, userAgent: "", method: "wallet" },
      )
    ).token;

  it("answer without Redis and without Postgres", async () => {
    const here = await open();
    const token = await begin();
    expect(recallSession(here, token)).to.equal(undefined);
    await findSession(here, token);
    const deaf = { ...here, redis: undefined as never, db: undefined as never };
    expect((await findSession(deaf, token))?.address).to.equal(address);
    expect(recallSession(here, token)?.address).to.equal(address);
    expect(recallSession(here, randomToken())).to.equal(undefined);
  });

  it("are forgotten at once where they end, and at a word everywhere else", async () => {
    const [one, other] = [await open(), await open(wiredUrl)];
    const token = await begin();
    for (const each of [one, other]) await findSession(each, token);
    expect(recallSession(other, token)).not.to.equal(undefined);
    await endSession(one, token);
    expect(recallSession(one, token)).to.equal(undefined);
    await until("the other one heard", async () => recallSession(other, token) === undefined);
    expect(await findSession(other, token)).to.equal(undefined);
  });

  it("stay ended when a look-up that began before comes late", async () => {
    const here = await open();
    const token = await begin();
    const start = here.sessionMemory.begin();
    const session = await findSession(here, token);
    if (session === undefined) throw new Error("the new session is not found");
    const hashes: string[] = [];
    const { sessionMemory } = here;
    const forget = (tokenHashes: readonly string[]) => {
      hashes.push(...tokenHashes);
      sessionMemory.forget(tokenHashes);
    };
    await endSession({ ...here, sessionMemory: { ...sessionMemory, forget } }, token);
    expect(hashes).to.have.lengthOf(1);
    sessionMemory.remember(hashes[0] ?? "", session, start);
    expect(recallSession(here, token)).to.equal(undefined);
  });

  it("are remembered for two seconds", async () => {
    let ms = 0;
    const here = await open(undefined, { ...systemClock, monotonicMs: () => ms });
    const token = await begin();
    await findSession(here, token);
    ms = 1_999;
    expect(recallSession(here, token)).not.to.equal(undefined);
    ms = 2_000;
    expect(recallSession(here, token)).to.equal(undefined);
  });

  /** A clock that goes on only while the test does: a busy machine makes nothing late. */
  function slowClock() {
    let ms = 0;
    const clock: Clock = { ...systemClock, monotonicMs: () => ms };
    const step = async () => {
      ms += 20;
      await systemClock.sleep(25);
    };
    return { clock, step, nowMs: () => ms };
  }

  it("are asked for again before their time while they are in use, many in one step", async () => {
    const { clock, step, nowMs } = slowClock();
    const here = await open(undefined, clock);
    const used = [await begin(), await begin(), await begin()];
    const unused = await begin();
    for (const token of [...used, unused]) await findSession(here, token);
    while (nowMs() < 4_000) {
      for (const token of used) expect(recallSession(here, token)?.address).to.equal(address);
      await step();
    }
    expect(recallSession(here, unused)).to.equal(undefined);
    expect(here.asked).not.to.have.lengthOf(0);
    for (const hashes of here.asked) {
      expect(new Set(hashes)).to.deep.equal(new Set(used.map(hashToken)));
    }
    const rounds = here.asked.length;
    while (nowMs() < 6_000) await step();
    expect(here.asked, "nobody came any more").to.have.lengthOf.at.most(rounds + 1);
  });

  it("are not kept by who goes on asking when they ended without a word", async () => {
    const { clock, step, nowMs } = slowClock();
    const here = await open(undefined, clock);
    const [ended, staying] = [await begin(), await begin()];
    for (const token of [ended, staying]) await findSession(here, token);
    await house.redis.del(`session:${hashToken(ended)}`);
    await house.db.query({
      text: "UPDATE sale.session SET revoked_at = now() WHERE token_hash = $1",
      values: [hashToken(ended)],
    });
    while (recallSession(here, ended) !== undefined) {
      expect(recallSession(here, staying)?.address).to.equal(address);
      await step();
    }
    expect(nowMs()).to.be.within(1_900, 2_020);
    expect(here.asked.flat()).to.include(hashToken(ended));
    expect(await findSession(here, ended)).to.equal(undefined);
    expect(recallSession(here, staying)?.address).to.equal(address);
  });

  it("are not brought back by a renewal that began before their end", async () => {
    const here = await open();
    const token = await begin();
    await findSession(here, token);
    const start = here.sessionMemory.begin();
    const found = await findAllByHash(here, [hashToken(token)]);
    expect([...found.keys()]).to.deep.equal([hashToken(token)]);
    await endSession(here, token);
    const [[tokenHash, session]] = [...found] as [[string, LiveSession]];
    here.sessionMemory.remember(tokenHash, session, start);
    expect(recallSession(here, token)).to.equal(undefined);
    expect((await findAllByHash(here, [hashToken(token)])).size).to.equal(0);
  });

  it("end on their own time there as well", async () => {
    const here = await open();
    const token = await begin();
    await findSession(here, token);
    const later = new Date(systemClock.now().getTime() + 5 * 60 * 60_000);
    const late = { ...here, clock: { ...systemClock, now: () => later } };
    expect(recallSession(late, token)).to.equal(undefined);
  });

  it("are not remembered by a process that cannot hear", async () => {
    const here = await open(wiredUrl);
    const token = await begin();
    await findSession(here, token);
    wire.cut();
    await until("it forgot", async () => recallSession(here, token) === undefined);
    expect((await findSession(here, token))?.address).to.equal(address);
    expect(recallSession(here, token)).to.equal(undefined);
  });
});
