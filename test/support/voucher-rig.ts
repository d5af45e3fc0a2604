// A wallet as one more way to pay, with the faults that it can have, for the suite of all providers.
import { getAddress, parseEventLogs } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { Fault } from "#server/domain/failure.ts";
import { orderKeyOf } from "#server/domain/voucher.ts";
import { expireOrders } from "#server/pay/sweep-payments.ts";
import { endVouchers } from "#server/pay/voucher/end-vouchers.ts";
import { giveVoucher } from "#server/pay/voucher/give-voucher.ts";
import { settleVouchers } from "#server/pay/voucher/settle-vouchers.ts";
import { randomUuid } from "#server/platform/random.ts";
import { waitForReceipt } from "./chain.ts";
import { type Order, quiet, type Rig, type Step, type Way } from "./payment-rig.ts";
import { type CoinHouse, finalise, openCoinHouse } from "./wallet-buyer.ts";

const GWEI = 10n ** 9n;

interface VoucherFault {
  step: Step;
  when: "before" | "after";
  times: number;
}

/** authorise is the signing of the voucher, capture the wallet's transaction. */
export async function openVoucherRig(): Promise<Rig> {
  const house = await openCoinHouse();
  const faults: VoucherFault[] = [];
  const kept = new Map<string, bigint>();
  const flaky = async <T>(step: Step, work: () => Promise<T>): Promise<T> => {
    const fault = faults.find((one) => one.step === step && one.times > 0);
    if (fault !== undefined) fault.times -= 1;
    if (fault?.when === "before") throw new Fault("server/unavailable", "It is down.");
    const done = await work();
    if (fault !== undefined) throw new Fault("server/unavailable", "Its answer got lost.");
    return done;
  };
  const press = async ({ id: orderId, buyer }: Order) => {
    if (await isFresh(house, orderId)) await house.keepUp(orderId);
    return giveVoucher(house, { orderId, buyer, key: randomUuid() });
  };
  return {
    ...{ house, press, provider: house.provider },
    refuse: () => {
      throw new Error("the contract refuses no refund");
    },
    pay: async (order, way = {}) => {
      const begun = await flaky("authorise", () => press(order)).catch(quiet);
      if (begun?.voucher == null || way.card === "declines") return;
      await way.meanwhile?.();
      const { transaction } = begun.voucher;
      await flaky("capture", () => sendAs(house, order, { transaction, way })).catch(quiet);
      kept.set(order.id, await readKept(house, order));
      await tell(house, way);
    },
    fail: (step, when, times = 1) => void faults.push({ step, when, times }),
    sweep: async () => {
      await endLapsed(house);
      await settleVouchers(house);
      await expireOrders(house);
      await endVouchers(house);
    },
    kept: (orderId) => kept.get(orderId) ?? 0n,
    // The contract takes a voucher in one go: there is nothing that it has half of.
    authorised: () => 0n,
    close: () => house.close(),
  };
}

async function tell(house: CoinHouse, { told }: Way): Promise<void> {
  if (told === "never") return;
  await house.mirror();
  const times = told === "thrice" ? 3 : 1;
  await Promise.all(Array.from({ length: times }, () => settleVouchers(house)));
}

/** From the buyer's own address, whose key only the test that signed in has. */
async function sendAs(
  house: CoinHouse,
  { buyer }: Order,
  given: { transaction: { to: string; data: string; value: string }; way: Way },
): Promise<void> {
  const { client } = house.chain;
  const { to, data, value } = given.transaction;
  const isShort = given.way.card === "partial" || given.way.card === "foreign";
  const sent = BigInt(value) - (isShort ? 1n : 0n);
  await house.rpc("anvil_impersonateAccount", buyer);
  await house.rpc("anvil_setBalance", buyer, `0x${(10n ** 20n).toString(16)}`);
  const transaction = { from: buyer, to, data, value: `0x${sent.toString(16)}` };
  try {
    await client.call({
      account: buyer,
      to: getAddress(to),
      data: data as `0x${string}`,
      value: sent,
    });
  } catch (cause) {
    throw new Fault("server/unavailable", "The wallet's node refuses it.", { cause });
  }
  const hash = await house.rpc<`0x${string}`>("eth_sendTransaction", transaction);
  await waitForReceipt(house.chain, hash);
}

/** What the box office says on chain that it was paid, in gwei. */
async function readKept(house: CoinHouse, { id }: Order): Promise<bigint> {
  const { client, deployment } = house.chain;
  const address = deployment.modules?.boxOffice;
  if (address === undefined) throw new Error("the house has no box office");
  const logs = await client.getLogs({ address, fromBlock: 0n });
  const paid = parseEventLogs({ abi: boxOfficeAbi, eventName: "OrderPaid", logs });
  const ours = paid.filter(({ args }) => args.orderId === orderKeyOf(id));
  return ours.reduce((sum, { args }) => sum + args.amount, 0n) / GWEI;
}

/** Orders whose time is over here end on chain too, and for good. */
async function endLapsed(house: CoinHouse): Promise<void> {
  const { rowCount } = await house.db.query({
    text: `SELECT 1 FROM sale.payment p JOIN sale.order o ON o.id = p.order_id
           WHERE p.state = 'authorised' AND o.expires_at <= now()`,
  });
  if (rowCount !== 0) await house.passDeadlines();
  await finalise(house);
}

async function isFresh(house: CoinHouse, orderId: string): Promise<boolean> {
  const { rowCount } = await house.db.query({
    text: `SELECT 1 FROM sale.order o WHERE id = $1 AND expires_at > now()
             AND NOT EXISTS (SELECT 1 FROM sale.voucher v WHERE v.order_id = o.id)`,
    values: [orderId],
  });
  return rowCount === 1;
}
