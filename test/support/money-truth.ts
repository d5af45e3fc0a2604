// Holds what we wrote of an order's money against what its provider has: no money without a seat, and back.
import { expect } from "chai";
import type { Order, Rig } from "./payment-rig.ts";

interface Facts {
  state: string;
  total: bigint;
  lapsed: boolean;
  /** A wallet may still buy the seats, so nobody else gets them. */
  vouched: boolean;
  lines: bigint;
  live: bigint;
  captured: bigint;
  sold: bigint;
  owed: bigint;
  owing: bigint;
  balance: bigint;
}

/** Answers whether the order is paid. */
export async function expectTruth(
  rig: Pick<Rig, "house" | "kept" | "authorised">,
  { id }: Pick<Order, "id">,
): Promise<boolean> {
  const { rows } = await rig.house.db.query<Facts>({
    text: `SELECT o.state, o.total, o.expires_at <= now() AS lapsed,
             EXISTS (SELECT 1 FROM sale.payment WHERE order_id = o.id AND state = 'authorised'
                       AND provider = 'voucher') AS vouched,
             (SELECT count(*) FROM sale.order_line WHERE order_id = o.id) AS lines,
             (SELECT count(*) FROM sale.payment WHERE order_id = o.id
                AND state IN ('started', 'authorised')) AS live,
             (SELECT count(*) FROM sale.payment WHERE order_id = o.id
                AND state = 'captured') AS captured,
             (SELECT count(*) FROM sale.claim WHERE order_id = o.id
                AND expires_at = 'infinity') AS sold,
             (SELECT count(*) FROM sale.mint_line WHERE order_id = o.id) AS owed,
             (SELECT coalesce(sum(amount), 0) FROM sale.ledger_entry WHERE order_id = o.id
                AND account NOT LIKE 'event:%') AS owing,
             (SELECT coalesce(sum(amount), 0) FROM sale.ledger_entry
                WHERE order_id = o.id) AS balance
           FROM sale.order o WHERE o.id = $1`,
    values: [id],
  });
  const facts = rows[0] as Facts;
  const isPaid = facts.captured === 1n;
  const told = { state: facts.state, kept: rig.kept(id), sold: facts.sold, owed: facts.owed };
  const kept = facts.vouched ? facts.lines : 0n;
  expect(told, id).to.deep.equal(
    isPaid
      ? { state: "paid", kept: facts.total, sold: facts.lines, owed: facts.lines }
      : { state: facts.lapsed ? "expired" : "claimed", kept: 0n, sold: kept, owed: 0n },
  );
  expect(facts.owing, "the ledger has what the provider has").to.equal(rig.kept(id));
  expect(facts.balance, "I10: the ledger sums to zero").to.equal(0n);
  if (isPaid || facts.lapsed) {
    expect(rig.authorised(id), "nothing is left to take").to.equal(0n);
    expect(facts.live, "nothing is under way").to.equal(0n);
  }
  return isPaid;
}
