// The API is killed at every step from a hold to a posted payment: paid and minted, or all given back.
import { expect } from "chai";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { stalls } from "../support/buy.ts";
import { type Deaths, mintAll, openDeaths } from "../support/deaths.ts";
import type { Leg } from "../support/journey.ts";
import type { Moment } from "../support/moments.ts";
import { openDevelopmentRig, openStripeRig, type Rig } from "../support/payment-rig.ts";

const SEATS_PER_ROW = 14;
const SUITE_LIMIT_MS = 60_000;

const WAYS: Record<string, { legs: readonly Leg[]; dies: readonly Leg[] }[]> = {
  development: [{ legs: ["hold", "order", "pay"], dies: ["hold", "order", "pay"] }],
  stripe: [
    { legs: ["hold", "order", "pay", "return"], dies: ["pay", "return"] },
    { legs: ["hold", "order", "pay", "tell"], dies: ["tell"] },
  ],
};
/**
 * What stands before a change of what Redis shows stands after the change before it.
 */
const counts = ({ isEffect, service, when }: Moment) =>
  isEffect && (service !== "redis" || when === "after");
const RIGS = { development: openDevelopmentRig, stripe: openStripeRig };

for (const [provider, open] of Object.entries(RIGS)) {
  describe(`the API killed while a fan buys: ${provider}`, function () {
    this.timeout(SUITE_LIMIT_MS);
    let rig: Rig;
    let deaths: Deaths;
    let seats = 0;
    before(async () => {
      rig = await open();
      deaths = await openDeaths(rig, { nextSeat, counts, isExact: true });
    });
    after(async () => {
      await deaths.close();
      await rig.close();
    });

    function nextSeat(): number {
      const at = seats;
      seats += 1;
      return stalls(1 + Math.floor(at / SEATS_PER_ROW), 1 + (at % SEATS_PER_ROW))[0] as number;
    }

    for (const { legs, dies } of WAYS[provider] ?? []) {
      for (const leg of dies) {
        it(`at every step of ${leg}: ends paid, or with nothing taken`, async () => {
          const { stopped, whole } = await deaths.at(legs, leg);
          expect(stopped, "each step of a whole one").to.deep.equal(whole);
          expect(stopped).not.to.deep.equal([]);
        });
      }
    }

    it("leaves payments half way before they are repaired (so this test can fail)", () => {
      const steps = new Set(deaths.halfWay);
      expect(steps.size, [...steps].join("; ")).to.be.greaterThan(3);
    });

    it("leaves a ticket for everybody who paid, and books that agree", async () => {
      await mintAll(rig.house);
      const { differences } = await findDifferences(rig.house.db);
      expect(differences).to.deep.equal([]);
    });
  });
}
