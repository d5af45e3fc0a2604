// The bare claim transaction: seats, an order and its lines, in one transaction, and nothing around it.
import { Pool } from "pg";
import { randomId } from "#server/platform/random.ts";

export interface BareOrder {
  databaseUrl: string;
  callers: number;
  connections: number;
  limitMs: number;
  /** The first number of this round's seats: each is claimed once. */
  from: number;
  seatsPerOrder: number;
}

export interface BareReport {
  perSecond: number;
  claimed: number;
}

/** No event has it: the claims are like any others, and nobody's. */
const DEPLOYMENT = 99;
const BUYER = `0x${"9".repeat(40)}`;
const CONNECT_TIMEOUT_MS = 5_000;

process.once("message", async (order: BareOrder) => {
  process.send?.(await claim(order));
  process.disconnect();
});

async function claim(order: BareOrder): Promise<BareReport> {
  const pool = new Pool({
    connectionString: order.databaseUrl,
    max: order.connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  const startedMs = performance.now();
  let claimed = 0;
  await Promise.all(
    Array.from({ length: order.callers }, async () => {
      while (performance.now() - startedMs < order.limitMs) {
        const seat = order.from + claimed * order.seatsPerOrder;
        claimed += 1;
        await claimOne(
          pool,
          Array.from({ length: order.seatsPerOrder }, (_, at) => seat + at),
        );
      }
    }),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  await pool.end();
  return { perSecond: claimed / seconds, claimed };
}

async function claimOne(pool: Pool, seats: number[]): Promise<void> {
  const id = randomId("ord");
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query({
      name: "claim",
      text: `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
             SELECT ${DEPLOYMENT}, 1, seat, $2, now() + interval '10 minutes'
             FROM unnest($1::bigint[]) AS seat ORDER BY seat
             ON CONFLICT (deployment, event_id, seat) DO UPDATE
               SET order_id = EXCLUDED.order_id, expires_at = EXCLUDED.expires_at
               WHERE claim.expires_at <= now()
             RETURNING seat`,
      values: [seats, id],
    });
    await client.query({
      name: "order",
      text: `INSERT INTO sale.order
               (id, deployment, event_id, buyer, state, currency, total, expires_at)
             VALUES ($1, ${DEPLOYMENT}, 1, $2, 'claimed', 'EUR', 9000, now() + interval '10 minutes')`,
      values: [id, BUYER],
    });
    await client.query({
      name: "lines",
      text: `INSERT INTO sale.order_line (order_id, seat, ticket_id, class, unit_price, label)
             SELECT $1, seat, seat, 0, 4500, 'Row 1, seat ' || seat
             FROM unnest($2::bigint[]) AS seat`,
      values: [id, seats],
    });
    await client.query("COMMIT");
  } finally {
    client.release();
  }
}
