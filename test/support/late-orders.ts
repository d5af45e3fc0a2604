// Orders whose time ended while they were being paid, and whose seats somebody else has by now.
import type { AreaPlaces } from "#server/hold/places.ts";
import { beginPayment, providerPayment } from "#server/pay/begin-payment.ts";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { captureSafely } from "#server/pay/take-payment.ts";
import { randomUuid } from "#server/platform/random.ts";
import { holdDeps, leaseAnyway } from "./buy.ts";
import { takeAllBut } from "./full-house.ts";
import type { House } from "./house.ts";
import { createOrder } from "./pay-work.ts";

export interface LateOrder {
  id: string;
  owner: `0x${string}`;
  /** Ends as the payment of the late money does. */
  pay(): Promise<"captured" | "lost" | "ended">;
}

export interface Line {
  seat: number;
  label: string;
  ticket_id: bigint;
  moved_from: string | null;
  moved_from_seat: number | null;
}

export function lateOrders(house: House) {
  let fans = 0;
  const nextFan = (): `0x${string}` => {
    fans += 1;
    return `0x${(0xfa0000 + fans).toString(16).padStart(40, "0")}`;
  };

  async function order(
    seats: number[],
    owner = nextFan(),
    areas: AreaPlaces[] = [],
  ): Promise<string> {
    const holdId = await leaseAnyway(house, { owner, seats, areas });
    const wish = { owner, key: randomUuid(), event: house.event, holdId };
    return createOrder(holdDeps(house), wish);
  }

  async function lapse(orderId: string): Promise<void> {
    for (const text of [
      "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
      "UPDATE sale.claim SET expires_at = now() - interval '1 s' WHERE order_id = $1",
    ]) {
      await house.db.query({ text, values: [orderId] });
    }
  }

  /** Being paid, and not heard of before its time was over. */
  async function late(orderId: string, owner: `0x${string}`): Promise<LateOrder> {
    const begun = { orderId, buyer: owner, provider: house.provider.name };
    const payment = await beginPayment(house.db, begun);
    await lapse(orderId);
    const provider: PaymentProvider = { ...house.provider };
    const ref = { ...providerPayment(payment), orderId, providerRef: `dev_${payment.id}` };
    return { id: orderId, owner, pay: () => captureSafely({ ...house, provider }, ref) };
  }

  return {
    forget: () => forget(house),
    order,
    lapse,
    nextFan,
    late: async (seats: number[]) => {
      const owner = nextFan();
      return late(await order(seats, owner), owner);
    },
    lateOf: late,
    takeAllBut: (free: number[]) => takeAllBut(house, free),
    linesOf: (lateOrder: { id: string }) => linesOf(house, lateOrder),
    holdersOf: (seats: number[]) => holdersOf(house, seats),
  };
}

/** As before the first sale. */
async function forget(house: House): Promise<void> {
  for (const text of [
    "DELETE FROM sale.mint_line",
    "DELETE FROM sale.claim",
    "DELETE FROM sale.class_release",
    "DELETE FROM sale.area",
    "UPDATE sale.event SET state = 'published', starts_at = doors_at + interval '1 hour'",
    "UPDATE sale.order SET state = 'expired'",
    "UPDATE sale.payment SET state = 'voided'",
  ]) {
    await house.db.query({ text });
  }
  await house.redis.flushdb();
}

async function linesOf({ db }: House, { id }: { id: string }): Promise<Line[]> {
  const { rows } = await db.query<
    Pick<Line, "label" | "ticket_id" | "moved_from"> & {
      seat: bigint;
      moved_from_seat: bigint | null;
    }
  >({
    text: `SELECT seat, label, ticket_id, moved_from, moved_from_seat
           FROM sale.order_line WHERE order_id = $1 ORDER BY seat`,
    values: [id],
  });
  return rows.map(({ seat, moved_from_seat: from, ...row }) => ({
    ...{ ...row, seat: Number(seat), moved_from_seat: from === null ? null : Number(from) },
  }));
}

/** Who has each of these seats for good. */
async function holdersOf({ db }: House, seats: number[]): Promise<{ seat: number; id: string }[]> {
  const { rows } = await db.query<{ seat: bigint; order_id: string }>({
    text: `SELECT seat, order_id FROM sale.claim
           WHERE seat = ANY ($1) AND expires_at = 'infinity' ORDER BY seat`,
    values: [seats],
  });
  return rows.map(({ seat, order_id: id }) => ({ seat: Number(seat), id }));
}
