// Finds tickets by what people have in hand: a seat, an order that was paid on chain, a transaction.
import type { z } from "zod";
import type { PaidOrderResponse, TransactionResponse } from "../api/lookup.ts";
import { Refusal } from "../domain/failure.ts";
import { type EventRef, formatEventId, packTicketId, SEAT_KEY_MAX } from "../domain/ticket-id.ts";
import { type Chains, onChain } from "../platform/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { readTickets, type Ticket } from "../ticket/read-tickets.ts";

type Found = z.output<typeof TransactionResponse>;

const ISSUES = 16;
const POLL_MS = 100;

/** The newest issue; those before it are void. */
export async function findBySeat(db: Sql, event: EventRef, seat: number): Promise<Ticket> {
  const { deployment, eventId } = event;
  const known = seat <= SEAT_KEY_MAX;
  const ids = !known
    ? []
    : Array.from({ length: ISSUES }, (_, issue) => packTicketId({ eventId, issue, seat }));
  const newest = (await readTickets(db, deployment, ids)).at(-1);
  if (newest === undefined) {
    const where = `${formatEventId(event)}, seat ${seat}`;
    throw new Refusal("request/not-found", `The mirror has no ticket of ${where}.`);
  }
  return newest;
}

export async function findPaidOrder(
  db: Sql,
  orderId: string,
): Promise<z.output<typeof PaidOrderResponse>> {
  const { rows } = await db.query<{
    deployment: number;
    event_id: number;
    payer: string;
    amount: bigint;
    tx_hash: string;
    mined_at: Date;
    final: boolean;
  }>({
    name: "paid-order",
    text: `SELECT paid.*, paid.block_number <= cursor.final_number AS final
           FROM mirror.order_paid AS paid JOIN mirror.cursor USING (deployment)
           WHERE order_id = $1 ORDER BY deployment, paid.block_number LIMIT 1`,
    values: [orderId],
  });
  const [row] = rows;
  if (row === undefined) {
    throw new Refusal("request/not-found", `The mirror has no paid order ${orderId}.`);
  }
  return {
    eventId: formatEventId({ deployment: row.deployment, eventId: row.event_id }),
    payer: row.payer,
    amount: row.amount.toString(),
    txHash: row.tx_hash,
    at: row.mined_at.toISOString(),
    final: row.final,
    tickets: await ticketsOf(db, row.deployment, row.tx_hash),
  };
}

/**
 * Read your own write: whoever has just sent a transaction waits here until every lookup shows it.
 */
export async function findTransaction(
  deps: { db: Sql; chains: Chains; clock: Clock },
  given: { txHash: string; waitMs: number },
): Promise<Found> {
  const endMs = deps.clock.monotonicMs() + given.waitMs;
  for (;;) {
    const found = await lookForTransaction(deps, given.txHash);
    if (found.state === "mirrored" || deps.clock.monotonicMs() >= endMs) return found;
    await deps.clock.sleep(POLL_MS);
  }
}

async function lookForTransaction(
  { db, chains }: { db: Sql; chains: Chains },
  txHash: string,
): Promise<Found> {
  const tickets: Ticket[] = [];
  let found: Omit<Found, "tickets"> = { state: "unknown", blockNumber: null, final: false };
  for (const { deployment, client } of chains.values()) {
    const params = [txHash as `0x${string}`] as const;
    const receipt = await onChain(() =>
      client.request({ method: "eth_getTransactionReceipt", params: [...params] }),
    );
    if (receipt === null) continue;
    const blockNumber = Number(receipt.blockNumber);
    const { mirrored, final } = await isMirrored(db, deployment.id, blockNumber);
    // Several contracts on one chain: all of their mirrors must be as far.
    const state = mirrored && found.state !== "included" ? "mirrored" : "included";
    found = { state, blockNumber, final: final && state === "mirrored" };
    tickets.push(...(await ticketsOf(db, deployment.id, txHash)));
  }
  return { ...found, tickets };
}

async function isMirrored(db: Sql, deployment: number, blockNumber: number) {
  const { rows } = await db.query<{ mirrored: boolean; final: boolean }>({
    name: "mirror-has-block",
    text: `SELECT block_number >= $2 AS mirrored, final_number >= $2 AS final
           FROM mirror.cursor WHERE deployment = $1`,
    values: [deployment, blockNumber],
  });
  return rows[0] ?? { mirrored: false, final: false };
}

async function ticketsOf(db: Sql, deployment: number, txHash: string): Promise<Ticket[]> {
  const { rows } = await db.query<{ ticket_id: bigint }>({
    name: "tickets-of-transaction",
    text: "SELECT DISTINCT ticket_id FROM mirror.transfer WHERE tx_hash = $1 AND deployment = $2",
    values: [txHash, deployment],
  });
  return readTickets(
    db,
    deployment,
    rows.map(({ ticket_id }) => ticket_id),
  );
}
