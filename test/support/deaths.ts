// Kills the API at each step of a fan's way, and judges what became of the order once all is repaired.
import { expect } from "chai";
import { settleLines } from "#server/mint/settle-lines.ts";
import { systemClock } from "#server/platform/clock.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { openDoomedApi } from "./doomed-api.ts";
import { type Leg, openJourney, type Traveller } from "./journey.ts";
import { type Moment, nameOf } from "./moments.ts";
import { expectTruth } from "./money-truth.ts";
import type { Rig, StripeRig } from "./payment-rig.ts";

/** So many connections to Postgres are left to whoever is not stopped. */
const STOPPED_MAX = 14;
/** A connection that says nothing for longer would be given up by the process itself. */
const STANDING_MS_MAX = 3_000;
const MINT_LIMIT_MS = 30_000;
const POLL_MS = 50;

interface Stopped {
  fan: Traveller;
  where: string;
  /** Sends the same again with the same key; else nobody comes, and the order's time goes by. */
  returns: boolean;
}

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
  mintAll(): Promise<void>;
  close(): Promise<void>;
}

export async function openDeaths(rig: Rig | StripeRig, options: DeathsOptions): Promise<Deaths> {
  const { house } = rig;
  const fake = "fake" in rig ? rig.fake : undefined;
  const journey = openJourney(house, fake);
  const stripe =
    fake === undefined
      ? {}
      : {
          stripeApiUrl: fake.apiUrl,
          env: {
            PAYMENT_PROVIDER: "stripe",
            STRIPE_SECRET_KEY: "sk_test_house",
            STRIPE_WEBHOOK_SECRET: fake.webhookSecret,
          },
        };
  const api = await openDoomedApi(house, { counts: options.counts, ...stripe });
  let standing: Stopped[] = [];
  const halfWay: string[] = [];
  let sinceMs = 0;

  async function travelTo(legs: readonly Leg[], leg: Leg): Promise<Traveller> {
    const fan = await journey.newFan(options.nextSeat());
    await journey.go(fan, legs.slice(0, legs.indexOf(leg)));
    return fan;
  }

  async function stopOne(legs: readonly Leg[], leg: Leg, nth: number, returns: boolean) {
    const fan = await travelTo(legs, leg);
    const moment = await api.stopAt(nth, (url) => journey.send(leg, fan, url));
    if (moment === undefined) {
      await journey.go(fan, legs.slice(legs.indexOf(leg)));
      return undefined;
    }
    const where = nameOf(moment);
    if (standing.length === 0) sinceMs = systemClock.monotonicMs();
    standing.push({ fan, where, returns });
    // All that the process says to Redis goes over one connection: it cannot serve another fan.
    const isOver = systemClock.monotonicMs() - sinceMs > STANDING_MS_MAX;
    const isBlocked = moment.service === "redis";
    if (isBlocked || isOver || standing.length >= STOPPED_MAX) await killAndJudge(legs, leg);
    return { where, isBlocked };
  }

  async function killAndJudge(legs: readonly Leg[], leg: Leg): Promise<void> {
    const dead = standing;
    standing = [];
    await api.kill();
    for (const { fan, where } of dead) if (await isHalfWay(fan)) halfWay.push(where);
    const back = dead.filter(({ returns }) => returns);
    const gone = dead.filter(({ returns }) => !returns);
    await Promise.all(back.map(({ fan, where }) => named(where, goOn(fan, legs, leg))));
    for (const { fan } of gone) await lapse(fan);
    if (gone.length > 0) await house.redis.flushdb();
    await rig.sweep();
    await rig.sweep();
    for (const one of back) await named(one.where, judgeReturned(one.fan));
    for (const one of gone) await named(one.where, judgeGone(one.fan, leg));
  }

  async function isHalfWay({ buyer }: Traveller): Promise<boolean> {
    const { rowCount } = await house.db.query({
      text: `SELECT 1 FROM sale.payment p JOIN sale.order o ON o.id = p.order_id
             WHERE o.buyer = $1 AND p.state IN ('started', 'authorised')`,
      values: [buyer],
    });
    return rowCount !== 0;
  }

  /** With the same key; whoever asks with it once more hears the same. */
  async function goOn(fan: Traveller, legs: readonly Leg[], leg: Leg): Promise<void> {
    await journey.go(fan, [leg]);
    const again = await journey.finish(leg, fan);
    expect(again).to.deep.equal(fan.answers[leg]);
    await journey.go(fan, legs.slice(legs.indexOf(leg) + 1));
  }

  /** What is left of an order whose fan does not come back. */
  async function lapse({ buyer }: Traveller): Promise<void> {
    for (const text of [
      "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE buyer = $1",
      `UPDATE sale.claim SET expires_at = now() - interval '1 s' FROM sale.order o
       WHERE o.id = claim.order_id AND o.buyer = $1 AND claim.expires_at <> 'infinity'`,
    ]) {
      await house.db.query({ text, values: [buyer] });
    }
  }

  async function judgeReturned(fan: Traveller): Promise<void> {
    const [id, ...others] = await ordersOf(fan);
    expect(others, "one order of one key").to.deep.equal([]);
    expect(await truth(id ?? ""), "paid").to.equal(true);
  }

  async function judgeGone(fan: Traveller, leg: Leg): Promise<void> {
    const [id, ...others] = await ordersOf(fan);
    expect(others).to.deep.equal([]);
    const isPaid = id !== undefined && (await truth(id));
    // Of a card that nobody charged nothing was to be taken; who paid at Stripe has a ticket.
    if (leg === "return" || leg === "tell") expect(isPaid, "paid").to.equal(true);
    if (isPaid) return;
    const next = await journey.newFan(fan.seat);
    await journey.go(next, ["hold", "order"]);
  }

  async function ordersOf({ buyer }: Traveller): Promise<string[]> {
    const { rows } = await house.db.query<{ id: string }>({
      text: "SELECT id FROM sale.order WHERE buyer = $1",
      values: [buyer],
    });
    return rows.map(({ id }) => id);
  }

  /** The development provider keeps no books of its own: there what was captured is all there is. */
  async function truth(id: string): Promise<boolean> {
    if (fake !== undefined) return expectTruth(rig, { id });
    const { rows } = await house.db.query<{ kept: bigint }>({
      text: `SELECT coalesce(sum(amount), 0) AS kept FROM sale.payment
             WHERE order_id = $1 AND state = 'captured'`,
      values: [id],
    });
    const kept = rows[0]?.kept ?? 0n;
    return expectTruth({ house, kept: () => kept, authorised: () => 0n }, { id });
  }

  return {
    halfWay,
    at: async (legs, leg) => {
      const stopped: string[] = [];
      for (let nth = 1; ; nth += 1) {
        const one = await stopOne(legs, leg, nth, true);
        if (one === undefined) break;
        stopped.push(one.where);
        if (one.isBlocked) continue;
        const other = await stopOne(legs, leg, nth, false);
        if (!options.isExact) continue;
        expect(other?.where, "the same step for another fan").to.equal(one.where);
      }
      const whole = api.passed().map(nameOf);
      await killAndJudge(legs, leg);
      return { stopped, whole };
    },
    mintAll: async () => {
      const endMs = systemClock.monotonicMs() + MINT_LIMIT_MS;
      for (;;) {
        await house.minter.mintWaiting();
        await house.mirror();
        await settleLines(house);
        await recoverTransactions(house);
        await house.minter.keepMoving();
        const { rows } = await house.db.query<{ open: bigint; owned: bigint }>({
          text: `SELECT count(*) FILTER (WHERE line.state <> 'minted') AS open,
                        count(*) FILTER (WHERE ticket.owner = o.buyer) AS owned
                 FROM sale.mint_line line JOIN sale.order o ON o.id = line.order_id
                 LEFT JOIN mirror.ticket ON ticket.deployment = line.deployment
                   AND ticket.ticket_id = line.ticket_id`,
        });
        if (rows[0]?.open === 0n) return;
        const left = `${rows[0]?.open} tickets were not minted`;
        if (systemClock.monotonicMs() > endMs) throw new Error(left);
        await systemClock.sleep(POLL_MS);
      }
    },
    close: () => api.close(),
  };
}

/** A failure says where the process had died. */
async function named<T>(where: string, work: Promise<T>): Promise<T> {
  return work.catch((cause: Error) => {
    throw new Error(`killed ${where}: ${cause.message}`, { cause });
  });
}
