// What becomes of orders whose API was killed: their fans come back, or nobody does, and all is judged.
import { expect } from "chai";
import type { Journey, Leg, Traveller } from "./journey.ts";
import { expectTruth } from "./money-truth.ts";
import type { Rig } from "./payment-rig.ts";

export interface Stopped {
  fan: Traveller;
  where: string;
  /** Sends the same again with the same key; else nobody comes, and the order's time goes by. */
  returns: boolean;
}

export interface Scene {
  rig: Rig;
  journey: Journey;
  legs: readonly Leg[];
  leg: Leg;
}

/** Fans come back, time goes by, workers sweep: then each order is whole, one way or the other. */
export async function repairAndJudge(scene: Scene, dead: readonly Stopped[]): Promise<void> {
  const { house, sweep } = scene.rig;
  const back = dead.filter(({ returns }) => returns);
  const gone = dead.filter(({ returns }) => !returns);
  await Promise.all(back.map((one) => named(one, goOn(scene, one.fan))));
  for (const { fan } of gone) await lapse(scene, fan);
  if (gone.length > 0) await house.redis.flushdb();
  await sweep();
  await sweep();
  for (const one of back) await named(one, judgeReturned(scene, one.fan));
  for (const one of gone) await named(one, judgeGone(scene, one.fan));
}

/** A payment is under way, and nobody is at work on it. */
export async function isHalfWay({ house }: Rig, { buyer }: Traveller): Promise<boolean> {
  const { rowCount } = await house.db.query({
    text: `SELECT 1 FROM sale.payment p JOIN sale.order o ON o.id = p.order_id
           WHERE o.buyer = $1 AND p.state IN ('started', 'authorised')`,
    values: [buyer],
  });
  return rowCount !== 0;
}

/** With the same key; whoever asks with it once more hears the same. */
async function goOn({ journey, legs, leg }: Scene, fan: Traveller): Promise<void> {
  await journey.go(fan, [leg]);
  const again = await journey.finish(leg, fan);
  expect(again).to.deep.equal(fan.answers[leg]);
  await journey.go(fan, legs.slice(legs.indexOf(leg) + 1));
}

/** What is left of an order whose fan does not come back. */
async function lapse({ rig }: Scene, { buyer }: Traveller): Promise<void> {
  for (const text of [
    "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE buyer = $1",
    `UPDATE sale.claim SET expires_at = now() - interval '1 s' FROM sale.order o
     WHERE o.id = claim.order_id AND o.buyer = $1 AND claim.expires_at <> 'infinity'`,
  ]) {
    await rig.house.db.query({ text, values: [buyer] });
  }
}

async function judgeReturned({ rig }: Scene, fan: Traveller): Promise<void> {
  const [id, ...others] = await ordersOf(rig, fan);
  expect(others, "one order of one key").to.deep.equal([]);
  expect(await truth(rig, id ?? ""), "paid").to.equal(true);
}

async function judgeGone({ rig, journey, leg }: Scene, fan: Traveller): Promise<void> {
  const [id, ...others] = await ordersOf(rig, fan);
  expect(others, "one order of one key").to.deep.equal([]);
  const isPaid = id !== undefined && (await truth(rig, id));
  // Who paid at Stripe has a ticket, whether or not anybody came back to say so.
  if (leg === "return" || leg === "tell") expect(isPaid, "paid").to.equal(true);
  if (isPaid) return;
  const next = await journey.newFan(fan.seat);
  await journey.go(next, ["hold", "order"]);
}

async function ordersOf({ house }: Rig, { buyer }: Traveller): Promise<string[]> {
  const { rows } = await house.db.query<{ id: string }>({
    text: "SELECT id FROM sale.order WHERE buyer = $1",
    values: [buyer],
  });
  return rows.map(({ id }) => id);
}

/** The development provider keeps no books of its own: there what was captured is all there is. */
async function truth(rig: Rig, id: string): Promise<boolean> {
  const { house } = rig;
  if (house.stripe !== undefined) return expectTruth(rig, { id });
  const { rows } = await house.db.query<{ kept: bigint }>({
    text: `SELECT coalesce(sum(amount), 0) AS kept FROM sale.payment
           WHERE order_id = $1 AND state = 'captured'`,
    values: [id],
  });
  const kept = rows[0]?.kept ?? 0n;
  return expectTruth({ house, kept: () => kept, authorised: () => 0n }, { id });
}

/** A failure says where the process had died. */
async function named<T>({ where }: Stopped, work: Promise<T>): Promise<T> {
  return work.catch((cause: Error) => {
    throw new Error(`killed ${where}: ${cause.message}`, { cause });
  });
}
