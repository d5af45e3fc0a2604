// What is under way in a house of seed-books, few beside all that is done: payments, refunds, mints and messages.
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";

/** Nothing of it is due: whoever asks for work finds none. Before seedHistories, which counts. */
export async function seedErrands(databaseUrl: string): Promise<void> {
  const log = createLog({ name: "seed", level: "fatal" });
  const db = await openDb({ url: databaseUrl, role: "owner", log, connectionsMax: 1 });
  const orders = `(SELECT *, row_number() OVER (ORDER BY id) AS n FROM sale.order) AS o`;
  const hash = (of: string) => `'0x' || md5(${of}) || md5('bid' || ${of})`;
  try {
    for (const text of [
      `UPDATE sale.payment SET state = 'authorised', updated_at = now() + interval '1 day'
       WHERE substr(id, 5)::int % 200 = 0`,
      `INSERT INTO sale.chain_tx (deployment, chain_id, signer, nonce, intent, raw, hash, state)
       SELECT 1, 31337, '0x' || repeat('5', 40), n, 'mint', '0x', ${hash("n::text")},
         CASE WHEN n % 3000 = 0 THEN 'sent' ELSE 'included' END FROM generate_series(1, 30000) AS n`,
      `INSERT INTO sale.tx_bid (hash, tx_id, raw) SELECT hash, id, raw FROM sale.chain_tx`,
      `INSERT INTO sale.refund (id, deployment, event_id, order_id, payment_id, cause, reason,
         asked_by, state, amount, currency, paid_at, due_at)
       SELECT 'ref_' || n, 1, event_id, o.id, payment.id, 'asked', 'a', 'b',
         CASE n % 1600 WHEN 0 THEN 'paying' WHEN 1 THEN 'voiding' ELSE 'done' END, 9600, 'EUR',
         CASE WHEN n % 1600 > 1 THEN now() END, now() + interval '1 day'
       FROM ${orders} JOIN sale.payment ON payment.order_id = o.id`,
      `INSERT INTO sale.refund_line (order_id, seat, refund_id, deployment, event_id, ticket_id,
         amount, state, pays, shown)
       SELECT line.order_id, seat, refund.id, 1, event_id, ticket_id, 4800,
         CASE refund.state WHEN 'paying' THEN 'voided' WHEN 'voiding' THEN 'sent' ELSE 'freed' END,
         'payer', true
       FROM sale.refund JOIN sale.order_line line USING (order_id)`,
      `INSERT INTO sale.webhook_endpoint (id, deployment, event_id, url, types, secret, created_by)
       SELECT 'end_' || n, 1, 7, 'https://a.example', '{}', 's', 'c'
       FROM generate_series(1, 3) AS n`,
      `INSERT INTO sale.webhook_message (id, deployment, event_id, order_id, type, body)
       SELECT 'msg_' || n, 1, 7, o.id, 'order.paid', '{}' FROM ${orders}`,
      `INSERT INTO sale.webhook_delivery (endpoint_id, message_id, seq, order_id, state, due_at)
       SELECT 'end_' || n, message.id, seq, order_id,
         CASE WHEN seq % 200 = 0 THEN 'waiting' ELSE 'delivered' END, now() + interval '1 day'
       FROM sale.webhook_message AS message, generate_series(1, 3) AS n`,
    ]) {
      await db.query({ text });
    }
  } finally {
    await db.close();
  }
}
