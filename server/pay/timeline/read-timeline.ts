// What happened to an order, for its buyer and for who sells the event's tickets.
import type { z } from "zod";
import type { TimelineResponse } from "../../api/timeline.ts";
import { holdsRole } from "../../auth/role.ts";
import { Refusal } from "../../domain/failure.ts";
import { type EventRef, formatTicketId } from "../../domain/ticket-id.ts";
import { inOrder, type TimelineKind } from "../../domain/timeline.ts";
import type { Sql } from "../../platform/db/client.ts";
import { STEPS_SQL } from "./steps-sql.ts";

type Timeline = z.output<typeof TimelineResponse>;

interface StepRow {
  kind: TimelineKind;
  at: Date;
  ticket_id: bigint | null;
  label: string | null;
  amount: bigint | null;
  currency: string | null;
  tx_hash: string | null;
  on_chain: boolean;
  final: boolean | null;
}

/** As many as the history of one ticket; nobody reads on from there. */
const STEPS_MAX = 5_000;
const NOBODY = `0x${"0".repeat(40)}`;

export async function readTimeline(
  sql: Sql,
  { orderId, caller }: { orderId: string; caller: `0x${string}` },
): Promise<Timeline> {
  const { event, isStaff } = await requireLeave(sql, { orderId, caller });
  const { rows } = await sql.query<StepRow>({
    name: "order-timeline",
    text: STEPS_SQL,
    values: [orderId, isStaff, NOBODY, STEPS_MAX],
  });
  const steps = rows.map((row) => ({
    ...{ row, kind: row.kind, at: row.at, ticketId: row.ticket_id, isOnChain: row.on_chain },
  }));
  return { orderId, steps: inOrder(steps).map(({ row }) => present(event, row)) };
}

/** Somebody else's order and one that never was look the same from outside. */
async function requireLeave(
  sql: Sql,
  { orderId, caller }: { orderId: string; caller: `0x${string}` },
): Promise<{ event: EventRef; isStaff: boolean }> {
  const { rows } = await sql.query<EventRef & { buyer: string }>({
    name: "order-of-timeline",
    text: `SELECT deployment, event_id AS "eventId", buyer FROM sale.order WHERE id = $1`,
    values: [orderId],
  });
  const [order] = rows;
  if (order !== undefined) {
    const { deployment, eventId, buyer } = order;
    const event = { deployment, eventId };
    const roles = ["organiser", "box-office"] as const;
    const isStaff = await holdsRole({ db: sql }, { address: caller, roles, event });
    if (isStaff || buyer === caller) return { event, isStaff };
  }
  throw new Refusal("request/not-found", `There is no order ${orderId}.`);
}

function present({ deployment }: EventRef, row: StepRow): Timeline["steps"][number] {
  const { kind, at, ticket_id: ticketId, label, amount, currency, tx_hash: txHash } = row;
  return {
    ...{ kind, at: at.toISOString(), label, currency, txHash },
    ticketId: ticketId === null ? null : formatTicketId({ deployment, ticketId }),
    amount: amount?.toString() ?? null,
    final: row.on_chain ? (row.final ?? false) : null,
  };
}
