// Orders of fans who pay by their own wallet, in one house, and what became of each.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { decodeRefused } from "#server/platform/tx/refused.ts";
import { revertData } from "#server/platform/tx/revert-data.ts";
import { order as makeOrder, stalls } from "./buy.ts";
import { askVoucher, type CoinHouse, giveCoin, send, settle } from "./wallet-buyer.ts";

const SEATS_PER_ROW = 12;

export interface CoinOrder {
  id: string;
  total: bigint;
  fan: Client;
  seats: number[];
}

/** Each order has two seats that no other of the house has. */
export function voucherOrders(house: CoinHouse) {
  let pairs = 0;

  function nextSeats(): number[] {
    const at = 2 * pairs;
    pairs += 1;
    const seat = 1 + (at % SEATS_PER_ROW);
    return stalls(1 + Math.floor(at / SEATS_PER_ROW), seat, seat + 1);
  }

  async function newOrder(seats = nextSeats()): Promise<CoinOrder> {
    const fan = await house.fan();
    await giveCoin(house, fan.account);
    const { id, total } = await makeOrder(house, fan, seats);
    await house.keepUp(id);
    return { id, total: BigInt(total), fan, seats };
  }

  async function voucherOf({ fan, id }: CoinOrder) {
    const { voucher } = await askVoucher(fan, id);
    if (voucher === null) throw new Error("there is no voucher");
    return voucher;
  }

  async function bought(order: CoinOrder) {
    const voucher = await voucherOf(order);
    const hash = await send(house, order.fan.account, voucher.transaction);
    await settle(house);
    return { hash, voucher, tickets: (await read(order)).lines.map(({ ticketId }) => ticketId) };
  }

  const read = ({ id, fan }: { id: string; fan: Client }) =>
    fan.call("getOrder", { params: { orderId: id } });

  async function escrowBooks({ id }: CoinOrder): Promise<bigint[]> {
    const { rows } = await house.db.query<{ amount: bigint }>({
      text: `SELECT amount FROM sale.ledger_entry
             WHERE order_id = $1 AND account = 'escrow:' || $2 ORDER BY id`,
      values: [id, house.eventId],
    });
    return rows.map(({ amount }) => amount);
  }

  const rowsOf = async (order: CoinOrder) =>
    (
      await house.db.query({
        text: "SELECT state FROM sale.payment WHERE order_id = $1",
        values: [order.id],
      })
    ).rowCount;

  /** What nothing explains; what other orders of this house left open is theirs. */
  async function differencesOf(order: CoinOrder): Promise<string[]> {
    const { differences } = await findDifferences(house.db);
    return differences
      .filter(
        ({ explained, subject, detail }) => !explained && `${subject}${detail}`.includes(order.id),
      )
      .map(({ rule }) => rule);
  }

  return { newOrder, voucherOf, bought, read, escrowBooks, rowsOf, differencesOf };
}

export type VoucherOrders = ReturnType<typeof voucherOrders>;

/** By the contract, with that error. */
export async function expectRefused(sending: Promise<unknown>, name: string): Promise<void> {
  const error = await sending.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(decodeRefused(revertData(error) ?? undefined).refusal).to.equal(name);
}
