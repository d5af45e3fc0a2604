// A house full of sold tickets without a sale: orders, money, claims, mints and their mirror, all agreeing.
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";

const EVENT = 7;
const TICKETS_PER_ORDER = 2;

/** Postgres counts by itself as well, once a minute: now and then in the middle of a test. */
const UNCOUNTED = `DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
      WHERE schemaname IN ('sale', 'mirror')
    LOOP EXECUTE 'ALTER TABLE ' || name || ' SET (autovacuum_enabled = off)'; END LOOP; END $$`;

/** Written by the owner of the database, because no role of ours may write all of it. */
export async function seedBooks(
  databaseUrl: string,
  tickets: number,
  { counted = true }: { counted?: boolean } = {},
): Promise<void> {
  const log = createLog({ name: "seed", level: "fatal" });
  const db = await openDb({ url: databaseUrl, role: "owner", log, connectionsMax: 1 });
  const orders = Math.ceil(tickets / TICKETS_PER_ORDER);
  const order = `'ord_' || lpad(n::text, 26, '0')`;
  const ticketId = `(${EVENT}::bigint << 40) | seat`;
  const seats = `generate_series(1, ${orders}) AS n, generate_series(1, ${TICKETS_PER_ORDER}) AS at,
    LATERAL (SELECT (1::bigint << 24) + n * ${TICKETS_PER_ORDER} + at AS seat) AS place`;
  const hash = `'0x' || repeat('ab', 32)`;
  const wallet = `'0x' || lpad(to_hex(n), 40, '0')`;
  try {
    for (const text of [
      ...(counted ? [] : [UNCOUNTED]),
      `INSERT INTO sale.event (deployment, id, name, artist, venue, time_zone, doors_at, starts_at,
         ends_at, currency, state, hold_ttl_ms, seats_per_hold)
       VALUES (1, ${EVENT}, 'a', 'b', 'c', 'UTC', now() + interval '9 days',
         now() + interval '9 days', now() + interval '10 days', 'EUR', 'published', 600000, 8)`,
      `INSERT INTO mirror.cursor
         (deployment, chain_id, address, block_number, block_hash, final_number, head_number)
       VALUES (1, 31337, '0x' || repeat('0', 40), 100, ${hash}, 90, 100)`,
      `INSERT INTO sale.order (id, deployment, event_id, buyer, state, currency, total, expires_at,
         paid_at) SELECT ${order}, 1, ${EVENT}, ${wallet}, 'fulfilled', 'EUR', 9600, now(), now()
       FROM generate_series(1, ${orders}) AS n`,
      `INSERT INTO sale.order_line (order_id, seat, ticket_id, class, unit_price, label)
       SELECT ${order}, seat, ${ticketId}, 0, 4800, 'seat' FROM ${seats}`,
      `INSERT INTO sale.payment (id, order_id, provider, provider_ref, state, amount, currency)
       SELECT 'pay_' || n, ${order}, 'stripe', 'cs_' || n, 'captured', 9600, 'EUR'
       FROM generate_series(1, ${orders}) AS n`,
      `INSERT INTO sale.ledger_entry (posting, account, currency, amount, order_id)
       SELECT md5(n::text)::uuid, account, 'EUR', amount, ${order}
       FROM generate_series(1, ${orders}) AS n,
         (VALUES ('provider:stripe', 9600), ('event:evt_1_${EVENT}', -9600)) AS b (account, amount)`,
      `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
       SELECT 1, ${EVENT}, seat, ${order}, 'infinity' FROM ${seats}`,
      `INSERT INTO sale.mint_line (deployment, event_id, order_id, ticket_id, owner, class,
         unit_price, state) SELECT 1, ${EVENT}, ${order}, ${ticketId}, ${wallet}, 0, 4800, 'minted'
       FROM ${seats}`,
      `INSERT INTO mirror.ticket (deployment, ticket_id, event_id, owner, class, face, nonce, gifts,
         used, void, funded, card, resold, refunded, mint_tx, mint_block, minted_at, block_number,
         block_hash, log_index)
       SELECT 1, ${ticketId}, ${EVENT}, ${wallet}, 0, 4800, 0, 0, false, false, false, true, false,
         false, ${hash}, 50, now(), 50, ${hash}, 0 FROM ${seats}`,
      `INSERT INTO mirror.event (deployment, event_id, organiser, plan_hash, created_at, doors_at,
         freeze_at, refund_until, policy, max_gifts, resale_cap_bps, royalty_bps, royalty_receiver,
         fee_cap_bps, lock_minutes, cooldown_minutes, currency, box_office, cancelled,
         paused_actions, paused_until, artwork, block_number, block_hash, log_index)
       VALUES (1, ${EVENT}, '0x' || repeat('0', 40), ${hash}, now(), 0, 0, 0, 0, 0, 0, 0,
         '0x' || repeat('0', 40), 0, 0, 0, '0x' || repeat('0', 40), '0x' || repeat('0', 40), false,
         0, 0, '', 1, ${hash}, 0)`,
      ...(counted ? ["ANALYZE"] : []),
    ]) {
      await db.query({ text: `/* of ${tickets} */ ${text}` });
    }
  } finally {
    await db.close();
  }
}
