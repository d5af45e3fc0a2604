// Sign-in with Ethereum: who gets a session, and everybody who does not.
import { expect } from "chai";
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { findSession } from "#server/auth/session.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type House, openHouse } from "../../support/house.ts";
import { beginSignIn, type Nonce, submitSignIn, writeMessage } from "../../support/sign-in.ts";

describe("sign-in", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const begin = () => beginSignIn(house.url);
  const write = (account: PrivateKeyAccount, nonce: Nonce, change = {}) =>
    writeMessage(account.address, nonce, change);
  const submit = (message: string, signature: string, cookie: string) =>
    submitSignIn(house.url, { message, signature, cookie });

  async function signIn(change: Record<string, unknown> = {}) {
    const account = privateKeyToAccount(generatePrivateKey());
    const { nonce, cookie } = await begin();
    const message = write(account, nonce, change);
    const signature = await account.signMessage({ message });
    return {
      account,
      message,
      signature,
      cookie,
      answer: await submit(message, signature, cookie),
    };
  }

  it("gives a session for the wallet that signed, in a cookie that no script and no site can use", async () => {
    const { account, answer } = await signIn();
    expect(answer.status).to.equal(201);
    expect(answer.body.address).to.equal(account.address.toLowerCase());
    expect(answer.session).to.include("HttpOnly").and.include("SameSite=Lax").and.include("Path=/");
  });

  it("begins a new session at every sign-in, and ends the one whose cookie was there before", async () => {
    const planted = (await signIn()).answer.session?.split(";")[0] ?? "";
    const account = privateKeyToAccount(generatePrivateKey());
    const { nonce, cookie } = await begin();
    const message = write(account, nonce);
    const signature = await account.signMessage({ message });
    const answer = await submit(message, signature, `${cookie}; ${planted}`);
    const made = answer.session?.split(";")[0] ?? "";
    expect(made)
      .to.match(/^sd_session=[\w-]{43}$/)
      .and.not.equal(planted);
    const who = (given: string) =>
      fetch(new URL("/v1/auth/session", house.url), { headers: { cookie: given } });
    expect((await who(planted)).status).to.equal(401);
    expect(await (await who(made)).json()).to.include({ address: account.address.toLowerCase() });
    // And the cookie from before the sign-in is taken back.
    const cookies = answer.response.headers.getSetCookie();
    expect(cookies.find((line) => line.startsWith("sd_signin="))).to.include(
      "=; Path=/; Max-Age=0",
    );
  });

  it("uses a nonce up with the first try, also a failed one", async () => {
    const { message, signature, cookie } = await signIn();
    expect((await submit(message, signature, cookie)).body.code).to.equal("auth/nonce-used");

    const account = privateKeyToAccount(generatePrivateKey());
    const begun = await begin();
    const good = write(account, begun.nonce);
    const proof = await account.signMessage({ message: good });
    const wrong = await submit(good, `0x${"11".repeat(65)}`, begun.cookie);
    expect(wrong.body.code).to.equal("auth/signature-invalid");
    expect((await submit(good, proof, begun.cookie)).body.code).to.equal("auth/nonce-used");
  });

  it("does not take a nonce from another browser", async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const mine = await begin();
    const theirs = await begin();
    const message = write(account, mine.nonce);
    const signature = await account.signMessage({ message });
    expect((await submit(message, signature, theirs.cookie)).body.code).to.equal(
      "auth/signature-invalid",
    );
    expect((await submit(message, signature, "")).body.code).to.equal("auth/nonce-used");
  });

  it("keeps everybody signed in when Redis is wiped", async () => {
    const fan = await house.fan();
    await house.redis.flushdb();
    expect((await fan.call("getSession")).address).to.equal(fan.account.address.toLowerCase());
  });

  it("ends a session for good at sign-out, in every cache", async () => {
    const fan = await house.fan();
    await fan.call("getSession");
    await fan.call("signOut");
    const answer = await fan.call("getSession").catch((error: Error) => error);
    expect((answer as Error).message).to.include("auth/required");
  });

  it("stores only the hash of the cookie's token", async () => {
    const { answer } = await signIn();
    const token = answer.session?.split(";")[0]?.split("=")[1] ?? "";
    const deps = { db: house.db, redis: house.redis, clock: systemClock };
    expect(await findSession(deps, token)).not.to.equal(undefined);
    const { rows } = await house.db.query<{ found: boolean }>({
      text: "SELECT count(*) > 0 AS found FROM sale.session s WHERE s::text LIKE '%' || $1 || '%'",
      values: [token],
    });
    expect(rows[0]?.found).to.equal(false);
  });

  it("ends a session when its time is over", async () => {
    const { answer } = await signIn();
    const token = answer.session?.split(";")[0]?.split("=")[1] ?? "";
    const later = {
      ...systemClock,
      now: () => new Date(systemClock.now().getTime() + 13 * 60 * 60_000),
    };
    expect(await findSession({ db: house.db, redis: house.redis, clock: later }, token)).to.equal(
      undefined,
    );
  });

  it("shows the roles of a wallet", async () => {
    const gate = await house.gate();
    expect((await gate.call("getSession")).roles).to.deep.equal([
      { eventId: house.eventId, role: "gate" },
    ]);
    expect((await (await house.fan()).call("getSession")).roles).to.deep.equal([]);
  });
});
