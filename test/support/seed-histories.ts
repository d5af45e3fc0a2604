// What goes with the tickets of seed-books after years of use: moves, sales, scans, payouts, and old requests.
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";

/** Counts every table's rows at the end, as autovacuum would have. */
export async function seedHistories(databaseUrl: string): Promise<void> {
  const log = createLog({ name: "seed", level: "fatal" });
  const db = await openDb({ url: databaseUrl, role: "owner", log, connectionsMax: 1 });
  const hash = (of: string) => `'0x' || md5(${of}) || md5('tail' || ${of})`;
  const place = `row_number() OVER (ORDER BY ticket_id) AS n`;
  const nobody = `'0x' || repeat('0', 40)`;
  const block = `n / 100 + 1, ${hash("(n / 100)::text")}, n % 100`;
  const tickets = `(SELECT *, ${place} FROM mirror.ticket) AS t`;
  try {
    for (const text of [
      `INSERT INTO mirror.transfer (deployment, ticket_id, sender, recipient, tx_hash, mined_at,
         block_number, block_hash, log_index)
       SELECT 1, ticket_id, ${nobody}, owner, ${hash("n::text")}, now(), ${block} FROM ${tickets}`,
      `INSERT INTO mirror.sale (deployment, ticket_id, event_id, seller, buyer, price, royalty, fee,
         tx_hash, mined_at, block_number, block_hash, log_index)
       SELECT 1, ticket_id, n % 400, owner, owner, 1, 0, 0, ${hash("n::text")}, now(), ${block}
       FROM ${tickets}`,
      ...["check_in", "ticket_void"].map(
        (name) => `INSERT INTO mirror.${name} (deployment, ticket_id, event_id, tx_hash, mined_at,
           block_number, block_hash, log_index)
         SELECT 1, ticket_id, event_id, ${hash("n::text")}, now(), ${block} FROM ${tickets}`,
      ),
      `INSERT INTO mirror.escrow_entry (deployment, event_id, kind, account, ticket_id, amount,
         tx_hash, mined_at, block_number, block_hash, log_index)
       SELECT 1, n % 400, 'refunded', owner, ticket_id, 1, ${hash("n::text")}, now(), ${block}
       FROM ${tickets}`,
      `INSERT INTO mirror.order_paid (deployment, order_id, event_id, payer, amount, tx_hash,
         mined_at, block_number, block_hash, log_index)
       SELECT 1, ${hash("n::text")}, 7, owner, 1, ${hash("n::text")}, now(), ${block}
       FROM ${tickets}`,
      `INSERT INTO mirror.royalty (deployment, position, event_id, payee, currency, amount, tx_hash,
         mined_at, block_number, block_hash, log_index)
       SELECT 1, 0, n % 400, owner, ${nobody}, 1, ${hash("n::text")}, now(), ${block}
       FROM ${tickets}`,
      `INSERT INTO mirror.pot (deployment, event_id, currency, collected, distributed, block_number,
         block_hash, log_index) VALUES (1, 7, ${nobody}, 10, 5, 1, ${hash("'a'")}, 0)`,
      `INSERT INTO mirror.split_share (deployment, event_id, position, payee, share_bps, version,
         block_number, block_hash, log_index)
       VALUES (1, 7, 0, ${nobody}, 10000, 1, 1, ${hash("'a'")}, 0)`,
      `INSERT INTO sale.idempotency_key (owner, key, route, body_hash, created_at)
       SELECT '0x' || lpad(to_hex(n), 40, '0'), 'key-' || n % 9, 'a', '', now() - n * interval '1 s'
       FROM generate_series(1, 20000) AS n`,
      `INSERT INTO sale.notice (wallet, fact, kind, deployment, event_id, created_at)
       SELECT '0x' || lpad(to_hex(n % 100), 40, '0'), 'f' || n, 'order-expired', 1, 7,
         now() - n * interval '1 s' FROM generate_series(1, 20000) AS n`,
      `INSERT INTO sale.session (id, token_hash, address, method, user_agent, expires_at, last_seen_at)
       SELECT md5(n::text)::uuid, md5(n::text), '0x' || lpad(to_hex(n), 40, '0'), 'wallet', '',
         now() + n * interval '1 s', now() FROM generate_series(1, 20000) AS n`,
      `UPDATE sale.mint_line SET updated_at = now() - id * interval '2 minutes',
         state = CASE WHEN id % 200 = 0 THEN 'queued' ELSE state END`,
      "ANALYZE",
    ]) {
      await db.query({ text });
    }
  } finally {
    await db.close();
  }
}
