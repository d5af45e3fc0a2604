// Refunds with every payment provider: void first, then the money, once, then the seat; whatever fails between.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { settleLines } from "#server/mint/settle-lines.ts";
import { randomUuid } from "#server/platform/random.ts";
import { order as makeOrder, mint, stalls } from "../../support/buy.ts";
import { openDevelopmentRig, openStripeRig, type Rig } from "../../support/payment-rig.ts";
import { askBack, expectKept, hasten, openRefunder, workOff } from "../../support/refund-work.ts";
import { expectProblem } from "../../support/refusals.ts";

const PROVIDERS = { development: openDevelopmentRig, stripe: openStripeRig };
const SUITE_LIMIT_MS = 60_000;
const SEATS_PER_ROW = 14;
const PRICE = 4_800n;

for (const [name, open] of Object.entries(PROVIDERS)) {
  describe(`refunds: ${name}`, function () {
    this.timeout(SUITE_LIMIT_MS);
    let rig: Rig;
    let staff: Client;
    let seats = 0;
    before(async () => {
      rig = await open();
      staff = await rig.house.organiser();
    });
    after(() => rig.close());

    /** Pairs of seats of the front rows, all at one price. */
    function nextSeats(): number[] {
      const at = 2 * seats;
      seats += 1;
      const row = 1 + Math.floor(at / SEATS_PER_ROW);
      return stalls(row, 1 + (at % SEATS_PER_ROW), 2 + (at % SEATS_PER_ROW));
    }

    async function paid(wanted = nextSeats()) {
      const fan = await rig.house.fan();
      const made = await makeOrder(rig.house, fan, wanted);
      const buyer = fan.account.address.toLowerCase() as `0x${string}`;
      await rig.pay({ id: made.id, buyer });
      const read = () => fan.call("getOrder", { params: { orderId: made.id } });
      const tickets = made.lines.map(({ ticketId }) => ticketId);
      return { id: made.id, total: BigInt(made.total), fan, read, tickets, seats: wanted };
    }

    const work = () => workOff(rig.house, openRefunder(rig.house, rig.provider));
    const refundsOf = async (order: { id: string }) =>
      (await staff.call("getRefunds", { params: { orderId: order.id } })).refunds;

    it("pay all of an order back and put its seats on sale again", async () => {
      const order = await paid();
      const asked = await askBack(staff, order, order.tickets);
      expect(asked).to.include({ state: "voiding", amount: null });
      await work();
      await expectKept(rig, order, 0n);
      expect((await order.read()).state).to.equal("refunded");
      const [refund] = await refundsOf(order);
      expect(refund).to.include({ state: "done", amount: order.total.toString() });
      expect(refund?.lines.map(({ state }) => state)).to.deep.equal(["freed", "freed"]);
      const again = await paid(order.seats);
      expect((await again.read()).state).to.equal("paid");
      expect(again.tickets, "never minted, so the ids are free").to.deep.equal(order.tickets);
    });

    it("pay back what the named tickets cost, and keep the rest", async () => {
      const order = await paid();
      await askBack(staff, order, order.tickets.slice(0, 1));
      await work();
      await expectKept(rig, order, order.total - PRICE);
      const after = await order.read();
      expect(after.state).to.equal("paid");
      expect(after.lines.map(({ refund }) => refund)).to.deep.equal(["freed", null]);
      await askBack(staff, order, order.tickets.slice(1));
      await work();
      await expectKept(rig, order, 0n);
      expect((await order.read()).state).to.equal("refunded");
    });

    it("are one refund of one key, however often and at once it is sent", async () => {
      const order = await paid();
      const key = randomUuid();
      const send = () => askBack(staff, order, order.tickets, key);
      const answers = await Promise.all([1, 2, 3, 4, 5].map(send));
      expect(new Set(answers.map(({ id }) => id)).size).to.equal(1);
      await work();
      await expectKept(rig, order, 0n);
      expect((await send()).id).to.equal(answers[0]?.id);
    });

    it("are refused for what is on its way back already, and for others' tickets", async () => {
      const [order, other] = [await paid(), await paid()];
      await askBack(staff, order, order.tickets.slice(0, 1));
      await expectProblem(askBack(staff, order, order.tickets), "refund/impossible");
      await expectProblem(askBack(staff, order, other.tickets), "refund/impossible");
      expect(await refundsOf(order)).to.have.lengthOf(1);
      expect(await refundsOf(other)).to.have.lengthOf(0);
    });

    it("are refused for an order that was not paid", async () => {
      const fan = await rig.house.fan();
      const made = await makeOrder(rig.house, fan, nextSeats());
      const tickets = made.lines.map(({ ticketId }) => ticketId);
      await expectProblem(askBack(staff, made, tickets), "order/wrong-state");
    });

    for (const when of ["before", "after"] as const) {
      it(`are paid once when the provider fails ${when} it is done`, async () => {
        const order = await paid();
        await askBack(staff, order, order.tickets);
        rig.fail("payBack", when, when === "before" ? 3 : 1);
        await work();
        await expectKept(rig, order, 0n);
        expect((await order.read()).state).to.equal("refunded");
      });
    }

    it("are paid once by workers that run at the same time", async () => {
      const order = await paid();
      await askBack(staff, order, order.tickets);
      const workers = [1, 2, 3, 4].map(() => openRefunder(rig.house, rig.provider));
      for (let round = 1; round <= 3; round += 1) {
        await Promise.all(workers.map((worker) => worker.refundDue()));
        await hasten(rig.house);
      }
      await work();
      await expectKept(rig, order, 0n);
    });

    it("that the provider refuses keep the money, ask for a person and go on when asked again", async () => {
      const order = await paid();
      const tickets = order.tickets.slice(0, 1);
      const first = await askBack(staff, order, tickets);
      rig.refuse();
      await work();
      const [refused] = await refundsOf(order);
      expect(refused?.state).to.equal("attention");
      expect(refused?.why).to.be.a("string");
      await expectKept(rig, order, order.total);
      const again = await askBack(staff, order, tickets);
      expect(again.id).to.equal(first.id);
      await work();
      await expectKept(rig, order, order.total - PRICE);
      expect((await refundsOf(order))[0]?.state).to.equal("done");
    });

    it("pay nothing before the ticket is void for good, and sell its seat under the next id", async () => {
      const order = await paid();
      await mint(rig.house, order.fan, order.id);
      await askBack(staff, order, order.tickets);
      const refunder = openRefunder(rig.house, rig.provider);
      await refunder.refundDue();
      await rig.house.mirror();
      await refunder.refundDue();
      await expectKept(rig, order, order.total);
      expect((await order.read()).lines.map(({ refund }) => refund)).to.deep.equal([
        "sent",
        "sent",
      ]);
      await work();
      await expectKept(rig, order, 0n);
      expect((await order.read()).state).to.equal("refunded");
      const again = await paid(order.seats);
      expect(again.tickets).to.not.have.members(order.tickets);
      const minted = await mint(rig.house, again.fan, again.id);
      await settleLines(rig.house);
      expect(minted.lines.map((line) => line.mint)).to.deep.equal(["minted", "minted"]);
    });
  });
}
