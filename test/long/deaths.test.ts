// The API killed before and after every single word that it says while a fan buys, and at any moment of a rush.
import { expect } from "chai";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openDeaths, stripeOf } from "../support/deaths.ts";
import { openDoomedApi } from "../support/doomed-api.ts";
import { type Leg, openJourney, type Traveller } from "../support/journey.ts";
import { expectTruth } from "../support/money-truth.ts";
import { openDevelopmentRig, openStripeRig } from "../support/payment-rig.ts";
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
      const { stopped } = await deaths.at(legs, dies);
      process.stdout.write(`      ${stopped.length} words\n`);
      expect(stopped.length).to.be.greaterThan(3);
      await deaths.close();
      await rig.close();
    });
  }

  for (const seed of SEEDS) {
    it(`at any moment of a rush: each fan pays once for one seat, seed ${seed}`, async () => {
      const rig = await openStripeRig();
      const { house, fake } = rig;
      const all = await seatHouse(house, PLAN);
      const journey = openJourney(house, fake);
      const api = await openDoomedApi(house, { ...stripeOf(fake), counts: () => false });
      const chance = chanceOf(seed);
      let isOver = false;
      const fans: Traveller[] = [];
      const buyers = Array.from({ length: FANS }, async (_, at) => {
        for (let next = at; !isOver && next < all.length; next += FANS) {
          const fan = await journey.newFan(all[next] as number);
          fans.push(fan);
          await journey.go(fan, RETURNING, () => api.url());
        }
      });
      for (let kills = 0; kills < KILLS; kills += 1) {
        await systemClock.sleep(chance(BETWEEN_KILLS_MS));
        await api.kill();
      }
      isOver = true;
      await Promise.all(buyers);
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
      process.stdout.write(`      ${fans.length} orders through ${KILLS} deaths\n`);
      await api.close();
      await rig.close();
    });
  }
});
