// Orders paid in a token: by the wallet's own transaction, or by a signature that a worker takes on chain.
import { expect } from "chai";
import { createWalletClient, http } from "viem";
import type { Client } from "#scripts/demo-client.ts";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { relayVouchers } from "#server/pay/voucher/relay-vouchers.ts";
import { randomUuid } from "#server/platform/random.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { order as makeOrder, stalls } from "../../support/buy.ts";
import { mineBlocks, reorgAfter, waitForReceipt, write } from "../../support/chain.ts";
import { openRefunder, workOff } from "../../support/refund-work.ts";
import { expectProblem } from "../../support/refusals.ts";
import { mintTokens, tokenAbi } from "../../support/token.ts";
import { authorise } from "../../support/token-authorisation.ts";
import {
  askVoucher,
  type CoinHouse,
  finalise,
  giveCoin,
  openTokenHouse,
  send,
  settle,
} from "../../support/wallet-buyer.ts";

type Hex = `0x${string}`;

const SUITE_LIMIT_MS = 90_000;
/** Six decimals, less the cents. */
const FACE_UNIT = 10_000n;
const SEATS_PER_ROW = 12;

describe("relayed orders", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: CoinHouse & { token: Hex };
  let pairs = 0;
  before(async () => {
    house = await openTokenHouse();
  });
  after(() => house.close());

  async function newOrder(tokens?: bigint) {
    const at = 2 * pairs;
    pairs += 1;
    const seat = 1 + (at % SEATS_PER_ROW);
    const seats = stalls(1 + Math.floor(at / SEATS_PER_ROW), seat, seat + 1);
    const fan = await house.fan();
    const { id, total } = await makeOrder(house, fan, seats);
    await house.keepUp(id);
    const price = BigInt(total) * FACE_UNIT;
    await mintTokens(house.chain, house.token, fan.account.address, tokens ?? price);
    return { id, total: BigInt(total), price, fan, seats };
  }
  type Order = Awaited<ReturnType<typeof newOrder>>;

  async function approve(fan: Client, spender: string, value: bigint): Promise<void> {
    const transport = http(house.chain.deployment.rpcUrl);
    const wallet = createWalletClient({ account: fan.account, transport });
    const call = { address: house.token, abi: tokenAbi, functionName: "approve" } as const;
    const args = [spender as Hex, value] as const;
    await waitForReceipt(house.chain, await wallet.writeContract({ ...call, args, chain: null }));
  }

  const balanceOf = (account: string) =>
    house.chain.client.readContract({
      ...{ address: house.token, abi: tokenAbi, functionName: "balanceOf" as const },
      args: [account as Hex],
    });

  async function voucherOf({ fan, id }: Order) {
    const { voucher } = await askVoucher(fan, id);
    if (voucher === null) throw new Error("there is no voucher");
    return voucher;
  }

  type Authorisation = Awaited<ReturnType<typeof authorise>>;

  const hand = (fan: Client, orderId: string, authorisation: Authorisation, key = randomUuid()) =>
    fan.call("createPayment", {
      ...{ params: { orderId }, body: { provider: "relay" as const, authorisation }, key },
    });

  async function handedIn(order: Order) {
    const authorisation = await authorise(order.fan.account, await voucherOf(order));
    await hand(order.fan, order.id, authorisation);
    return authorisation;
  }

  const relay = () => {
    const { db, chains, log, minter } = house;
    return relayVouchers({ db, chains, log, holder: "test" }, minter.lanes);
  };

  const read = ({ id, fan }: Order) => fan.call("getOrder", { params: { orderId: id } });

  async function rowOf({ id }: Order) {
    const { rows } = await house.db.query<Record<string, unknown>>({
      text: `SELECT v.relay_state AS relay, p.state AS payment,
                    (SELECT count(*)::int FROM sale.chain_tx WHERE intent LIKE '%' || $1 || '%')
                      AS sent,
                    (SELECT state FROM sale.chain_tx WHERE id = v.relay_tx) AS tx
             FROM sale.voucher v JOIN sale.payment p ON p.id = v.payment_id
             WHERE v.order_id = $1`,
      values: [id],
    });
    return rows[0];
  }

  it("become tickets of a wallet that has no coin and sends nothing", async () => {
    const order = await newOrder();
    await handedIn(order);
    await relay();
    await settle(house);
    const paid = await read(order);
    expect(paid.state).to.equal("fulfilled");
    expect(paid.lines.every(({ txHash }) => txHash !== null)).to.equal(true);
    expect(await balanceOf(order.fan.account.address)).to.equal(0n);
    const wanted = { relay: "sent", payment: "captured", sent: 1, tx: "included" };
    expect(await rowOf(order)).to.deep.equal(wanted);
  });

  it("are sent once, however often they are handed in and by however many workers", async () => {
    const order = await newOrder();
    const authorisation = await handedIn(order);
    const again = [1, 2, 3].map(() => hand(order.fan, order.id, authorisation));
    const answers = await Promise.all(again);
    expect(new Set(answers.map(({ id }) => id)).size).to.equal(1);
    await Promise.all([relay(), relay(), relay()]);
    await settle(house);
    expect(await rowOf(order)).to.include({ sent: 1, payment: "captured" });
    expect(await hand(order.fan, order.id, authorisation)).to.include({ state: "captured" });
  });

  it("may be paid by the wallet's own transaction as well, once the token is approved", async () => {
    const order = await newOrder();
    await giveCoin(house, order.fan.account);
    const { boxOffice, amount, transaction } = await voucherOf(order);
    expect(BigInt(amount)).to.equal(order.price);
    await approve(order.fan, boxOffice, order.price);
    await send(house, order.fan.account, transaction);
    await settle(house);
    expect((await read(order)).state).to.equal("fulfilled");
  });

  it("are refused before anything is kept: without the money, or signed by another", async () => {
    const poor = await newOrder(1n);
    const authorisation = await authorise(poor.fan.account, await voucherOf(poor));
    const broke = await expectProblem(hand(poor.fan, poor.id, authorisation), "pay/declined");
    expect(broke).to.have.property("reason");
    const order = await newOrder();
    const voucher = await voucherOf(order);
    const forged = await authorise(poor.fan.account, voucher);
    await expectProblem(hand(order.fan, order.id, forged), "pay/declined");
    const own = await authorise(order.fan.account, voucher);
    const later = { ...own, validBefore: own.validBefore + 1 };
    await expectProblem(hand(order.fan, order.id, later), "pay/declined");
    expect(await rowOf(order)).to.include({ relay: null, sent: 0 });
  });

  it("are refused for other people's orders, without a voucher, and after the end", async () => {
    const order = await newOrder();
    const other = await newOrder();
    const authorisation = await authorise(other.fan.account, await voucherOf(other));
    await expectProblem(hand(other.fan, order.id, authorisation), "request/not-found");
    const early = await expectProblem(hand(order.fan, order.id, authorisation), "pay/other-way");
    expect(early).to.include({ why: "no-voucher" });
    await voucherOf(order);
    await expectProblem(hand(order.fan, order.id, authorisation), "pay/declined");
    await house.db.query({
      text: "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
      values: [other.id],
    });
    await expectProblem(hand(other.fan, other.id, authorisation), "order/expired");
  });

  it("that cannot be sent any more make room for another authorisation", async () => {
    const order = await newOrder();
    await handedIn(order);
    const { address } = order.fan.account;
    await giveCoin(house, order.fan.account);
    await spend(order);
    await relay();
    expect(await rowOf(order)).to.include({ relay: "refused", sent: 0, payment: "authorised" });
    const { voucher } = await askVoucher(order.fan, order.id);
    expect(voucher?.relay?.state).to.equal("refused");
    await mintTokens(house.chain, house.token, address, order.price);
    await handedIn(order);
    await relay();
    await settle(house);
    expect((await read(order)).state).to.equal("fulfilled");
  });

  it("are sent again by the same bytes when a reorg takes them away", async () => {
    const order = await newOrder();
    await handedIn(order);
    await finalise(house);
    const ancestor = await house.chain.client.getBlockNumber();
    await relay();
    await settle(house);
    const [line] = (await read(order)).lines;
    await reorgAfter(house.chain, ancestor);
    await settle(house);
    expect((await read(order)).lines[0]?.mint).to.equal("sent");
    await recoverTransactions(house);
    await mineBlocks(house.chain, 1);
    await settle(house);
    const after = await read(order);
    expect(after.state).to.equal("fulfilled");
    expect(after.lines[0]?.txHash).to.equal(line?.txHash);
    expect(await rowOf(order)).to.include({ sent: 1, tx: "included" });
  });

  it("end like any voucher when nobody has sent them in time", async () => {
    const order = await newOrder();
    await handedIn(order);
    await house.passDeadlines();
    await finalise(house);
    await relay();
    await settle(house);
    expect((await read(order)).state).to.equal("expired");
    await relay();
    expect(await rowOf(order)).to.include({ sent: 0, payment: "voided" });
    expect(await balanceOf(order.fan.account.address)).to.equal(order.price);
  });

  it("are paid back in the token when their event is cancelled", async () => {
    const order = await newOrder();
    await handedIn(order);
    await relay();
    await settle(house);
    expect((await read(order)).state).to.equal("fulfilled");
    const args = [BigInt(house.event.eventId)] as const;
    await write(house.chain, "organiser", { functionName: "cancelEvent", args });
    await house.db.query({ text: "UPDATE sale.event SET state = 'cancelled'" });
    await finalise(house);
    // What the contract paid is seen once it is final.
    for (const _round of ["asked and sent", "seen"]) await workOff(house, openRefunder(house));
    expect(await balanceOf(order.fan.account.address)).to.equal(order.price);
    expect((await read(order)).state).to.equal("refunded");
    const { differences } = await findDifferences(house.db);
    expect(differences.filter(({ explained }) => !explained)).to.deep.equal([]);
  });

  /** The fan's tokens go elsewhere after they were promised. */
  async function spend(order: Order): Promise<void> {
    const transport = http(house.chain.deployment.rpcUrl);
    const wallet = createWalletClient({ account: order.fan.account, transport });
    const data = `0xa9059cbb${"1".padStart(64, "0")}${order.price.toString(16).padStart(64, "0")}`;
    const hash = await wallet.sendTransaction({ to: house.token, data: data as Hex, chain: null });
    await waitForReceipt(house.chain, hash);
  }
});
