// The allowed moves of an order, and the bookings of a capture.
import { expect } from "chai";
import { Refusal } from "#server/domain/failure.ts";
import { captureBookings, returnBookings } from "#server/domain/money.ts";
import { moveOrder, ORDER_STATES } from "#server/domain/order.ts";

describe("order", () => {
  const allowed = new Set([
    "claimed paid",
    "claimed expired",
    "paid fulfilled",
    "paid attention",
    "paid expired",
    "attention fulfilled",
    "fulfilled attention",
    "paid refunded",
    "attention refunded",
    "fulfilled refunded",
    "refunded attention",
  ]);

  for (const from of ORDER_STATES) {
    for (const to of ORDER_STATES) {
      const move = `${from} ${to}`;
      it(`${allowed.has(move) ? "lets" : "does not let"} ${from} become ${to}`, () => {
        if (allowed.has(move)) expect(moveOrder(from, to)).to.equal(to);
        else expect(() => moveOrder(from, to)).to.throw(Refusal, "cannot become");
      });
    }
  }
});

describe("returnBookings", () => {
  const returned = { provider: "stripe", eventId: "evt_1_1", amount: 4_800n } as const;

  for (const outcome of ["refunded", "lost"] as const) {
    it(`takes what was ${outcome} off the provider's account`, () => {
      expect(returnBookings({ ...returned, outcome })).to.deep.equal([
        { account: "provider:stripe", amount: -4_800n },
        { account: "event:evt_1_1", amount: 4_800n },
      ]);
    });
  }

  it("takes what a reorg took away off the escrow's account", () => {
    const gone = { ...returned, provider: "voucher", outcome: "never happened" } as const;
    expect(returnBookings(gone)).to.deep.equal([
      { account: "escrow:evt_1_1", amount: -4_800n },
      { account: "event:evt_1_1", amount: 4_800n },
    ]);
  });

  for (const outcome of ["refund failed", "won back"] as const) {
    it(`puts it back on it when it is: ${outcome}`, () => {
      expect(returnBookings({ ...returned, outcome })).to.deep.equal([
        { account: "provider:stripe", amount: 4_800n },
        { account: "event:evt_1_1", amount: -4_800n },
      ]);
    });
  }
});

describe("captureBookings", () => {
  const order = { provider: "development", eventId: "evt_1_1" };

  it("sums to zero", () => {
    const bookings = captureBookings({ ...order, total: 9_600n });
    expect(bookings).to.deep.equal([
      { account: "provider:development", amount: 9_600n },
      { account: "event:evt_1_1", amount: -9_600n },
    ]);
  });

  it("books what was paid on chain as the escrow's", () => {
    expect(captureBookings({ ...order, provider: "voucher", total: 1n })).to.deep.equal([
      { account: "escrow:evt_1_1", amount: 1n },
      { account: "event:evt_1_1", amount: -1n },
    ]);
  });

  it("books nothing for nothing", () => {
    expect(captureBookings({ ...order, total: 0n })).to.deep.equal([]);
  });
});
