// Writes postings of the ledger: append-only, and each summing to zero, which the database checks (I10).
import type { Booking } from "../domain/money.ts";
import type { Sql } from "../platform/db/client.ts";
import { randomUuid } from "../platform/random.ts";

export interface Posting {
  orderId: string;
  currency: string;
  bookings: readonly Booking[];
}

export async function book(sql: Sql, posting: Posting): Promise<void> {
  await bookEach(sql, [posting]);
}

export async function bookEach(sql: Sql, postings: readonly Posting[]): Promise<void> {
  const rows = postings.flatMap(({ bookings, ...posting }) => {
    const id = randomUuid();
    return bookings.map((booking) => ({ id, ...posting, ...booking }));
  });
  await sql.query({
    name: "book",
    text: `INSERT INTO sale.ledger_entry (posting, account, currency, amount, order_id)
           SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::numeric[], $5::text[])`,
    values: [
      rows.map(({ id }) => id),
      rows.map(({ account }) => account),
      rows.map(({ currency }) => currency),
      rows.map(({ amount }) => amount),
      rows.map(({ orderId }) => orderId),
    ],
  });
}
