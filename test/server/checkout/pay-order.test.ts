// The page's steps of paying by wallet, played with a real API, a real chain and a token that knows EIP-3009.
import { expect } from "chai";
import { privateKeyToAccount } from "viem/accounts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { relayVouchers } from "#server/pay/voucher/relay-vouchers.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { Hurdle } from "#web/checkout/wallet/hurdle.ts";
import {
  beginPayment,
  type Consent,
  payBySignature,
  payByTransaction,
  type Till,
  type WalletStep,
} from "#web/checkout/wallet/pay-order.ts";
import { readNote } from "#web/checkout/wallet/payment-note.ts";
import { WalletRefused } from "#web/session/wallet.ts";
import { order as makeOrder, stalls } from "../../support/buy.ts";
import { createMemory, openPageWallet } from "../../support/page-wallet.ts";
import { mintTokens } from "../../support/token.ts";
import {
  askVoucher,
  type CoinHouse,
  giveCoin,
  openTokenHouse,
  settle,
} from "../../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 90_000;
const FACE_UNIT = 10_000n;
const PAUSE_MS = 20;

describe("paying in a token by the page's steps", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: CoinHouse & { token: `0x${string}` };
  let orders = 0;
  before(async () => {
    house = await openTokenHouse();
  });
  after(() => house.close());

  async function open({ tokens }: { tokens?: bigint } = {}) {
    const fan = await house.fan();
    orders += 1;
    const order = await makeOrder(house, fan, stalls(1, orders));
    await house.keepUp(order.id);
    const price = BigInt(order.total) * FACE_UNIT;
    const { account } = fan;
    await mintTokens(house.chain, house.token, account.address, tokens ?? price);
    await house.rpc("anvil_impersonateAccount", account.address);
    const { chainId } = house.chain.deployment;
    const wallet = openPageWallet({ account, chainId, rpc: house.rpc });
    const steps: WalletStep[] = [];
    const memory = createMemory();
    let captured = 0;
    const till: Till = {
      ...{ ask: wallet.ask, memory, order, chainId },
      askVoucher: () => askVoucher(fan, order.id),
      handIn: (authorisation: Consent) =>
        fan.call("createPayment", {
          ...{ params: { orderId: order.id }, key: randomUuid() },
          body: { provider: "relay", authorisation },
        }),
      say: (step) => void steps.push(step),
      pause: () => systemClock.sleep(PAUSE_MS),
      onCaptured: () => {
        captured += 1;
      },
    };
    return {
      ...{ fan, order, price, wallet, steps, till },
      captured: () => captured,
      note: () => readNote(memory, order.id),
      state: async () =>
        (await fan.call("getOrder", { params: { orderId: order.id } })).state as string,
    };
  }

  const relay = () => {
    const { db, chains, log, minter } = house;
    return relayVouchers({ db, chains, log, holder: "test" }, minter.lanes);
  };

  it("shows what the token says, and pays by a signature of a wallet without coin", async () => {
    const { till, price, wallet, note, state, captured } = await open();
    const offer = await beginPayment(till);
    expect(offer?.facts).to.deep.equal({
      ...{ symbol: "TEUR", decimals: 6, balance: price, allowance: 0n },
      domain: { name: "Test Euro", version: "1" },
    });
    await payBySignature(till);
    expect([note()?.step, ...wallet.asked]).to.deep.equal(["relayed", "eth_signTypedData_v4"]);
    // A second press, and one by the other way: the worker has it already.
    await payBySignature(till);
    await payByTransaction(till);
    expect(wallet.asked).to.have.lengthOf(1);
    await relay();
    await settle(house);
    expect(await state()).to.equal("fulfilled");
    await payByTransaction(till);
    expect(captured()).to.equal(1);
  });

  it("allows just the price, then pays by a transaction, and sends neither twice", async () => {
    const { fan, till, price, wallet, steps, note, state } = await open();
    await giveCoin(house, fan.account);
    await payByTransaction(till);
    expect(wallet.asked).to.deep.equal(["eth_sendTransaction", "eth_sendTransaction"]);
    expect(steps).to.deep.equal(["connect", "ready", "approve", "approving", "pay"]);
    expect(note()?.step).to.equal("sent");
    await payByTransaction(till);
    expect(wallet.asked).to.have.lengthOf(2);
    await settle(house);
    expect(await state()).to.equal("fulfilled");
    const left = await wallet.ask<string>("eth_call", [
      { to: house.token, data: allowanceCall(fan.account.address, house) },
      "latest",
    ]);
    expect(BigInt(left), `${price} was allowed, and is taken`).to.equal(0n);
  });

  it("goes on after a no to the first question, and does not allow again what is allowed", async () => {
    const { fan, till, wallet, state } = await open();
    await giveCoin(house, fan.account);
    wallet.decide = async () => "no";
    await payByTransaction(till).catch((error) => expect(error).to.be.instanceOf(WalletRefused));
    let questions = 0;
    wallet.decide = async (_method, params) => {
      questions += 1;
      return questions === 1 ? params : "no";
    };
    await payByTransaction(till).catch((error) => expect(error).to.be.instanceOf(WalletRefused));
    wallet.decide = async (_method, params) => params;
    wallet.asked.length = 0;
    await payByTransaction(till);
    expect(wallet.asked).to.deep.equal(["eth_sendTransaction"]);
    await settle(house);
    expect(await state()).to.equal("fulfilled");
  });

  it("says that there is too little before it asks for anything", async () => {
    const { fan, till, wallet } = await open({ tokens: 1n });
    await giveCoin(house, fan.account);
    for (const pay of [beginPayment, payByTransaction, payBySignature]) {
      const error = await pay(till).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(Hurdle).with.property("kind", "too-little");
    }
    expect(wallet.asked).to.deep.equal([]);
  });

  it("asks no box office for a voucher while the wallet is another's or elsewhere", async () => {
    const { till, wallet, note } = await open();
    wallet.chainId = 1;
    const elsewhere = await beginPayment(till).catch((error) => error);
    expect(elsewhere).to.have.property("kind", "other-network");
    wallet.account = privateKeyToAccount(anvilAccount(ANVIL_ROLES.fan).privateKey);
    const other = await beginPayment(till).catch((error) => error);
    expect(other).to.have.property("kind", "other-account");
    expect(note()).to.equal(null);
    const { rowCount } = await house.db.query({
      text: "SELECT 1 FROM sale.payment WHERE order_id = $1",
      values: [till.order.id],
    });
    expect(rowCount).to.equal(0);
  });
});

function allowanceCall(owner: string, house: CoinHouse): string {
  const words = [owner, house.chain.deployment.modules?.boxOffice ?? ""];
  return `0xdd62ed3e${words.map((word) => word.slice(2).toLowerCase().padStart(64, "0")).join("")}`;
}
