// Orders paid by the fan's own wallet: pay and mint in one transaction, or nothing of either.
import { expect } from "chai";
import { encodeFunctionData, keccak256, toBytes } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { Fault } from "#server/domain/failure.ts";
import { giveVoucher } from "#server/pay/voucher/give-voucher.ts";
import { settleVouchers } from "#server/pay/voucher/settle-vouchers.ts";
import { createVoucherSigner, type VoucherSigner } from "#server/pay/voucher/voucher-signer.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { openSigner } from "#server/platform/tx/signers/open-signer.ts";
import { order as makeOrder } from "../../support/buy.ts";
import { reorgAfter, write } from "../../support/chain.ts";
import { type FakeKms, openFakeKms, useKeyFile } from "../../support/fake-kms.ts";
import { AWS_KEY, GCP_KEY } from "../../support/kms-keys.ts";
import { askBack, openRefunder, workOff } from "../../support/refund-work.ts";
import { expectProblem } from "../../support/refusals.ts";
import {
  type CoinOrder,
  expectRefused,
  type VoucherOrders,
  voucherOrders,
} from "../../support/voucher-orders.ts";
import {
  askVoucher,
  type CoinHouse,
  finalise,
  giveCoin,
  openCoinHouse,
  send,
  settle,
} from "../../support/wallet-buyer.ts";

const VOUCHER_ROLE = keccak256(toBytes("VOUCHER_ROLE"));
const SUITE_LIMIT_MS = 90_000;
const GWEI = 10n ** 9n;

interface Given {
  address: `0x${string}`;
  vouchers: VoucherSigner;
}

describe("vouchers", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: CoinHouse;
  let orders: VoucherOrders;
  before(async () => {
    house = await openCoinHouse();
    orders = voucherOrders(house);
  });
  after(() => house.close());

  describe("by a key that no machine of ours has seen", () => {
    let kms: FakeKms;
    let keyFileBefore: string | undefined;
    before(async () => {
      kms = await openFakeKms();
      keyFileBefore = useKeyFile(kms.gcpKeyFile);
    });
    after(async () => {
      useKeyFile(keyFileBefore);
      await kms.close();
    });

    const role = (functionName: "grantRole" | "revokeRole", address: `0x${string}`) =>
      write(house.chain, "admin", { functionName, args: [VOUCHER_ROLE, address] });

    function signerOf(reference: string): VoucherSigner {
      const { access } = kms;
      const deps = { ...house, clock: systemClock, isDevelopment: false, access };
      return createVoucherSigner(() => openSigner(reference, deps));
    }

    async function giveBy(vouchers: VoucherSigner, { id, fan }: CoinOrder) {
      const wish = { orderId: id, buyer: fan.account.address.toLowerCase() as `0x${string}` };
      const { voucher } = await giveVoucher({ ...house, vouchers }, { ...wish, key: randomUuid() });
      if (voucher === null) throw new Error("there is no voucher");
      return voucher;
    }

    async function expectFault(outcome: Promise<unknown>, why: string) {
      const error = await outcome.then(() => expect.fail("it went well")).catch((err) => err);
      expect(error).to.be.instanceOf(Fault);
      expect(error.message).to.include(why);
    }

    it("buy tickets, one of AWS and then, without a pause, one of GCP", async () => {
      const [old, next] = [AWS_KEY, GCP_KEY].map(({ name, reference }) => ({
        address: kms.vault.add(name) as `0x${string}`,
        vouchers: signerOf(reference),
      })) as [Given, Given];
      const [first, second, third] = [
        await orders.newOrder(),
        await orders.newOrder(),
        await orders.newOrder(),
      ];
      await role("grantRole", old.address);
      const given = await giveBy(old.vouchers, first);
      expect(given.signer).to.equal(old.address);
      // Both have the role: what the old key signed is good, and the new one signs already.
      await role("grantRole", next.address);
      const later = await giveBy(next.vouchers, second);
      await send(house, first.fan.account, given.transaction);
      await send(house, second.fan.account, later.transaction);
      await settle(house);
      expect((await orders.read(first)).state).to.equal("fulfilled");
      expect((await orders.read(second)).state).to.equal("fulfilled");
      await role("revokeRole", old.address);
      await expectFault(giveBy(old.vouchers, third), "has no VOUCHER_ROLE");
      const last = await giveBy(next.vouchers, third);
      await send(house, third.fan.account, last.transaction);
      await settle(house);
      expect((await orders.read(third)).state).to.equal("fulfilled");
    });

    it("are not given while its service is away, and are after that, for the same order", async () => {
      const order = await orders.newOrder();
      kms.faults.push({ kind: "broken", on: "sign", times: 3 });
      const vouchers = signerOf(GCP_KEY.reference);
      await expectFault(giveBy(vouchers, order), "gave no signature");
      expect((await giveBy(vouchers, order)).signature).to.match(/^0x[0-9a-f]{130}$/);
    });
  });

  it("take an order from a hold to tickets in the fan's wallet, by the fan's own transaction", async () => {
    const order = await orders.newOrder();
    const { state, voucher } = await askVoucher(order.fan, order.id);
    expect(state).to.equal("authorised");
    if (voucher === null) throw new Error("there is no voucher");
    expect(voucher.amount).to.equal((order.total * GWEI).toString());
    const hash = await send(house, order.fan.account, voucher.transaction);
    await settle(house);
    const paid = await orders.read(order);
    expect(paid.state).to.equal("fulfilled");
    expect(paid.lines.map(({ mint, txHash }) => ({ mint, txHash }))).to.deep.equal([
      { mint: "minted", txHash: hash },
      { mint: "minted", txHash: hash },
    ]);
    expect(await orders.escrowBooks(order)).to.deep.equal([order.total]);
    const { steps } = await order.fan.call("getOrderTimeline", { params: { orderId: order.id } });
    const kinds = steps.map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["held", "claimed", "paid", "minted", "minted"]);
    expect(new Set(steps.slice(2).map(({ txHash }) => txHash))).to.deep.equal(new Set([hash]));
    expect(await orders.differencesOf(order)).to.deep.equal([]);
    const { owner } = await order.fan.call("getTicket", {
      params: { ticketId: paid.lines[0]?.ticketId ?? "" },
    });
    expect(owner).to.equal(order.fan.account.address.toLowerCase());
  });

  it("are one for each order, however often and by whatever key it is asked for", async () => {
    const order = await orders.newOrder();
    const key = randomUuid();
    const asked = [key, randomUuid(), randomUuid(), randomUuid()];
    const answers = await Promise.all(asked.map((each) => askVoucher(order.fan, order.id, each)));
    answers.push(await askVoucher(order.fan, order.id, key));
    const [first] = answers;
    for (const answer of answers) expect(answer).to.deep.equal(first);
    expect(await orders.rowsOf(order)).to.equal(1);
  });

  it("are answered with the payment alone once they are used", async () => {
    const order = await orders.newOrder();
    await orders.bought(order);
    expect(await askVoucher(order.fan, order.id)).to.include({ state: "captured", voucher: null });
  });

  it("buy once: the contract refuses a replay, and every worker posts it once", async () => {
    const order = await orders.newOrder();
    const voucher = await orders.voucherOf(order);
    await send(house, order.fan.account, voucher.transaction);
    await expectRefused(send(house, order.fan.account, voucher.transaction), "TicketsSeatTaken");
    await house.mirror();
    const posted = await Promise.all([1, 2, 3, 4].map(() => settleVouchers(house)));
    expect(posted.some((count) => count > 0)).to.equal(true);
    await settle(house);
    expect((await orders.read(order)).state).to.equal("fulfilled");
    expect(await orders.escrowBooks(order)).to.deep.equal([order.total]);
  });

  it("are good for their payer alone, at their price alone", async () => {
    const order = await orders.newOrder();
    const thief = await house.fan();
    await giveCoin(house, thief.account);
    const { transaction } = await orders.voucherOf(order);
    await expectRefused(send(house, thief.account, transaction), "BoxOfficePayerWrong");
    const cheap = { ...transaction, value: (BigInt(transaction.value) - 1n).toString() };
    await expectRefused(send(house, order.fan.account, cheap), "EscrowPaymentWrong");
    const dear = { ...transaction, value: (BigInt(transaction.value) + 1n).toString() };
    await expectRefused(send(house, order.fan.account, dear), "EscrowPaymentWrong");
    await settle(house);
    expect((await orders.read(order)).state).to.equal("claimed");
  });

  it("are good on their chain and at their box office alone", async () => {
    const order = await orders.newOrder();
    const { boxOffice, signer, voucher, transaction } = await orders.voucherOf(order);
    const message = {
      ...{ eventId: BigInt(voucher.eventId), class: voucher.class, deadline: voucher.deadline },
      ...{ unitPrice: Number(voucher.unitPrice), payer: voucher.payer as `0x${string}` },
      ...{ orderId: voucher.orderId as `0x${string}`, runs: voucher.runs as `0x${string}` },
    };
    const { tickets } = house.chain.deployment;
    const elsewhere = [
      { chainId: 1, boxOffice: boxOffice as `0x${string}` },
      { chainId: house.chain.deployment.chainId, boxOffice: tickets },
    ];
    for (const at of elsewhere) {
      const args = [
        message,
        signer as `0x${string}`,
        await house.vouchers.sign(at, message),
      ] as const;
      const data = encodeFunctionData({ abi: boxOfficeAbi, functionName: "buy", args });
      const forged = send(house, order.fan.account, { ...transaction, data });
      await expectRefused(forged, "BoxOfficeVoucherInvalid");
    }
  });

  it("are paid back out of the escrow to whoever holds the ticket", async () => {
    const order = await orders.newOrder();
    const { tickets } = await orders.bought(order);
    await finalise(house);
    await askBack(await house.organiser(), order, tickets);
    const { address } = order.fan.account;
    const before = await house.chain.client.getBalance({ address });
    await workOff(house, openRefunder(house));
    // What the contract paid is seen once it is final.
    await workOff(house, openRefunder(house));
    const after = await house.chain.client.getBalance({ address });
    expect(after - before).to.equal(order.total * GWEI);
    expect((await orders.read(order)).state).to.equal("refunded");
    const half = order.total / 2n;
    expect(await orders.escrowBooks(order)).to.deep.equal([order.total, -half, -half]);
    expect(await orders.differencesOf(order)).to.deep.equal([]);
  });

  it("are open again while a reorg has taken the purchase away, and close with the next block of it", async () => {
    const order = await orders.newOrder();
    await finalise(house);
    const ancestor = await house.chain.client.getBlockNumber();
    const { voucher } = await orders.bought(order);
    await reorgAfter(house.chain, ancestor);
    await settle(house);
    const between = await orders.read(order);
    expect([between.state, ...between.lines.map(({ mint }) => mint)]).to.deep.equal([
      ...["paid", "sent", "sent"],
    ]);
    await send(house, order.fan.account, voucher.transaction);
    await settle(house);
    expect((await orders.read(order)).state).to.equal("fulfilled");
    expect(await orders.escrowBooks(order)).to.deep.equal([order.total]);
    expect(await orders.differencesOf(order)).to.deep.equal([]);
  });

  it("end with nothing booked when a reorg has taken the purchase away for good", async () => {
    const order = await orders.newOrder();
    await finalise(house);
    const ancestor = await house.chain.client.getBlockNumber();
    const { voucher } = await orders.bought(order);
    await reorgAfter(house.chain, ancestor);
    await settle(house);
    await house.passDeadlines();
    await expectRefused(
      send(house, order.fan.account, voucher.transaction),
      "BoxOfficeVoucherExpired",
    );
    await finalise(house);
    await settle(house);
    expect((await orders.read(order)).state).to.equal("expired");
    expect(await orders.escrowBooks(order)).to.deep.equal([order.total, -order.total]);
    expect(await orders.differencesOf(order)).to.deep.equal([]);
    await orders.newOrder(order.seats);
  });

  it("keep the seats until a final block is past the deadline, and then free them", async () => {
    const order = await orders.newOrder();
    await askVoucher(order.fan, order.id);
    await finalise(house);
    await settle(house);
    expect((await orders.read(order)).state).to.equal("claimed");
    await house.db.query({
      text: "UPDATE sale.order SET expires_at = now() - interval '1 h' WHERE id = $1",
      values: [order.id],
    });
    await settle(house);
    expect((await orders.read(order)).state, "by our clock alone").to.equal("claimed");
    await expectProblem(askVoucher(order.fan, order.id), "order/expired");
    await house.passDeadlines();
    await settle(house);
    expect((await orders.read(order)).state, "past, and not final").to.equal("claimed");
    const other = await house.fan();
    await expectProblem(makeOrder(house, other, order.seats), "hold/seat-taken");
    await finalise(house);
    await settle(house);
    expect((await orders.read(order)).state).to.equal("expired");
    await orders.newOrder(order.seats);
  });

  it("are not posted when the chain shows another sale than was signed", async () => {
    const order = await orders.newOrder();
    const voucher = await orders.voucherOf(order);
    await send(house, order.fan.account, voucher.transaction);
    await house.mirror();
    await house.indexerDb.query({
      text: "UPDATE mirror.order_paid SET amount = amount - 1 WHERE order_id = $1",
      values: [voucher.voucher.orderId],
    });
    await settle(house);
    expect((await orders.read(order)).state).to.equal("claimed");
    await house.passDeadlines();
    await finalise(house);
    await settle(house);
    expect((await orders.read(order)).state, "the money is there, so the seats stay").to.equal(
      "claimed",
    );
  });
});
