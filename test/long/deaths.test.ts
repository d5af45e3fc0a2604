// The API killed before and after every single word that it says while a fan buys, and at any moment of a rush.
import { expect } from "chai";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openDeaths, stripeOf } from "../support/deaths.ts";
import { type DoomedApi, openDoomedApi } from "../support/doomed-api.ts";
import { type Leg, openJourney, type Traveller } from "../support/journey.ts";
import { expectTruth } from "../support/money-truth.ts";
import { openDevelopmentRig, openStripeRig, type StripeRig } from "../support/payment-rig.ts";
import { seatHouse } from "../support/seat-house.ts";
import { chanceOf } from "../support/seeded.ts";

const PLAN = { sections: 2, rows: 40, seats: 20 };
const LIMIT_MS = 15 * 60_000;
const SEEDS = Array.from({ length: 5 }, (_, at) => at + 1);
const FANS = 60;
const KILLS = 15;
const BETWEEN_KILLS_MS = 3_000;

const RETURNING: readonly Leg[] = ["hold", "order", "pay", "return"];
const WAYS: { provider: "development" | "stripe"; legs: readonly Leg[]; dies: Leg }[] = [
  ...RETURNING.slice(0, 3).map((dies) => ({
    ...{ provider: "development" as const, legs: RETURNING.slice(0, 3), dies },
  })),
  { provider: "stripe", legs: RETURNING, dies: "pay" },
  { provider: "stripe", legs: RETURNING, dies: "return" },
  { provider: "stripe", legs: ["hold", "order", "pay", "tell"], dies: "tell" },
];

describe("deaths of the API", function () {
  this.timeout(LIMIT_MS);

  for (const { provider, legs, dies } of WAYS) {
    it(`${provider}: before and after every word of ${dies}`, async () => {
      const rig = provider === "stripe" ? await openStripeRig() : await openDevelopmentRig();
      const seats = (await seatHouse(rig.house, PLAN)).values();
      const nextSeat = () => seats.next().value as number;
      // Redis is asked all the time whether it is there.
      const counts = ({ service, isEffect }: { service: string; isEffect: boolean }) =>
        service !== "redis" || isEffect;
      const deaths = await openDeaths(rig, { nextSeat, counts, isExact: false });
      try {
        const { stopped } = await deaths.at(legs, dies);
        process.stdout.write(`      ${stopped.length} words\n`);
        // A hold is one word to Redis, to be killed before and after.
        expect(stopped.length).to.be.greaterThan(1);
      } finally {
        await deaths.close();
        await rig.close();
      }
    });
  }

  for (const seed of SEEDS) {
    it(`at any moment of a rush: each fan pays once for one seat, seed ${seed}`, async () => {
      const rig = await openStripeRig();
      const api = await openDoomedApi(rig.house, { ...stripeOf(rig.fake), counts: () => false });
      try {
        const fans = await rushThroughDeaths(rig, api, seed);
        await judge(rig, fans);
        process.stdout.write(`      ${fans.length} orders through ${KILLS} deaths\n`);
      } finally {
        await api.close();
        await rig.close();
      }
    });
  }
});

/** Answers everybody who bought, each as often as it took. */
async function rushThroughDeaths(
  { house, fake }: StripeRig,
  api: DoomedApi,
  seed: number,
): Promise<Traveller[]> {
  const seats = await seatHouse(house, PLAN);
  const journey = openJourney(house, fake);
  const chance = chanceOf(seed);
  const fans: Traveller[] = [];
  let isOver = false;
  const buyers = Promise.all(
    Array.from({ length: FANS }, async (_, at) => {
      for (let next = at; !isOver && next < seats.length; next += FANS) {
        const fan = await journey.newFan(seats[next] as number);
        fans.push(fan);
        await journey.go(fan, RETURNING, () => api.url());
      }
    }),
  );
  // Awaited below, where it fails the test; until then nobody listens.
  buyers.catch(() => undefined);
  for (let kills = 0; kills < KILLS; kills += 1) {
    await systemClock.sleep(chance(BETWEEN_KILLS_MS));
    await api.kill();
  }
  isOver = true;
  await buyers;
  return fans;
}

async function judge(rig: StripeRig, fans: readonly Traveller[]): Promise<void> {
  const { house } = rig;
  await rig.sweep();
  for (const fan of fans) {
    const id = String(fan.answers.order?.body.id);
    expect(await expectTruth(rig, { id }), id).to.equal(true);
  }
  const { rows } = await house.db.query<{ orders: number }>({
    text: "SELECT count(*)::int AS orders FROM sale.order",
  });
  expect(rows[0]?.orders, "one order each").to.equal(fans.length);
  const { differences } = await findDifferences(house.db);
  expect(differences.filter(({ rule }) => rule !== "mint-open")).to.deep.equal([]);
}
