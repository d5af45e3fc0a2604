// A process whose clock was fast forgot a used proof of work while a slow one still took it, or refused a new one.
import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { expect } from "chai";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { makeChallenge, type ProofDeps, requireProof } from "#server/risk/proof.ts";
import { type House, openHouse } from "../support/house.ts";

const WRONG_BY_MS = 5 * 60_000;

describe("a proof of work among clocks that are wrong", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  function process(byMs: number): ProofDeps {
    const clock: Clock = {
      ...systemClock,
      now: () => new Date(systemClock.now().getTime() + byMs),
    };
    return { redis: house.redis, clock, readProofClass: async () => 1 };
  }

  async function prove(madeBy: ProofDeps, sessionId: string) {
    const holder = { event: house.event, sessionId };
    const { challenge } = (await makeChallenge(madeBy, holder)) ?? {};
    const solution = await solveChallenge({ challenge: challenge as never, deriveKey });
    const payload = Buffer.from(JSON.stringify({ challenge, solution })).toString("base64");
    const validUntilMs = (challenge?.parameters.expiresAt ?? 0) * 1_000;
    return { wish: { holder, payload }, signature: challenge?.signature, validUntilMs };
  }

  it("is remembered for as long as the slowest takes it", async () => {
    const { wish, signature, validUntilMs } = await prove(process(WRONG_BY_MS), "one");
    await requireProof(process(WRONG_BY_MS), wish);
    const leftMs = await house.redis.pttl(`proof:used:${signature}`);
    expect(leftMs).to.be.at.least(validUntilMs - systemClock.now().getTime() + WRONG_BY_MS);
  });

  it("of a slow one is taken by a fast one", async () => {
    // The library reads the time itself, so that the whole difference is on this side.
    const { wish } = await prove(process(-2 * WRONG_BY_MS), "two");
    await requireProof(process(0), wish);
  });
});
