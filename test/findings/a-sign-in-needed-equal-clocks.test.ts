// Behind two processes whose clocks differed by minutes every other sign-in was refused.
import { expect } from "chai";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { consumeNonce, createNonce, type OpenSignIn } from "#server/auth/nonce.ts";
import { verifySignIn } from "#server/auth/verify-message.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { type House, openHouse } from "../support/house.ts";
import { writeMessage } from "../support/sign-in.ts";

const WRONG_BY_MS = 5 * 60_000;
const HERE = { domain: "tickets.example.org", uri: "https://tickets.example.org" };

describe("a sign-in among clocks that are wrong", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const clockOff = (byMs: number): Clock => ({
    ...systemClock,
    now: () => new Date(systemClock.now().getTime() + byMs),
  });

  /** Begun at one process and ended at another. */
  async function signIn(begunMs: number, endedMs: number, expiresInMs = 300_000) {
    const account = privateKeyToAccount(generatePrivateKey());
    const made = await createNonce({ redis: house.redis, clock: clockOff(begunMs) });
    const message = writeMessage(account.address, {
      ...{ ...HERE, nonce: made.nonce, chainId: house.chain.deployment.chainId },
      issuedAt: made.issuedAt.toISOString(),
      expiresAt: new Date(made.issuedAt.getTime() + expiresInMs).toISOString(),
    });
    const signature = await account.signMessage({ message });
    const begun = (await consumeNonce(house, made.browserToken)) as OpenSignIn;
    const deps = { chains: house.chains, clock: clockOff(endedMs) };
    const address = await verifySignIn(deps, { message, signature }, { ...begun, ...HERE });
    expect(address).to.equal(account.address.toLowerCase());
  }

  for (const [begunMs, endedMs] of [
    [WRONG_BY_MS, -WRONG_BY_MS],
    [-WRONG_BY_MS, WRONG_BY_MS],
  ] as const) {
    it(`begun at ${begunMs / 60_000} minutes ends at ${endedMs / 60_000}`, async () => {
      await signIn(begunMs, endedMs);
    });
  }

  it("has no more time than its message says", async () => {
    const late = await signIn(-WRONG_BY_MS, -WRONG_BY_MS, 0).catch((error) => error);
    expect(late).to.include({ code: "auth/signature-invalid" });
  });
});
