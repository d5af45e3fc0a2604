// Kills the API at each step of a fan's way, as often as there are steps.
import { expect } from "chai";
import { settleLines } from "#server/mint/settle-lines.ts";
import { systemClock } from "#server/platform/clock.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { isHalfWay, repairAndJudge, type Stopped } from "./aftermath.ts";
import { type DoomedOptions, openDoomedApi } from "./doomed-api.ts";
import type { FakeStripe } from "./fake-stripe.ts";
import type { House } from "./house.ts";
import { type Leg, openJourney } from "./journey.ts";
import { type Moment, nameOf } from "./moments.ts";
import type { Rig, StripeRig } from "./payment-rig.ts";

/** So many connections to Postgres are left to whoever is not stopped. */
const STOPPED_MAX = 8;
/** A connection that says nothing for longer would be given up by the process itself. */
const STANDING_MS_MAX = 3_000;
const MINT_LIMIT_MS = 30_000;
const POLL_MS = 50;

interface DeathsOptions {
  nextSeat: () => number;
  counts: (moment: Moment) => boolean;
  /**
   * False where reads count as well: what a process remembers it does not read again, so that two
   * fans have not the same steps.
   */
  isExact: boolean;
}

export interface Deaths {
  /** Names each step at which it was killed, and those of a leg that nothing happened to. */
  at(legs: readonly Leg[], leg: Leg): Promise<{ stopped: string[]; whole: string[] }>;
  /** Where it was killed with a payment under way, before anything was repaired. */
  halfWay: readonly string[];
  close(): Promise<void>;
}

interface Way {
  legs: readonly Leg[];
  leg: Leg;
}

export async function openDeaths(rig: Rig | StripeRig, options: DeathsOptions): Promise<Deaths> {
  const fake = "fake" in rig ? rig.fake : undefined;
  const journey = openJourney(rig.house, fake);
  const api = await openDoomedApi(rig.house, { ...stripeOf(fake), counts: options.counts });
  const halfWay: string[] = [];
  let standing: Stopped[] = [];
  let sinceMs = 0;

  async function stopOne({ legs, leg }: Way, nth: number, returns: boolean) {
    const fan = await journey.newFan(options.nextSeat());
    await journey.go(fan, legs.slice(0, legs.indexOf(leg)));
    const moment = await api.stopAt(nth, (url) => journey.send(leg, fan, url));
    if (moment === undefined) {
      await journey.go(fan, legs.slice(legs.indexOf(leg)));
      return undefined;
    }
    const where = nameOf(moment);
    if (standing.length === 0) sinceMs = systemClock.monotonicMs();
    standing.push({ fan, where, returns });
    // All that the process says to Redis goes over one connection: it cannot serve another fan.
    const isBlocked = moment.service === "redis";
    const isOver = systemClock.monotonicMs() - sinceMs > STANDING_MS_MAX;
    // A read may be one that others wait for as well.
    const most = options.isExact ? STOPPED_MAX : 1;
    if (isBlocked || isOver || standing.length >= most) await killAndJudge({ legs, leg });
    return { where, isBlocked };
  }

  async function killAndJudge(way: Way): Promise<void> {
    const dead = standing;
    standing = [];
    await api.kill();
    for (const { fan, where } of dead) if (await isHalfWay(rig, fan)) halfWay.push(where);
    await repairAndJudge({ rig, journey, ...way }, dead);
  }

  return {
    halfWay,
    at: async (legs, leg) => {
      const way = { legs, leg };
      const stopped: string[] = [];
      for (let nth = 1; ; nth += 1) {
        const one = await stopOne(way, nth, true);
        if (one === undefined) break;
        stopped.push(one.where);
        if (one.isBlocked) continue;
        const other = await stopOne(way, nth, false);
        if (!options.isExact) continue;
        expect(other?.where, "the same step for another fan").to.equal(one.where);
      }
      const whole = api.passed().map(nameOf);
      await killAndJudge(way);
      return { stopped, whole };
    },
    close: () => api.close(),
  };
}

/** What an API process needs to be told to take cards at the fake Stripe. */
export function stripeOf(fake: FakeStripe | undefined): Partial<DoomedOptions> {
  if (fake === undefined) return {};
  const env = {
    PAYMENT_PROVIDER: "stripe",
    STRIPE_SECRET_KEY: "sk_test_house",
    STRIPE_WEBHOOK_SECRET: fake.webhookSecret,
  };
  return { stripeApiUrl: fake.apiUrl, env };
}

/** Until every paid ticket is in a wallet. */
export async function mintAll(house: House): Promise<void> {
  const endMs = systemClock.monotonicMs() + MINT_LIMIT_MS;
  for (;;) {
    await house.minter.mintWaiting();
    await house.mirror();
    await settleLines(house);
    await recoverTransactions(house);
    await house.minter.keepMoving();
    const { rows } = await house.db.query<{ open: bigint }>({
      text: `SELECT count(*) AS open FROM sale.mint_line line
             JOIN sale.order o ON o.id = line.order_id
             LEFT JOIN mirror.ticket ON ticket.deployment = line.deployment
               AND ticket.ticket_id = line.ticket_id AND ticket.owner = o.buyer
             WHERE line.state <> 'minted' OR ticket.ticket_id IS NULL`,
    });
    if (rows[0]?.open === 0n) return;
    const left = `${rows[0]?.open} tickets were not minted for who paid them`;
    if (systemClock.monotonicMs() > endMs) throw new Error(left);
    await systemClock.sleep(POLL_MS);
  }
}
