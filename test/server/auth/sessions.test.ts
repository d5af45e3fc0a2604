// Sessions: listed by device, ended at once on every process, over when idle or when their time is up.
import { expect } from "chai";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { createClient } from "#scripts/demo-client.ts";
import { deviceName } from "#server/auth/device.ts";
import {
  createSession,
  endDevice,
  endSession,
  findSession,
  listDevices,
  SESSIONS_PER_WALLET_MAX,
  type SessionDeps,
} from "#server/auth/session.ts";
import { remember } from "#server/auth/session-cache.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { openRedis, waitForRedis } from "#server/platform/redis.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type Wire, wireTo } from "../../support/proxy.ts";
import { expectProblem } from "../../support/refusals.ts";
import { requireVariable } from "../../support/variables.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe("sessions", () => {
  let house: House;
  /** What one process has, and another one with a connection of its own. */
  let one: SessionDeps;
  let other: SessionDeps;
  let wire: Wire;
  before(async () => {
    house = await openHouse();
    one = { db: house.db, redis: house.redis, clock: systemClock };
    const wired = await wireTo(requireVariable("TEST_REDIS_URL"));
    ({ wire } = wired);
    const redis = openRedis({ url: wired.url, use: "request", log: house.log });
    await waitForRedis(redis);
    other = { ...one, redis };
  });
  after(async () => {
    other.redis.disconnect();
    await wire.close();
    await house.close();
  });
  afterEach(() => wire.heal());

  const newAddress = () => privateKeyToAddress(generatePrivateKey()).toLowerCase() as `0x${string}`;

  async function begin(deps: SessionDeps, address = newAddress()) {
    const { token } = await createSession(deps, { address, userAgent: "", method: "wallet" });
    const session = await findSession(deps, token);
    if (session === undefined) throw new Error("the new session is not found");
    return { token, address, sessionId: session.sessionId, session };
  }

  /** A clock that stands still until it is moved, and the cache empty at every move. */
  function movable() {
    let ms = systemClock.now().getTime();
    const clock: Clock = { ...systemClock, now: () => new Date(ms) };
    const forward = async (byMs: number) => {
      ms += byMs;
      await house.redis.flushdb();
    };
    return { deps: { ...one, clock }, forward };
  }

  it("are listed by device, with the one that asks marked", async () => {
    const key = generatePrivateKey();
    const [phone, desk] = [createClient(house.url, key), createClient(house.url, key)];
    await phone.signIn();
    await desk.signIn();
    const { sessions } = await desk.call("listSessions");
    expect(sessions).to.have.lengthOf(2);
    expect(sessions.filter(({ current }) => current)).to.have.lengthOf(1);
    for (const session of sessions) {
      expect(session).to.include({ device: "node", method: "wallet" });
      expect(Date.parse(session.expiresAt)).to.be.greaterThan(Date.parse(session.lastSeenAt));
    }
    expect((await (await house.fan()).call("listSessions")).sessions).to.have.lengthOf(1);
  });

  it("end by device, and only by their own wallet", async () => {
    const key = generatePrivateKey();
    const [phone, desk] = [createClient(house.url, key), createClient(house.url, key)];
    await phone.signIn();
    await desk.signIn();
    await phone.call("getSession");
    const { sessions } = await desk.call("listSessions");
    const lost = sessions.find(({ current }) => !current)?.id ?? "";
    const params = { sessionId: lost };
    const theirs = (await house.fan()).call("endSession", { params });
    await expectProblem(theirs, "request/not-found");
    await phone.call("getSession");
    await desk.call("endSession", { params });
    await expectProblem(phone.call("getSession"), "auth/required");
    expect((await desk.call("listSessions")).sessions).to.have.lengthOf(1);
    await expectProblem(desk.call("endSession", { params }), "request/not-found");
  });

  it("end everywhere else at a word", async () => {
    const key = generatePrivateKey();
    const devices = Array.from({ length: 3 }, () => createClient(house.url, key));
    for (const device of devices) await device.signIn();
    for (const device of devices) await device.call("getSession");
    const [here, ...elsewhere] = devices;
    await here?.call("endOtherSessions");
    await here?.call("getSession");
    for (const device of elsewhere) {
      await expectProblem(device.call("getSession"), "auth/required");
    }
  });

  it("end at once in a process that has just seen them live", async () => {
    const { token, address, sessionId } = await begin(one);
    expect(await findSession(other, token)).not.to.equal(undefined);
    expect(await house.redis.keys("session:*")).not.to.deep.equal([]);
    await endDevice(one, { address, sessionId });
    expect(await findSession(other, token)).to.equal(undefined);
  });

  it("stay ended when a process remembers late what it read before", async () => {
    const { token, session } = await begin(one);
    const [key = ""] = (await house.redis.keys("session:*")).slice(-1);
    expect(key).to.match(/^session:/);
    await endSession(one, token);
    const tokenHash = await hashOf(session.sessionId);
    await remember(other, tokenHash, session);
    expect(await findSession(other, token)).to.equal(undefined);
  });

  async function hashOf(sessionId: string): Promise<string> {
    const { rows } = await house.db.query<{ token_hash: string }>({
      text: "SELECT token_hash FROM sale.session WHERE id = $1",
      values: [sessionId],
    });
    return rows[0]?.token_hash ?? "";
  }

  it("are asked of Postgres while Redis is away, and ended there", async () => {
    const { token, address, sessionId } = await begin(other);
    wire.cut();
    await systemClock.sleep(200);
    expect((await findSession(other, token))?.address).to.equal(address);
    await endDevice(other, { address, sessionId });
    expect(await findSession(other, token)).to.equal(undefined);
  });

  it("do not come back with a Redis that comes back", async () => {
    const { token, address, sessionId } = await begin(other);
    expect(await findSession(one, token)).not.to.equal(undefined);
    wire.cut();
    await systemClock.sleep(200);
    await endDevice(other, { address, sessionId });
    wire.heal();
    const endMs = systemClock.monotonicMs() + 5_000;
    while ((await findSession(one, token)) !== undefined) {
      expect(systemClock.monotonicMs(), "the end is heard of").to.be.lessThan(endMs);
      await systemClock.sleep(50);
    }
    expect(await findSession(one, token)).to.equal(undefined);
  });

  it("of fans end after four hours without a request", async () => {
    const { deps, forward } = movable();
    const { token } = await begin(deps);
    await forward(4 * HOUR_MS - MINUTE_MS);
    expect(await findSession(deps, token)).not.to.equal(undefined);
    await forward(4 * HOUR_MS - MINUTE_MS);
    expect(await findSession(deps, token)).not.to.equal(undefined);
    await forward(4 * HOUR_MS);
    expect(await findSession(deps, token)).to.equal(undefined);
  });

  it("of staff end after half an hour, from the moment on that they are staff", async () => {
    const { deps, forward } = movable();
    const { token, address } = await begin(deps);
    await house.db.query({
      text: `INSERT INTO sale.role (deployment, event_id, address, role, granted_by)
             VALUES (1, 1, $1, 'gate', 'test')`,
      values: [address],
    });
    await forward(29 * MINUTE_MS);
    expect(await findSession(deps, token)).not.to.equal(undefined);
    await forward(30 * MINUTE_MS);
    expect(await findSession(deps, token)).to.equal(undefined);
    expect(await listDevices(deps, address)).to.deep.equal([]);
  });

  it("end twelve hours after the sign-in, however busy they are", async () => {
    const { deps, forward } = movable();
    const { token } = await begin(deps);
    for (let hours = 1; hours < 12; hours += 1) {
      await forward(HOUR_MS);
      expect(await findSession(deps, token), `after ${hours} h`).not.to.equal(undefined);
    }
    await forward(HOUR_MS);
    expect(await findSession(deps, token)).to.equal(undefined);
  });

  it("end on time also where they are remembered", async () => {
    const { deps } = movable();
    const { token } = await begin(deps);
    const later = {
      ...systemClock,
      now: () => new Date(systemClock.now().getTime() + 5 * HOUR_MS),
    };
    expect(await findSession({ ...deps, clock: later }, token)).to.equal(undefined);
  });

  it("know when their device was last seen, to the minute, with one write for many requests", async () => {
    const { deps, forward } = movable();
    const { token, address } = await begin(deps);
    const seen = async () => (await listDevices(deps, address))[0]?.lastSeenAt.getTime() ?? 0;
    const first = await seen();
    await forward(50_000);
    await findSession(deps, token);
    expect(await seen()).to.equal(first);
    await forward(20_000);
    await findSession(deps, token);
    expect(await seen()).to.equal(first + 70_000);
  });

  it("are limited for one wallet: the one unused for longest goes", async () => {
    const { deps, forward } = movable();
    const address = newAddress();
    const oldest = await begin(deps, address);
    await forward(1_000);
    const next = await begin(deps, address);
    for (let n = 2; n < SESSIONS_PER_WALLET_MAX; n += 1) await begin(deps, address);
    expect(await findSession(deps, oldest.token)).not.to.equal(undefined);
    await forward(1_000);
    await begin(deps, address);
    expect(await findSession(deps, oldest.token)).to.equal(undefined);
    expect(await findSession(deps, next.token)).not.to.equal(undefined);
    expect(await listDevices(deps, address)).to.have.lengthOf(SESSIONS_PER_WALLET_MAX);
  });

  it("keep of a browser's name only what tells devices apart", () => {
    const mozilla = "Mozilla/5.0";
    const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
    const names: [userAgent: string, name: string][] = [
      [`${mozilla} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`, "Firefox on Linux"],
      [
        `${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0 Safari/537.36 Edg/140.0`,
        "Edge on Windows",
      ],
      [
        `${mozilla} (Linux; Android 15) ${webkit} Chrome/140.0 Mobile Safari/537.36`,
        "Chrome on Android",
      ],
      [
        `${mozilla} (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1`,
        "Safari on iPhone",
      ],
      [`${mozilla} (iPad; CPU OS 19_0 like Mac OS X) CriOS/140.0 Safari/604.1`, "Chrome on iPad"],
      [`${mozilla} (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1`, "Safari on Mac"],
      ["curl/8.15.0", "curl"],
      ["", "Unknown device"],
      ["<script>alert(1)</script>", "Unknown device"],
      ["x".repeat(5_000), "x".repeat(30)],
    ];
    for (const [userAgent, name] of names) expect(deviceName(userAgent)).to.equal(name);
  });
});
