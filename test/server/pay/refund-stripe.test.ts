// Refunds at Stripe beyond the suite of all providers: slow banks, lost lines, refunds that fail later, disputes.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { settleLines } from "#server/mint/settle-lines.ts";
import { handleEvents } from "#server/pay/stripe/handle-events.ts";
import { pollEvents } from "#server/pay/stripe/poll-events.ts";
import { systemClock } from "#server/platform/clock.ts";
import { order as makeOrder, mint, stalls } from "../../support/buy.ts";
import { openStripeRig, type StripeRig } from "../../support/payment-rig.ts";
import { askBack, expectKept, openRefunder, workOff } from "../../support/refund-work.ts";
import { expectProblem } from "../../support/refusals.ts";

const SUITE_LIMIT_MS = 60_000;

describe("refunds at Stripe", function () {
  this.timeout(SUITE_LIMIT_MS);
  let rig: StripeRig;
  let staff: Client;
  let seats = 0;
  before(async () => {
    rig = await openStripeRig();
    staff = await rig.house.organiser();
  });
  after(() => rig.close());

  async function paid() {
    const fan = await rig.house.fan();
    seats += 1;
    const made = await makeOrder(rig.house, fan, stalls(1 + seats, 1, 2));
    await rig.pay({ id: made.id, buyer: fan.account.address.toLowerCase() as `0x${string}` });
    const read = () => fan.call("getOrder", { params: { orderId: made.id } });
    const tickets = made.lines.map(({ ticketId }) => ticketId);
    return { id: made.id, total: BigInt(made.total), fan, read, tickets };
  }

  const deps = () => ({
    ...rig.house,
    ...{ clock: systemClock, stripe: rig.house.stripe?.client as never },
  });
  const work = () => workOff(rig.house, openRefunder(rig.house));
  const refundOf = async (order: { id: string }) =>
    (await staff.call("getRefunds", { params: { orderId: order.id } })).refunds[0];
  const intentOf = (order: { id: string }) => {
    const intents = [...rig.fake.books.intents.values()];
    return intents.find(({ metadata }) => metadata.orderId === order.id)?.id as string;
  };
  const refundsAt = (order: { id: string }) =>
    [...rig.fake.books.refunds.values()].filter(({ metadata }) => metadata.orderId === order.id);

  /** What the buyer heard of, oldest first. */
  async function told(order: { fan: Client }): Promise<string[]> {
    const { notices } = await order.fan.call("listNotices");
    return notices.map(({ kind }) => kind).reverse();
  }

  async function hear(): Promise<void> {
    await pollEvents(deps());
    await handleEvents(deps());
  }

  it("are made once when the line goes dead after the work is done", async () => {
    const order = await paid();
    await askBack(staff, order, order.tickets);
    rig.fake.faults.push({ on: "POST /v1/refunds", fails: "cut", times: 1 });
    await work();
    await expectKept(rig, order, 0n);
    expect(refundsAt(order)).to.have.lengthOf(1);
  });

  it("get past a server error that Stripe repeats to its key", async () => {
    const order = await paid();
    await askBack(staff, order, order.tickets);
    rig.fake.faults.push({ on: "POST /v1/refunds", fails: "before", times: 2 });
    await work();
    await expectKept(rig, order, 0n);
    expect(refundsAt(order)).to.have.lengthOf(1);
  });

  it("wait for a slow bank, and free the seats when it has paid", async () => {
    const order = await paid();
    await askBack(staff, order, order.tickets);
    rig.fake.books.slowBank = true;
    await work();
    rig.fake.books.slowBank = false;
    expect((await refundOf(order))?.paidAt).to.equal(null);
    expect((await order.read()).lines.map(({ refund }) => refund)).to.deep.equal([
      "voided",
      "voided",
    ]);
    rig.fake.books.settleRefund(refundsAt(order)[0]?.id as string, "succeeded");
    await work();
    await expectKept(rig, order, 0n);
    expect((await order.read()).state).to.equal("refunded");
    expect(refundsAt(order)).to.have.lengthOf(1);
  });

  it("come back on the books when the bank did not take them, and are paid when asked again", async () => {
    const order = await paid();
    await askBack(staff, order, order.tickets);
    await work();
    await expectKept(rig, order, 0n);
    rig.fake.books.settleRefund(refundsAt(order)[0]?.id as string, "failed");
    await hear();
    await hear();
    await expectKept(rig, order, order.total);
    expect(await refundOf(order)).to.include({ state: "attention", paidAt: null });
    await askBack(staff, order, order.tickets);
    await work();
    await expectKept(rig, order, 0n);
    expect(await refundOf(order)).to.include({ state: "done" });
  });

  it("are refused while the payer's bank asks for the money", async () => {
    const order = await paid();
    rig.fake.books.dispute(intentOf(order), "needs_response");
    await hear();
    await expectProblem(askBack(staff, order, order.tickets), "refund/disputed");
    rig.fake.books.dispute(intentOf(order), "won");
    await hear();
    expect(await told(order)).to.deep.equal(["dispute-open", "dispute-won"]);
    await askBack(staff, order, order.tickets);
    await work();
    await expectKept(rig, order, 0n);
  });

  it("make the tickets of a lost dispute void, pay nobody, and sell the seats again", async () => {
    const order = await paid();
    await mint(rig.house, order.fan, order.id);
    rig.fake.books.dispute(intentOf(order), "lost");
    await hear();
    await settleLines(rig.house);
    expect(await order.read()).to.include({ state: "attention", dispute: "lost" });
    await work();
    const after = await order.read();
    expect(after.state).to.equal("refunded");
    expect(after.lines.map(({ refund }) => refund)).to.deep.equal(["freed", "freed"]);
    expect(await refundOf(order)).to.include({ cause: "dispute", amount: "0", state: "done" });
    expect(refundsAt(order)).to.have.lengthOf(0);
    const { rows } = await rig.house.db.query<{ void: boolean }>({
      text: `SELECT ticket.void FROM mirror.ticket JOIN sale.order_line line
               ON line.ticket_id = ticket.ticket_id WHERE line.order_id = $1`,
      values: [order.id],
    });
    expect(rows).to.deep.equal([{ void: true }, { void: true }]);
    expect(await told(order)).to.deep.equal(["tickets-ready", "dispute-lost"]);
    const { steps } = await staff.call("getOrderTimeline", { params: { orderId: order.id } });
    const wanted = ["disputed", "dispute-lost", "voided", "voided"];
    expect(steps.slice(-4).map(({ kind }) => kind)).to.have.members(wanted);
  });

  it("end without money when a dispute is lost while the provider is asked", async () => {
    const order = await paid();
    await askBack(staff, order, order.tickets);
    const intent = intentOf(order);
    // Heard of while nothing is refused yet: the answer comes after it.
    const provider = {
      ...rig.house.provider,
      payBack: async () => {
        rig.fake.books.dispute(intent, "lost");
        await hear();
        return { standing: "refused", reason: "charge_disputed" } as const;
      },
    };
    await workOff(rig.house, openRefunder(rig.house, provider));
    await work();
    expect(await refundOf(order)).to.include({ state: "done", amount: "0" });
    expect((await order.read()).state).to.equal("refunded");
    expect(refundsAt(order)).to.have.lengthOf(0);
  });

  it("end without money when a dispute is lost after the provider refused", async () => {
    const order = await paid();
    await askBack(staff, order, order.tickets);
    rig.refuse();
    await work();
    expect((await refundOf(order))?.state).to.equal("attention");
    rig.fake.books.dispute(intentOf(order), "lost");
    await hear();
    await work();
    expect((await refundOf(order))?.state).to.equal("done");
    expect((await order.read()).state).to.equal("refunded");
    expect(refundsAt(order)).to.have.lengthOf(0);
  });
});
