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
import { gatherWork } from "../platform/db/gather-work.ts";
import { findStored } from "../platform/db/keyed.ts";
import type { Log } from "../platform/log.ts";
import { claimOrders, type MadeOrder, wantsOf } from "./claim-orders.ts";
import { type OrderAnswer, readOrder } from "./read-order.ts";

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

/** The same order for every try with the same key. */
export function createOrders(deps: OrderDeps): (wish: Wish) => Promise<OrderAnswer> {
  const claimTogether = gatherWork(deps.db, { run: claimOrders, wants: wantsOf });

  async function makeOnce(wish: Wish): Promise<MadeOrder> {
    const { owner, key, event, holdId } = wish;
    const request = { owner, key, route: "createOrder", body: { event, holdId } };
    let ready: Awaited<ReturnType<typeof prepare>>;
    try {
      ready = await prepare(deps, wish);
    } catch (error) {
      // The same request may have made the order, and used the hold up with it.
      const made = await findStored<{ orderId: string; places: Places }>(deps.db, request);
      if (made !== undefined) return { ...made, expiresAt: "", answer: undefined };
      throw error;
    }
    try {
      return await claimTogether({ ...ready, owner, event, holdId, request });
    } catch (error) {
      // Redis leased what Postgres had given away, so it has missed something: show it again.
      if (error instanceof Refusal && error.code === "hold/seat-taken") {
        await loadClaims(deps, event).catch((err) =>
          deps.log.warn({ err }, "claims are not shown"),
        );
      }
      throw error;
    }
  }

  return async (wish) => {
    const { owner, event, holdId } = wish;
    const { orderId, places, expiresAt, answer } = await makeOnce(wish);
    if (answer === undefined) return readOrder(deps.db, { orderId, buyer: owner });
    // Only whoever made it shows it: an old answer's claim may be over, and the seat another's.
    const claim = { event, orderId, owner, holdId, places, expiresAt: new Date(expiresAt) };
    await showClaim(deps, claim).catch((err) => {
      deps.log.warn({ err, orderId }, "the claim is not shown yet; it holds all the same");
    });
    return answer;
  };
}

/** Before the transaction: one that asks the pool for more would starve it under load. */
async function prepare(deps: OrderDeps, { owner, event, holdId }: Wish) {
  const sale = await deps.readSale(event);
  const { places, heldAt } = await readHold(deps, { event, holdId, owner });
  const phase = requirePhaseOfHold(sale, classesOf(requirePlaces(sale, places)));
  return { sale, places, heldAt, phase };
}
