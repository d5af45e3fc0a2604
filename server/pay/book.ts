// Writes one posting of the ledger: append-only, and summing to zero, which the database checks (I10).
import type { Booking } from "../domain/money.ts";
import type { Sql } from "../platform/db/client.ts";
import { randomUuid } from "../platform/random.ts";

export async function book(
  sql: Sql,
  posting: { orderId: string; currency: string; bookings: readonly Booking[] },
): Promise<void> {
  const { orderId, currency, bookings } = posting;
  await sql.query({
    text: `INSERT INTO sale.ledger_entry (posting, account, currency, amount, order_id)
           SELECT $1, account, $2, amount, $3
           FROM unnest($4::text[], $5::numeric[]) AS booking (account, amount)`,
    values: [
      ...[randomUuid(), currency, orderId],
      bookings.map(({ account }) => account),
      bookings.map(({ amount }) => amount),
    ],
  });
}
