// Gives places of the comp class away: an order of no price, to a wallet, by who runs the event.
import { appendAudit } from "../audit/append.ts";
import { Fault, Refusal } from "../domain/failure.ts";
import { classNumber } from "../domain/stock.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import { countPlaces, type Places } from "../hold/places.ts";
import { requireAreas, requireSeats } from "../hold/read-plan.ts";
import type { Sale } from "../hold/sale.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { findStored, once } from "../platform/db/keyed.ts";
import { randomId } from "../platform/random.ts";
import { announceOrders } from "../queue/announce-orders.ts";
import { type Claimed, claimPlaces } from "./claim-places.ts";
import type { OrderDeps } from "./create-order.ts";
import { insertOrders, linesOf } from "./insert-order.ts";
import { queueTickets } from "./post-capture.ts";
import { announce, type PayDeps } from "./take-payment.ts";

export type CompDeps = OrderDeps & Pick<PayDeps, "queue"> & { clock: Clock };

interface Wish {
  event: EventRef;
  places: Places;
  to: `0x${string}`;
  reason: string;
  actor: `0x${string}`;
  key: string;
}

const COMP = classNumber("comp");

/** Answers the order's id, the same one for every try with the same key. */
export async function giveComp(deps: CompDeps, wish: Wish): Promise<string> {
  const { event, places, to, reason, actor, key } = wish;
  const request = { owner: actor, key, route: "giveComp", body: { event, places, to, reason } };
  const stored = await findStored<string>(deps.db, request);
  if (stored !== undefined) return stored;
  // Read before the transaction: one that asks the pool for more would starve it under load.
  const sale = await deps.readSale(event);
  requireCompClass(sale, places);
  const orderId = await once(deps.db, request, (sql) => give(sql, deps, { ...wish, sale }));
  await announce(deps, { orderId, event, buyer: to, places });
  return orderId;
}

async function give(sql: Sql, deps: CompDeps, wish: Wish & { sale: Sale }): Promise<string> {
  const { event, places, to, reason, actor, sale } = wish;
  await lockEvent(sql, event);
  await requireUnreleased(sql, event, places);
  await requireUnits(sql, event, countPlaces(places));
  const orderId = randomId("ord");
  const claim = { event, orderId, places, ttlMs: sale.holdTtlMs };
  const [claimed] = (await claimPlaces(sql, [claim])) as [Claimed];
  const lines = linesOf(sale, event, claimed).map((line) => ({ ...line, price: 0n }));
  const order = { orderId, owner: to, event, expiresAt: claimed.expiresAt, lines };
  await insertOrders(sql, [{ ...order, currency: sale.currency, state: "paid" }]);
  await sql.query({
    text: "UPDATE sale.claim SET expires_at = 'infinity' WHERE order_id = $1",
    values: [orderId],
  });
  await queueTickets(sql, [{ orderId, state: "queued" }]);
  await announceOrders(sql, { type: "order.paid", orderIds: [orderId] });
  const act = { actor, act: "order.comp-given", subject: orderId };
  const details = { eventId: formatEventId(event), to, places: countPlaces(places), reason };
  await appendAudit(sql, deps, { ...act, details });
  return orderId;
}

function requireCompClass(sale: Sale, { seats, areas }: Places): void {
  const found = [...requireSeats(sale, seats), ...requireAreas(sale, areas)];
  const others = found.filter((place) => place.class !== COMP);
  if (others.length === 0) return;
  const kept = requireSeats(sale, seats);
  throw new Refusal("comp/other-class", "Only places of the class comp are given away.", {
    seats: seats.filter((_, at) => kept[at]?.class !== COMP),
    areas: areas.filter(({ area }) => sale.areas.get(area)?.class !== COMP).map(({ area }) => area),
  });
}

/** One after the other, with each other and with seats that go back to the public. */
async function lockEvent(sql: Sql, event: EventRef): Promise<void> {
  const { rowCount } = await sql.query({
    text: `SELECT 1 FROM sale.event
           WHERE deployment = $1 AND id = $2 AND state = 'published' FOR UPDATE`,
    values: [event.deployment, event.eventId],
  });
  if (rowCount === 1) return;
  throw new Refusal("request/not-found", `${formatEventId(event)} is not on sale.`);
}

async function requireUnreleased(sql: Sql, event: EventRef, { seats }: Places): Promise<void> {
  const { rows } = await sql.query<{ seat: bigint }>({
    text: `SELECT seat.seat FROM sale.seat
           WHERE deployment = $1 AND event_id = $2 AND seat = ANY ($3)
             AND (class <> $4 OR EXISTS (
               SELECT 1 FROM sale.class_release release
               WHERE release.deployment = $1 AND release.event_id = $2
                 AND release.state <> 'done' AND seat.seat = ANY (release.seats)))`,
    values: [event.deployment, event.eventId, seats, COMP],
  });
  if (rows.length === 0) return;
  throw new Refusal("comp/other-class", "Some of these seats are on their way to the public.", {
    seats: rows.map(({ seat }) => Number(seat)),
    areas: [],
  });
}

/** What the chain would mint of the class; a seat that is issued again takes no unit of it. */
async function requireUnits(sql: Sql, event: EventRef, wanted: number): Promise<void> {
  const { rows } = await sql.query<{ cap: number; taken: number }>({
    text: `SELECT stock.cap, stock.minted + (
                    SELECT count(*)::int FROM sale.mint_line line
                    WHERE line.deployment = $1 AND line.event_id = $2 AND line.class = $3
                      AND line.state <> 'withdrawn' AND (line.ticket_id >> 36) & 15 = 0
                      AND NOT EXISTS (SELECT 1 FROM mirror.ticket
                                      WHERE ticket.deployment = $1
                                        AND ticket.ticket_id = line.ticket_id)) AS taken
           FROM mirror.class_stock stock
           WHERE stock.deployment = $1 AND stock.event_id = $2 AND stock.class = $3`,
    values: [event.deployment, event.eventId, COMP],
  });
  const [stock] = rows;
  if (stock === undefined) {
    throw new Fault("chain/mirror-behind", "The mirror does not know the event's stock yet.");
  }
  const { cap, taken } = stock;
  if (taken + wanted <= cap) return;
  throw new Refusal("comp/limit-reached", `The event has ${cap} comps, and ${taken} are given.`, {
    limit: cap,
    given: taken,
  });
}
