// Passkeys: a wallet adds one, signs in with it as the same account, and nobody forges either.
import { generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { type Client, createClient } from "#scripts/demo-client.ts";
import { PASSKEYS_PER_WALLET_MAX } from "#server/auth/passkeys.ts";
import { canHavePasskeys, relyingParty } from "#server/auth/relying-party.ts";
import { passkeySignInOptions, verifyPasskey } from "#server/auth/verify-passkey.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import { type Authenticator, createAuthenticator, type Lies } from "../../support/authenticator.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("passkeys", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const addressOf = (client: Client) => client.account.address.toLowerCase();
  /** A browser that nobody has signed in to. */
  const stranger = () => createClient(house.url, generatePrivateKey());

  async function add(client: Client, authenticator: Authenticator, lies: Lies = {}) {
    const options = await client.call("createPasskeyOptions");
    return client.call("createPasskey", { body: authenticator.create(options, lies) });
  }

  async function signIn(client: Client, authenticator: Authenticator, lies: Lies = {}) {
    const options = await client.call("createPasskeyChallenge");
    return client.call("signInWithPasskey", { body: authenticator.get(options, lies) });
  }

  async function fanWithPasskey(given: { synced?: boolean } = {}) {
    const fan = await house.fan();
    const authenticator = createAuthenticator({ origin: house.url, ...given });
    await add(fan, authenticator);
    return { fan, authenticator };
  }

  it("sign in the account that they were added to, on another device", async () => {
    const gate = await house.gate();
    const authenticator = createAuthenticator({ origin: house.url });
    const added = await add(gate, authenticator);
    expect(added).to.include({ id: authenticator.id, backedUp: false, lastUsedAt: null });

    const device = stranger();
    const session = await signIn(device, authenticator);
    expect(session.address).to.equal(addressOf(gate));
    expect(session.roles).to.deep.equal([{ eventId: house.eventId, role: "gate" }]);
    expect((await device.call("getSession")).address).to.equal(addressOf(gate));
    const { sessions } = await device.call("listSessions");
    expect(sessions.find(({ current }) => current)?.method).to.equal("passkey");
    const { passkeys } = await gate.call("listPasskeys");
    expect(passkeys[0]?.lastUsedAt).to.be.a("string");
  });

  it("sign in again and again, synced or not", async () => {
    for (const synced of [true, false]) {
      const { fan, authenticator } = await fanWithPasskey({ synced });
      for (const _ of [1, 2, 3]) {
        expect((await signIn(stranger(), authenticator)).address).to.equal(addressOf(fan));
      }
      expect((await fan.call("listPasskeys")).passkeys[0]?.backedUp).to.equal(synced);
    }
  });

  it("are asked for the person, by name of this host, and know the account by a random handle", async () => {
    const fan = await house.fan();
    const options = (await fan.call("createPasskeyOptions")) as Record<string, unknown>;
    expect(options.rp).to.deep.equal({ name: "Stagedoor", id: "localhost" });
    expect(options.attestation).to.equal("none");
    expect(options.authenticatorSelection).to.include({
      residentKey: "required",
      userVerification: "required",
    });
    const { id } = options.user as { id: string };
    expect(Buffer.from(id, "base64url")).to.have.lengthOf(32);
    expect(JSON.stringify(options)).not.to.include(addressOf(fan).slice(8));
    const asked = (await stranger().call("createPasskeyChallenge")) as Record<string, unknown>;
    expect(asked).to.include({ rpId: "localhost", userVerification: "required" });
    expect(asked.allowCredentials).to.be.oneOf([undefined, null]);
  });

  const other = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const forged: [what: string, lies: () => Lies][] = [
    ["another site's origin", () => ({ origin: "https://evil.example" })],
    ["this host over https", () => ({ origin: house.url.replace("http:", "https:") })],
    ["another port of this host", () => ({ origin: "http://localhost:1" })],
    ["another relying party", () => ({ rpId: "evil.example" })],
    ["a challenge that was not given", () => ({ challenge: "A".repeat(43) })],
    ["an empty challenge", () => ({ challenge: "" })],
    ["nobody present", () => ({ isPresent: false })],
    ["nobody verified", () => ({ isVerified: false })],
    ["the other ceremony", () => ({ type: "webauthn.other" })],
  ];
  for (const [what, lies] of forged) {
    it(`are not added with ${what}`, async () => {
      const fan = await house.fan();
      const authenticator = createAuthenticator({ origin: house.url });
      await expectProblem(add(fan, authenticator, lies()), "auth/passkey-invalid");
      expect((await fan.call("listPasskeys")).passkeys).to.deep.equal([]);
    });
  }

  const forgedProofs: [what: string, lies: () => Lies][] = [
    ...forged,
    ["another key", () => ({ key: other() })],
    ["another account's handle", () => ({ userHandle: "B".repeat(43) })],
    ["no account's handle", () => ({ userHandle: null })],
    ["a counter that stands still", () => ({ counter: 1 })],
    ["a counter that went back to 0", () => ({ counter: 0 })],
    ["a page inside another site's", () => ({ crossOrigin: true })],
    ["a page inside a named one", () => ({ crossOrigin: true, topOrigin: "https://evil.example" })],
  ];
  for (const [what, lies] of forgedProofs) {
    it(`do not sign in with ${what}`, async () => {
      const { authenticator } = await fanWithPasskey();
      const device = stranger();
      await expectProblem(signIn(device, authenticator, lies()), "auth/passkey-invalid");
      await expectProblem(device.call("getSession"), "auth/required");
      // And the passkey itself is as good as before.
      await signIn(device, authenticator, { counter: 9 });
    });
  }

  it("are not added with a kind of key that was not asked for", async () => {
    const lies = { algorithm: -65_535 };
    const authenticator = createAuthenticator({ origin: house.url });
    await expectProblem(add(await house.fan(), authenticator, lies), "auth/passkey-invalid");
  });

  it("answer a challenge once, in the browser that got it, also after a failed try", async () => {
    const { authenticator } = await fanWithPasskey();
    const device = stranger();
    const options = await device.call("createPasskeyChallenge");
    const body = authenticator.get(options);
    await expectProblem(stranger().call("signInWithPasskey", { body }), "auth/passkey-invalid");
    await device.call("signInWithPasskey", { body });
    await expectProblem(device.call("signInWithPasskey", { body }), "auth/passkey-invalid");

    const again = await device.call("createPasskeyChallenge");
    const wrong = authenticator.get(again, { key: other() });
    await expectProblem(device.call("signInWithPasskey", { body: wrong }), "auth/passkey-invalid");
    const right = authenticator.get(again);
    await expectProblem(device.call("signInWithPasskey", { body: right }), "auth/passkey-invalid");
  });

  it("give one session when a proof is sent twice at once", async () => {
    const { authenticator } = await fanWithPasskey();
    const device = stranger();
    const body = authenticator.get(await device.call("createPasskeyChallenge"));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => device.call("signInWithPasskey", { body })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.lengthOf(1);
  });

  it("take one of two copies that say the same count at once", async () => {
    const { authenticator } = await fanWithPasskey();
    let read = 0;
    let bothHaveRead = () => {};
    const both = new Promise<void>((resolve) => {
      bothHaveRead = resolve;
    });
    const query: Db["query"] = async (statement) => {
      const found = await house.db.query(statement);
      if (!statement.text.startsWith("SELECT")) return found as never;
      read += 1;
      if (read === 2) bothHaveRead();
      await both;
      return found as never;
    };
    const deps = { ...house, db: { ...house.db, query }, clock: systemClock };
    const passkeys = { ...deps, party: relyingParty(new URL(house.url)) };
    const outcomes = await Promise.allSettled(
      ["one", "other"].map(async (browserToken) => {
        const options = await passkeySignInOptions(passkeys, browserToken);
        const proof = authenticator.get({ ...options }, { counter: 7 });
        return verifyPasskey(passkeys, { browserToken, proof });
      }),
    );
    expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(["fulfilled", "rejected"]);
  });

  it("are added once per challenge, to the session that asked", async () => {
    const fan = await house.fan();
    const authenticator = createAuthenticator({ origin: house.url });
    const body = authenticator.create(await fan.call("createPasskeyOptions"));
    const theirs = (await house.fan()).call("createPasskey", { body });
    await expectProblem(theirs, "auth/passkey-invalid");
    await fan.call("createPasskey", { body });
    await expectProblem(fan.call("createPasskey", { body }), "auth/passkey-invalid");
  });

  it("belong to one account only", async () => {
    const { authenticator } = await fanWithPasskey();
    await expectProblem(add(await house.fan(), authenticator), "auth/passkey-invalid");
  });

  it("sign in no more once they are deleted, and only their owner deletes them", async () => {
    const { fan, authenticator } = await fanWithPasskey();
    const params = { passkeyId: authenticator.id };
    const theirs = (await house.fan()).call("deletePasskey", { params });
    await expectProblem(theirs, "request/not-found");
    await fan.call("deletePasskey", { params });
    await expectProblem(signIn(stranger(), authenticator), "auth/passkey-invalid");
    await expectProblem(fan.call("deletePasskey", { params }), "request/not-found");
  });

  it("are limited for one account, also when many are added at once", async () => {
    const key = generatePrivateKey();
    const devices = [createClient(house.url, key), createClient(house.url, key)];
    const [fan = stranger()] = devices;
    for (const device of devices) await device.signIn();
    for (let n = 1; n < PASSKEYS_PER_WALLET_MAX; n += 1) {
      await add(fan, createAuthenticator({ origin: house.url }));
    }
    const outcomes = await Promise.allSettled(
      devices.map((device) => add(device, createAuthenticator({ origin: house.url }))),
    );
    expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(["fulfilled", "rejected"]);
    const one = add(fan, createAuthenticator({ origin: house.url }));
    expect((await expectProblem(one, "auth/limit-reached")).limit).to.equal(
      PASSKEYS_PER_WALLET_MAX,
    );
  });

  it("answer no bug to what no browser sends", async () => {
    const { fan, authenticator } = await fanWithPasskey();
    const junk = ["", "AA", "oA", "9".repeat(400), Buffer.from("null").toString("base64url")];
    for (const part of junk) {
      const made = authenticator.create(await fan.call("createPasskeyOptions"));
      for (const name of ["clientDataJSON", "attestationObject"] as const) {
        const body = { ...made, response: { ...made.response, [name]: part } };
        await fan.call("createPasskeyOptions");
        await expectProblem(fan.call("createPasskey", { body }), "auth/passkey-invalid");
      }
      const device = stranger();
      for (const name of ["clientDataJSON", "authenticatorData", "signature"] as const) {
        const proof = authenticator.get(await device.call("createPasskeyChallenge"));
        const body = { ...proof, response: { ...proof.response, [name]: part } };
        await expectProblem(device.call("signInWithPasskey", { body }), "auth/passkey-invalid");
      }
    }
  });

  it("need a name and https, but for this very machine", () => {
    const can = (url: string) => canHavePasskeys(new URL(url));
    expect(can("https://tickets.example.org")).to.equal(true);
    expect(can("http://localhost:4280")).to.equal(true);
    for (const url of [
      "http://tickets.example.org",
      "https://192.0.2.1",
      "https://[2001:db8::1]",
    ]) {
      expect(can(url), url).to.equal(false);
    }
  });
});
