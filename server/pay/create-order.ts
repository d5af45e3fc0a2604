// Turns a hold into an order: from here Postgres decides whose the seats are (I1).
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { HoldDeps } from "../hold/lease.ts";
import { loadClaims } from "../hold/load-claims.ts";
import type { Places } from "../hold/places.ts";
import { readHold } from "../hold/read-holds.ts";
import { classesOf, requirePlaces } from "../hold/read-plan.ts";
import { requirePhaseOfHold } from "../hold/sale.ts";
import { showClaim } from "../hold/show-claim.ts";
import type { Db } from "../platform/db/client.ts";
import { findStored, type KeyedRequest, once } from "../platform/db/keyed.ts";
import type { Log } from "../platform/log.ts";
import { randomId } from "../platform/random.ts";
import { claimPlaces } from "./claim-places.ts";
import { insertOrder, linesOf } from "./insert-order.ts";
import { lockBuyer, requireLimits } from "./require-limits.ts";
import { requireUnused } from "./require-unused.ts";

export interface OrderDeps extends HoldDeps {
  db: Db;
  log: Log;
}

interface Wish {
  owner: `0x${string}`;
  key: string;
  event: EventRef;
  holdId: string;
}

interface Made {
  orderId: string;
  places: Places;
  expiresAt: string;
}

/** Answers the order's id, the same one for every try with the same key. */
export async function createOrder(deps: OrderDeps, wish: Wish): Promise<string> {
  const { owner, key, event, holdId } = wish;
  const request = { owner, key, route: "createOrder", body: { event, holdId } };
  const stored = await findStored<Made>(deps.db, request);
  if (stored !== undefined) return stored.orderId;
  const { made, fresh } = await makeOnce(deps, wish, request);
  const { orderId, places } = made;
  // Only whoever made it shows it: an old answer's claim may be over, and the seat somebody else's.
  if (fresh) {
    const claim = { event, orderId, owner, holdId, places, expiresAt: new Date(made.expiresAt) };
    await showClaim(deps, claim).catch((err) => {
      deps.log.warn({ err, orderId }, "the claim is not shown yet; it holds all the same");
    });
  }
  return orderId;
}

async function makeOnce(
  deps: OrderDeps,
  wish: Wish,
  request: KeyedRequest,
): Promise<{ made: Made; fresh: boolean }> {
  const { owner, event, holdId } = wish;
  // Read before the transaction: one that asks the pool for more would starve it under load.
  const sale = await deps.readSale(event);
  let places: Places;
  let heldAt: Date;
  try {
    ({ places, heldAt } = await readHold(deps, { event, holdId, owner }));
  } catch (error) {
    // The same request may just have made the order, and used the hold up with it.
    const made = await findStored<Made>(deps.db, request);
    if (made !== undefined) return { made, fresh: false };
    throw error;
  }
  const phase = requirePhaseOfHold(sale, classesOf(requirePlaces(sale, places)));
  let fresh = false;
  try {
    const made = await once<Made>(deps.db, request, async (sql) => {
      fresh = true;
      const orderId = randomId("ord");
      await lockBuyer(sql, { event, owner });
      await requireUnused(sql, holdId);
      await requireLimits(sql, { event, owner, places, sale, phase });
      const claimed = await claimPlaces(sql, { event, orderId, places, ttlMs: sale.holdTtlMs });
      const { expiresAt } = claimed;
      const lines = linesOf(sale, event, claimed);
      const order = { orderId, owner, event, expiresAt, lines, currency: sale.currency };
      await insertOrder(sql, { ...order, holdId, heldAt, state: "claimed" });
      return { orderId, places, expiresAt: claimed.expiresAt.toISOString() };
    });
    return { made, fresh };
  } catch (error) {
    // Redis leased what Postgres had given away, so it has missed something: show it again.
    if (error instanceof Refusal && error.code === "hold/seat-taken") {
      await loadClaims(deps, event).catch((err) => deps.log.warn({ err }, "claims are not shown"));
    }
    throw error;
  }
}
