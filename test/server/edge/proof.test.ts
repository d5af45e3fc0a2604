// Proof of work: asked for by the phase of a sale, made for one session and event, counted once.
import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { expect } from "chai";
import { Problem } from "#server/api/problem.ts";
import { PROOF_HEADER } from "#server/api/proof.ts";
import { createSession } from "#server/auth/session.ts";
import { PROOF_CLASS_MAX, proofCost } from "#server/domain/proof-of-work.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { createProofClassReader } from "#server/risk/phase.ts";
import { makeChallenge, requireProof } from "#server/risk/proof.ts";
import { stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";

/** Longer than an organiser's switch may take to be seen. */
const SWITCHED_MS = 2_100;

interface Made {
  required: boolean;
  challenge: { parameters: { cost: number; data?: { for: string } }; signature: string };
}

interface Proof {
  challenge: { parameters: { cost: number; expiresAt: number }; signature: string };
}

describe("proof of work", () => {
  let house: House;
  let other: string;
  before(async () => {
    house = await openHouse({ collections: 2 });
    other = house.eventIds[1] as string;
    await house.db.query({
      text: `UPDATE sale.phase SET proof_of_work = 1, starts_at = now() - interval '1 hour'`,
    });
    const { rowCount } = await house.db.query({ text: "SELECT 1 FROM sale.phase" });
    expect(rowCount, "events with a phase").to.be.greaterThan(1);
  });
  after(() => house.close());

  let wallets = 0;
  async function session(): Promise<string> {
    wallets += 1;
    const address = `0x${String(wallets).padStart(40, "0")}` as const;
    const deps = { db: house.db, redis: house.redis, clock: systemClock };
    const { token } = await createSession(deps, { address, userAgent: "test", method: "wallet" });
    return `sd_session=${token}`;
  }

  const post = (path: string, cookie: string, body?: unknown, proof?: string) =>
    fetch(new URL(path, house.url), {
      method: "POST",
      headers: {
        cookie,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(proof === undefined ? {} : { [PROOF_HEADER]: proof }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
  const hold = (cookie: string, seats: number[], proof?: string, event = house.eventId) =>
    post(`/v1/events/${event}/holds`, cookie, { seats }, proof);
  async function challenge(cookie: string): Promise<Made> {
    const response = await post(`/v1/events/${house.eventId}/challenge`, cookie);
    expect(response.status).to.equal(201);
    return (await response.json()) as Made;
  }
  const payload = (proof: unknown) => Buffer.from(JSON.stringify(proof)).toString("base64");
  async function solve({ challenge }: Made): Promise<string> {
    const solution = await solveChallenge({ challenge: challenge as never, deriveKey });
    return payload({ challenge, solution });
  }
  async function refused(response: Response, reason: string): Promise<void> {
    const problem = Problem.parse(await response.json());
    expect(problem).to.include({ code: "hold/proof-invalid", reason, retry: "new" });
    expect(response.status).to.equal(422);
  }

  it("is asked for before a hold, and lets one through", async () => {
    const cookie = await session();
    const bare = await hold(cookie, stalls(1, 1));
    expect(bare.status).to.equal(428);
    expect(Problem.parse(await bare.json())).to.include({ code: "hold/proof-required" });
    const made = await challenge(cookie);
    expect(made.required).to.equal(true);
    expect((await hold(cookie, stalls(1, 1), await solve(made))).status).to.equal(201);
  });

  it("counts once, also when it is sent twice at the same moment", async () => {
    const cookie = await session();
    const proof = await solve(await challenge(cookie));
    const answers = await Promise.all(
      [1, 3, 5, 7].map((seat) => hold(cookie, stalls(2, seat), proof)),
    );
    expect(answers.filter(({ status }) => status === 201).length).to.equal(1);
    await refused(await hold(cookie, stalls(2, 9), proof), "used");
  });

  it("belongs to its session", async () => {
    const proof = await solve(await challenge(await session()));
    await refused(await hold(await session(), stalls(3, 1), proof), "other-holder");
  });

  it("belongs to its event", async () => {
    const cookie = await session();
    const proof = await solve(await challenge(cookie));
    await refused(await hold(cookie, stalls(3, 1), proof, other), "other-holder");
  });

  it("is refused when the challenge was changed or made elsewhere", async () => {
    const cookie = await session();
    const proof = JSON.parse(
      Buffer.from(await solve(await challenge(cookie)), "base64").toString(),
    );
    const send = (change: (proof: Proof) => void) => {
      const changed = structuredClone(proof);
      change(changed);
      return hold(cookie, stalls(3, 1), payload(changed));
    };
    await refused(await send(({ challenge }) => (challenge.parameters.cost = 1)), "too-easy");
    await refused(
      await send(({ challenge }) => (challenge.signature = "0".repeat(64))),
      "not-ours",
    );
    await refused(
      await send(({ challenge }) => (challenge.parameters.expiresAt += 60)),
      "not-ours",
    );
    expect((await send(() => undefined)).status).to.equal(201);
  });

  it("is refused with a solution that is none, or without a form", async () => {
    const cookie = await session();
    const { challenge: found } = await challenge(cookie);
    const solution = { counter: 1, derivedKey: "00".repeat(32) };
    await refused(
      await hold(cookie, stalls(3, 1), payload({ challenge: found, solution })),
      "wrong-solution",
    );
    for (const text of ["", "x", payload(null), payload({ challenge: found }), "e30="]) {
      const response = await hold(cookie, stalls(3, 5), text);
      expect([422, 428]).to.include(response.status);
    }
  });

  it("expires", async () => {
    let skewMs = 0;
    const clock: Clock = {
      ...systemClock,
      now: () => new Date(systemClock.now().getTime() + skewMs),
    };
    const deps = { redis: house.redis, clock, readProofClass: async () => 1 };
    const holder = { event: house.event, sessionId: "somebody" };
    // Made 21 minutes ago: ten to solve it, ten that clocks may differ by.
    skewMs = -21 * 60_000;
    const made = await makeChallenge(deps, holder);
    skewMs = 0;
    const proof = await solve(made as unknown as Made);
    const outcome = await requireProof(deps, { holder, payload: proof }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(outcome).to.include({ code: "hold/proof-invalid" });
    expect(outcome).to.have.nested.property("data.reason", "expired");
  });

  it("is no longer asked for once the organiser has switched it off", async () => {
    await house.db.query({ text: "UPDATE sale.phase SET proof_of_work = 0" });
    await systemClock.sleep(SWITCHED_MS);
    const cookie = await session();
    expect((await challenge(cookie)).required).to.equal(false);
    expect((await hold(cookie, stalls(4, 1))).status).to.equal(201);
  });

  it("asks for the harder one where phases overlap, and for none outside of phases", async () => {
    const read = () => createProofClassReader({ db: house.db, clock: systemClock })(house.event);
    const { deployment, eventId } = house.event;
    await house.db.query({
      text: `INSERT INTO sale.phase
               (deployment, event_id, id, name, starts_at, ends_at, classes, limit_per_order,
                proof_of_work)
             VALUES ($1, $2, 7, 'Drop', now() - interval '1 minute', now() + interval '1 hour',
                     '{0}', 4, 3)`,
      values: [deployment, eventId],
    });
    expect(await read()).to.equal(3);
    await house.db.query({
      text: "UPDATE sale.phase SET ends_at = now() - interval '1 s' WHERE id = 7",
    });
    expect(await read()).to.equal(0);
  });
});

describe("the cost of a proof", () => {
  it("grows with its class, and is none for class 0", () => {
    expect(proofCost(0)).to.equal(undefined);
    for (let proofClass = 2; proofClass <= PROOF_CLASS_MAX; proofClass += 1) {
      expect(proofCost(proofClass)).to.be.greaterThan(proofCost(proofClass - 1) as number);
    }
    expect(proofCost(99)).to.equal(proofCost(PROOF_CLASS_MAX));
  });
});
