// Every payment provider passes the same tests with the same faults: no money without a seat, and back.
import { expect } from "chai";
import type { ProviderMoney } from "#server/pay/provider.ts";
import { findProviderDifferences } from "#server/pay/reconcile/find-differences.ts";
import { lookAtProvider } from "#server/pay/reconcile/look-at-provider.ts";
import { order as makeOrder, stalls } from "../../support/buy.ts";
import { inFullHouse } from "../../support/full-house.ts";
import { expectTruth } from "../../support/money-truth.ts";
import {
  type Order,
  openDevelopmentRig,
  openStripeRig,
  type Rig,
} from "../../support/payment-rig.ts";
import { openVoucherRig } from "../../support/voucher-rig.ts";

const PROVIDERS = {
  development: openDevelopmentRig,
  stripe: openStripeRig,
  voucher: openVoucherRig,
};
/** Faults that a provider cannot have, and why; their tests are not its own. */
const IMPOSSIBLE: Record<
  string,
  Partial<Record<"order" | "seat goes" | "void" | "list", string>>
> = {
  voucher: {
    order: "blocks have one order, and the mirror takes them in it",
    "seat goes": "the seats are kept for as long as anybody could still buy them",
    void: "nothing is authorised that would have to be cancelled: a voucher ends by itself",
    list: "the mirror is the list, and the rules of the chain hold it against the books",
  },
};
const SUITE_LIMIT_MS = 30_000;
const SEATS_PER_ROW = 14;

for (const [name, open] of Object.entries(PROVIDERS)) {
  describe(`payments: ${name}`, function () {
    this.timeout(SUITE_LIMIT_MS);
    let rig: Rig;
    let seats = 0;
    const orders: Order[] = [];
    before(async () => {
      rig = await open();
    });
    after(() => rig.close());

    function nextSeat(): number[] {
      seats += 1;
      return stalls(1 + Math.floor(seats / SEATS_PER_ROW), 1 + (seats % SEATS_PER_ROW));
    }

    async function newOrder(seat = nextSeat()): Promise<Order> {
      const fan = await rig.house.fan();
      const { id } = await makeOrder(rig.house, fan, seat);
      const order = { id, buyer: fan.account.address.toLowerCase() as `0x${string}` };
      orders.push(order);
      return order;
    }

    async function labelsOf({ id }: Order) {
      const { rows } = await rig.house.db.query<{ label: string; moved_from: string | null }>({
        text: "SELECT label, moved_from FROM sale.order_line WHERE order_id = $1",
        values: [id],
      });
      return rows[0];
    }

    async function lapse({ id }: Order): Promise<void> {
      for (const text of [
        "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
        // Seats that a payment waits for stay, however much time goes by.
        `UPDATE sale.claim SET expires_at = now() - interval '1 s'
         WHERE order_id = $1 AND expires_at <> 'infinity'`,
      ]) {
        await rig.house.db.query({ text, values: [id] });
      }
      await rig.house.redis.flushdb();
    }

    /** However it goes on: at last it is one or the other, and stays so. */
    async function expectPaid(order: Order, wanted: boolean): Promise<void> {
      await rig.sweep();
      await rig.sweep();
      const isPaid = await expectTruth(rig, order);
      expect(isPaid, "paid").to.equal(wanted);
      await rig.sweep();
      await expectTruth(rig, order);
    }

    it("takes what the order costs, once", async () => {
      const order = await newOrder();
      await rig.pay(order);
      await expectTruth(rig, order);
      await expectPaid(order, true);
    });

    it("takes nothing by a card that is declined, and lets the fan try another", async () => {
      const order = await newOrder();
      await rig.pay(order, { card: "declines" });
      expect(await expectTruth(rig, order)).to.equal(false);
      await rig.pay(order);
      await expectPaid(order, true);
    });

    it("takes it once, however often it is told", async () => {
      const order = await newOrder();
      await rig.pay(order, { told: "thrice" });
      await expectPaid(order, true);
    });

    it("takes it once for two tabs and a double click", async () => {
      const order = await newOrder();
      const answers = await Promise.all([1, 2, 3, 4].map(() => rig.press(order)));
      expect(new Set(answers.map(({ id }) => id)).size).to.equal(1);
      await rig.pay(order);
      await expectPaid(order, true);
    });

    const cannot = IMPOSSIBLE[name] ?? {};
    if (cannot.order === undefined) {
      it("takes it when it is told out of order", async () => {
        const order = await newOrder();
        await rig.pay(order, { told: "reversed" });
        await expectPaid(order, true);
      });
    }

    it("takes it when nobody tells", async () => {
      const order = await newOrder();
      if (name === "development") rig.fail("capture", "after");
      await rig.pay(order, { told: "never" });
      expect(rig.kept(order.id) === 0n).to.equal(name === "stripe");
      await expectPaid(order, true);
    });

    it("takes it after the claim has ended when the seat is free", async () => {
      const order = await newOrder();
      await rig.pay(order, { meanwhile: () => lapse(order) });
      await expectPaid(order, true);
    });

    if (cannot["seat goes"] === undefined) {
      it("gives an equal seat after the claim has ended when the seat is another's", async () => {
        const seat = nextSeat();
        const order = await newOrder(seat);
        const before = await labelsOf(order);
        const meanwhile = async () => {
          await lapse(order);
          await newOrder(seat).catch(() => undefined);
        };
        const pay = () => rig.pay(order, { meanwhile });
        await inFullHouse(rig.house, pay, stalls(3, SEATS_PER_ROW));
        await expectPaid(order, true);
        const after = await labelsOf(order);
        expect(after?.moved_from).to.equal(before?.label);
        expect(after?.label).not.to.equal(before?.label);
      });

      it("gives it back after the claim has ended when the seat is another's", async () => {
        const seat = nextSeat();
        const order = await newOrder(seat);
        const other: { order?: Order } = {};
        const meanwhile = async () => {
          await lapse(order);
          other.order ??= await newOrder(seat);
        };
        await inFullHouse(rig.house, async () => {
          await rig.pay(order, { meanwhile });
          await expectPaid(order, false);
        });
        expect(other.order).not.to.equal(undefined);
        await rig.pay(other.order as Order);
        await expectPaid(other.order as Order, true);
      });
    }

    it("takes nothing when only a part can be taken", async () => {
      const order = await newOrder();
      await rig.pay(order, { card: "partial" });
      await rig.sweep();
      expect(await expectTruth(rig, order)).to.equal(false);
      await rig.pay(order);
      await expectPaid(order, true);
    });

    it("ends with nothing taken when the fan goes away", async () => {
      const order = await newOrder();
      await rig.pay(order, { card: "declines" });
      await lapse(order);
      await expectPaid(order, false);
    });

    for (const step of ["authorise", "capture"] as const) {
      for (const when of ["before", "after"] as const) {
        it(`ends whole when the ${step} fails ${when} it is done`, async () => {
          const order = await newOrder();
          rig.fail(step, when);
          await rig.pay(order);
          await rig.sweep();
          await expectTruth(rig, order);
          await rig.pay(order);
          await expectPaid(order, true);
        });

        if (cannot["seat goes"] !== undefined) continue;
        it(`gives it back when the seat goes while the ${step} fails ${when} it is done`, async () => {
          const seat = nextSeat();
          const order = await newOrder(seat);
          rig.fail(step, when);
          await rig.pay(order);
          await lapse(order);
          const isSafe = await newOrder(seat).then(
            () => false,
            () => true,
          );
          await inFullHouse(rig.house, () => expectPaid(order, isSafe));
        });
      }
    }

    for (const when of ["before", "after"] as const) {
      if (cannot.void !== undefined) continue;
      it(`gives it back when giving back fails ${when} it is done`, async () => {
        const seat = nextSeat();
        const order = await newOrder(seat);
        rig.fail("void", when, 2);
        await inFullHouse(rig.house, async () => {
          await rig.pay(order, {
            meanwhile: async () => {
              await lapse(order);
              await newOrder(seat);
            },
          });
          await expectPaid(order, false);
        });
      });
    }

    if (cannot.list !== undefined) return;
    it("lists of every order of this suite what it holds, whatever went wrong", async () => {
      const look = await lookAtProvider({ ...rig.house, provider: rig.provider }, 1);
      const { rows } = await rig.house.db.query<{ id: string; order_id: string }>({
        text: "SELECT id, order_id FROM sale.payment",
      });
      expect(look.money.filter(({ isForeign, isOurMode }) => isForeign || !isOurMode)).to.be.empty;
      for (const { id } of orders) {
        const ids = rows.filter(({ order_id: orderId }) => orderId === id).map((row) => row.id);
        const money = look.money.filter(({ paymentId }) => ids.includes(paymentId));
        const sum = (of: (one: ProviderMoney) => bigint) =>
          money.reduce((total, one) => total + of(one), 0n);
        expect(sum(({ captured, refunded }) => captured - refunded)).to.equal(rig.kept(id));
        expect(sum(({ authorised }) => authorised)).to.equal(rig.authorised(id));
      }
      expect(look.money.some(({ captured }) => captured > 0n)).to.equal(true);
      const { differences } = await findProviderDifferences(rig.house.db, look);
      expect(differences.filter(({ explained }) => !explained)).to.deep.equal([]);
    });
  });
}
