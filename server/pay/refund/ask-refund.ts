// Asks for tickets of an order to be taken back and paid back: all of those named, or none.
import { appendAudit } from "../../audit/append.ts";
import { Refusal } from "../../domain/failure.ts";
import type { DisputeState, OrderState } from "../../domain/order.ts";
import type { RefundObstacle, RefundState } from "../../domain/refund.ts";
import { formatTicketId, type TicketRef } from "../../domain/ticket-id.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import { lockEntry } from "../../platform/db/entry-lock.ts";
import { once } from "../../platform/db/keyed.ts";
import { insertRefund } from "./insert-refund.ts";

export interface AskDeps {
  db: Db;
  clock: Clock;
}

interface Wish {
  orderId: string;
  tickets: readonly TicketRef[];
  reason: string;
  actor: `0x${string}`;
  key: string;
}

interface Asked extends Wish {
  ticketIds: readonly bigint[];
}

interface LockedOrder {
  id: string;
  deployment: number;
  state: OrderState;
  dispute: DisputeState | null;
}

/** Answers the refund's id, the same one for every try with the same key. */
export async function askRefund(deps: AskDeps, wish: Wish): Promise<string> {
  const { orderId, reason, actor, key } = wish;
  const tickets = wish.tickets.map(formatTicketId);
  const body = { orderId, tickets, reason };
  return once(deps.db, { owner: actor, key, route: "createRefund", body }, async (sql) => {
    const order = await lockOrder(sql, orderId);
    requireUndisputed(order);
    const ticketIds = requireSameCollection(order, wish.tickets);
    // A door that admits one of them at this moment is waited for, and then seen.
    await lockEntry(sql, { deployment: order.deployment, ticketIds });
    const asked = { ...wish, ticketIds };
    const refundId = (await resume(sql, asked)) ?? (await begin(sql, order, asked));
    const act = { actor, act: "order.refund-asked", subject: orderId };
    await appendAudit(sql, deps, { ...act, details: { refundId, tickets, reason } });
    return refundId;
  });
}

async function lockOrder(sql: Sql, orderId: string): Promise<LockedOrder> {
  const { rows } = await sql.query<LockedOrder>({
    text: `SELECT id, deployment, state,
                  (SELECT d.state FROM sale.dispute d WHERE d.order_id = o.id
                     AND d.state IN ('open', 'lost') LIMIT 1) AS dispute
           FROM sale.order o WHERE id = $1 FOR UPDATE`,
    values: [orderId],
  });
  const [order] = rows;
  if (order === undefined) throw new Refusal("request/not-found", `There is no order ${orderId}.`);
  return order;
}

/** Collections count their tickets alike: the number alone would take back one of ours instead. */
function requireSameCollection(
  { deployment }: LockedOrder,
  tickets: readonly TicketRef[],
): readonly bigint[] {
  const others = tickets.filter((ticket) => ticket.deployment !== deployment);
  refuseTickets(
    others.map((ticket) => ({ ticketId: formatTicketId(ticket), why: "not-of-order" })),
  );
  return tickets.map(({ ticketId }) => ticketId);
}

const REFUNDABLE: readonly OrderState[] = ["paid", "fulfilled", "attention"];

function requireRefundable({ state }: LockedOrder): void {
  if (REFUNDABLE.includes(state)) return;
  const detail = `An order that is ${state} has nothing to pay back.`;
  throw new Refusal("order/wrong-state", detail, { state, allowed: REFUNDABLE });
}

function requireUndisputed({ dispute }: LockedOrder): void {
  if (dispute === null) return;
  const detail = "The payer's bank has asked for this money: it is decided there.";
  throw new Refusal("refund/disputed", detail, { dispute });
}

async function begin(sql: Sql, order: LockedOrder, wish: Asked): Promise<string> {
  requireRefundable(order);
  await requireFree(sql, order, wish.ticketIds);
  const { orderId, ticketIds, reason, actor } = wish;
  const asked = { orderId, ticketIds, reason, cause: "asked", askedBy: actor } as const;
  const refundId = await insertRefund(sql, asked);
  if (refundId === undefined) throw new Error("tickets were free, and no refund was written");
  return refundId;
}

/** One that the provider refused goes on when it is asked for again, by the same tickets. */
async function resume(sql: Sql, { orderId, ticketIds }: Asked): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string; state: RefundState; lines: bigint[] }>({
    text: `SELECT r.id, r.state, array_agg(l.ticket_id ORDER BY l.ticket_id) AS lines
           FROM sale.refund r JOIN sale.refund_line l ON l.refund_id = r.id
           WHERE r.order_id = $1 AND r.state = 'attention' AND l.pays = 'payer'
           GROUP BY r.id`,
    values: [orderId],
  });
  const found = rows.find(({ lines }) => {
    const asked = new Set(lines.map(BigInt));
    return asked.size === ticketIds.length && ticketIds.every((id) => asked.has(id));
  });
  if (found === undefined) return undefined;
  await sql.query({
    text: `UPDATE sale.refund SET state = 'paying', attempt = attempt + 1, why = NULL,
                  due_at = now(), updated_at = now()
           WHERE id = $1`,
    values: [found.id],
  });
  return found.id;
}

async function requireFree(
  sql: Sql,
  { id, deployment }: LockedOrder,
  ticketIds: readonly bigint[],
): Promise<void> {
  const { rows } = await sql.query<{ ticketId: bigint; why: RefundObstacle | null }>({
    text: `SELECT given.id AS "ticketId",
                  CASE WHEN line.order_id IS NULL THEN 'not-of-order'
                       WHEN before.order_id IS NOT NULL THEN 'asked'
                       WHEN ticket.used OR admission.ticket_id IS NOT NULL THEN 'used'
                       WHEN ticket.void THEN 'void' END AS why
           FROM unnest($3::bigint[]) AS given (id)
           LEFT JOIN sale.order_line line ON line.order_id = $1 AND line.ticket_id = given.id
           LEFT JOIN sale.refund_line before
             ON before.order_id = line.order_id AND before.seat = line.seat
           LEFT JOIN mirror.ticket ON ticket.deployment = $2 AND ticket.ticket_id = given.id
           LEFT JOIN sale.admission
             ON admission.deployment = $2 AND admission.ticket_id = given.id
           ORDER BY given.id`,
    values: [id, deployment, ticketIds],
  });
  const obstacles = rows.flatMap(({ ticketId, why }) =>
    why === null ? [] : [{ ticketId: formatTicketId({ deployment, ticketId }), why }],
  );
  refuseTickets(obstacles);
}

function refuseTickets(tickets: readonly { ticketId: string; why: RefundObstacle }[]): void {
  if (tickets.length === 0) return;
  const detail = "Some of these tickets cannot be taken back.";
  throw new Refusal("refund/impossible", detail, { tickets });
}
