// Gives seats free whose voucher nobody can use any more, which a final block alone can say.
import { returnBookings, VOUCHER_PROVIDER } from "../../domain/money.ts";
import { moveOrder, type OrderState } from "../../domain/order.ts";
import { formatEventId } from "../../domain/ticket-id.ts";
import { type Chain, type Chains, onChain } from "../../platform/chain.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { RedisClient } from "../../platform/redis.ts";
import { announceOrders } from "../../queue/announce-orders.ts";
import { tellWallets } from "../../queue/tell-wallets.ts";
import { book } from "../book.ts";
import { showReleased } from "./show-seats.ts";

const VOUCHERS_PER_ROUND = 200;

interface EndDeps {
  db: Db;
  redis: RedisClient;
  chains: Chains;
  log: Log;
}

/** A block that no reorg reaches and whose logs are mirrored. */
interface FinalBlock {
  number: bigint;
  timestamp: bigint;
}

/** Answers how many ended. The server's clock is not asked: the contract does not know it. */
export async function endVouchers(deps: EndDeps): Promise<number> {
  const { db, chains, log } = deps;
  const { rows } = await db.query<{ deployment: number }>({
    text: `SELECT DISTINCT v.deployment FROM sale.voucher v
           JOIN sale.payment p ON p.id = v.payment_id WHERE ${MAY_END}`,
  });
  let ended = 0;
  for (const { deployment } of rows) {
    const chain = chains.get(deployment);
    if (chain === undefined) {
      log.error({ deployment }, "vouchers wait for a deployment that is not configured");
      continue;
    }
    const final = await readFinal(db, chain);
    if (final !== undefined) ended += await endOf(deps, { deployment, final });
  }
  return ended;
}

/**
 * Not bought; or posted and then taken away by a reorg, which settle-lines.ts has seen. What is
 * being paid back is a person's to see through.
 */
const MAY_END = `p.provider = 'voucher' AND (p.state = 'authorised' OR p.state = 'captured'
    AND EXISTS (SELECT 1 FROM sale.mint_line line
                WHERE line.order_id = v.order_id AND line.state = 'sent')
    AND NOT EXISTS (SELECT 1 FROM sale.refund WHERE refund.order_id = v.order_id))`;

/** The mirror may be behind what is final, and only what it has seen can be missing from it. */
async function readFinal(sql: Sql, { client, deployment }: Chain): Promise<FinalBlock | undefined> {
  const { rows } = await sql.query<{ number: bigint }>({
    text: `SELECT least(final_number, block_number) AS number FROM mirror.cursor
           WHERE deployment = $1`,
    values: [deployment.id],
  });
  const number = rows[0]?.number;
  if (number === undefined) return undefined;
  const { timestamp } = await onChain(() => client.getBlock({ blockNumber: number }));
  return { number, timestamp };
}

async function endOf(
  deps: EndDeps,
  { deployment, final }: { deployment: number; final: FinalBlock },
): Promise<number> {
  const { rows } = await deps.db.query<{ order_id: string }>({
    text: `SELECT v.order_id FROM sale.voucher v JOIN sale.payment p ON p.id = v.payment_id
           WHERE v.deployment = $1 AND v.deadline < $2 AND ${MAY_END}
           ORDER BY v.deadline LIMIT $3`,
    values: [deployment, final.timestamp, VOUCHERS_PER_ROUND],
  });
  let ended = 0;
  for (const { order_id: orderId } of rows) {
    if (!(await deps.db.transaction((sql) => end(sql, { orderId, deployment, final })))) continue;
    ended += 1;
    await showReleased(deps, orderId);
  }
  return ended;
}

interface Ending {
  id: string;
  state: "authorised" | "captured";
  amount: bigint;
  currency: string;
  event_id: number;
  order_state: OrderState;
}

/** False where it was bought after all: then the mirror had it all the time, or has it again. */
async function end(
  sql: Sql,
  of: { orderId: string; deployment: number; final: FinalBlock },
): Promise<boolean> {
  const { orderId, deployment, final } = of;
  await sql.query({ text: "SELECT 1 FROM sale.order WHERE id = $1 FOR UPDATE", values: [orderId] });
  const { rows } = await sql.query<Ending>({
    text: `SELECT p.id, p.state, p.amount, p.currency, o.event_id, o.state AS order_state
           FROM sale.voucher v JOIN sale.payment p ON p.id = v.payment_id
           JOIN sale.order o ON o.id = v.order_id
           JOIN mirror.cursor ON cursor.deployment = v.deployment
           WHERE v.order_id = $1 AND v.deadline < $2 AND ${MAY_END}
             AND o.state IN ('claimed', 'paid')
             AND least(cursor.final_number, cursor.block_number) >= $3
             AND NOT EXISTS (SELECT 1 FROM mirror.order_paid paid
                             WHERE paid.deployment = v.deployment
                               AND paid.order_id = v.order_key)`,
    values: [orderId, final.timestamp, final.number],
  });
  const [ending] = rows;
  if (ending === undefined) return false;
  if (ending.state === "captured") await takeOffBooks(sql, { orderId, deployment, ending });
  await sql.query({
    text: "UPDATE sale.payment SET state = 'voided', updated_at = now() WHERE id = $1",
    values: [ending.id],
  });
  await sql.query({
    text: "UPDATE sale.order SET state = $2 WHERE id = $1",
    values: [orderId, moveOrder(ending.order_state, "expired")],
  });
  await sql.query({
    text: "UPDATE sale.claim SET expires_at = now() WHERE order_id = $1",
    values: [orderId],
  });
  await announceOrders(sql, { type: "order.expired", orderIds: [orderId] });
  await tellWallets(sql, { kind: "order-expired", orderIds: [orderId] });
  return true;
}

/** Its posting stays and gets a counterpart; its tickets were never minted. */
async function takeOffBooks(
  sql: Sql,
  of: { orderId: string; deployment: number; ending: Ending },
): Promise<void> {
  const { orderId, deployment, ending } = of;
  const { amount, currency, event_id } = ending;
  const eventId = formatEventId({ deployment, eventId: event_id });
  const bookings = returnBookings({
    ...{ provider: VOUCHER_PROVIDER, eventId, amount, outcome: "never happened" },
  });
  await book(sql, { orderId, currency, bookings: bookings.filter((one) => one.amount !== 0n) });
  await sql.query({ text: "DELETE FROM sale.mint_line WHERE order_id = $1", values: [orderId] });
}
