// Holds the page to sending a payment once: over a no, a reload in the middle, and a chain that refuses.
import { expect } from "chai";
import { createFateReader } from "#web/checkout/wallet/follow-payment.ts";
import { Hurdle } from "#web/checkout/wallet/hurdle.ts";
import { readNote } from "#web/checkout/wallet/payment-note.ts";
import { requireBuyer, requireNetwork, switchNetwork } from "#web/checkout/wallet/reach-wallet.ts";
import { sendPayment } from "#web/checkout/wallet/send-payment.ts";
import { type AskWallet, WalletRefused } from "#web/session/wallet.ts";
import { createMemory } from "../../support/page-wallet.ts";

const ORDER = "ord_1";
const PAYER = "0x00000000000000000000000000000000000000aa";
const HASH = `0x${"1f".repeat(32)}`;
const PRICE = 4_500n;
const SELLER = "0x00000000000000000000000000000000000000bb";

/** Answers by method; a function is asked each time. */
type Answers = Record<string, unknown>;

function walletOf(answers: Answers) {
  const asked: { method: string; params: unknown[] }[] = [];
  const ask: AskWallet = async <T>(method: string, params: unknown[] = []) => {
    asked.push({ method, params });
    const answer = answers[method];
    return (typeof answer === "function" ? answer(params) : answer) as T;
  };
  const sent = () => asked.filter(({ method }) => method === "eth_sendTransaction");
  return { ask, asked, sent };
}

function rig(changes: Answers = {}) {
  const answers: Answers = {
    ...{ eth_getTransactionCount: "0x7", eth_getBalance: "0xffffff", eth_call: "0x" },
    ...{ eth_sendTransaction: HASH, ...changes },
  };
  const memory = createMemory();
  const wallet = walletOf(answers);
  const voucher = {
    ...{ chainId: 31_337, voucher: { payer: PAYER } },
    transaction: { to: SELLER, data: "0xabcd", value: String(PRICE) },
  };
  const pay = () =>
    sendPayment({ ask: wallet.ask, memory, orderId: ORDER, voucher, onAsk: () => undefined });
  return { ...wallet, answers, memory, pay, note: () => readNote(memory, ORDER) };
}

async function hurdleOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Hurdle ? error.kind : expect.fail(`no hurdle: ${error}`);
}

function throws(error: unknown) {
  return () => {
    throw error;
  };
}

describe("a payment of the page", () => {
  it("is sent as the voucher says, and only once", async () => {
    const { pay, sent, note } = rig();
    await pay();
    await pay();
    expect(sent().map(({ params }) => params)).to.deep.equal([
      [{ from: PAYER, to: SELLER, data: "0xabcd", value: "0x1194", chainId: "0x7a69" }],
    ]);
    expect(note()).to.deep.equal({ step: "sent", hash: HASH });
  });

  it("may be tried again after a no", async () => {
    const { pay, sent, note, answers } = rig({ eth_sendTransaction: throws(new WalletRefused()) });
    await pay().catch((error) => expect(error).to.be.instanceOf(WalletRefused));
    expect(note()).to.deep.equal({ step: "begun" });
    answers.eth_sendTransaction = HASH;
    // Whatever else the fan has sent meanwhile.
    answers.eth_getTransactionCount = "0x9";
    await pay();
    expect(sent()).to.have.lengthOf(2);
    expect(note()).to.deep.equal({ step: "sent", hash: HASH });
  });

  it("is not sent again by a page that did not hear what its wallet did", async () => {
    const { pay, sent, answers, memory } = rig({ eth_sendTransaction: throws(new Error("lost")) });
    await pay().catch(() => undefined);
    expect(readNote(memory, ORDER)).to.deep.equal({ step: "asked", sentBefore: 7 });
    answers.eth_getTransactionCount = "0x8";
    expect(await hurdleOf(pay())).to.equal("perhaps-sent");
    expect(sent()).to.have.lengthOf(1);
  });

  it("is asked for again where the wallet has sent nothing since", async () => {
    const { pay, sent, answers, note } = rig({ eth_sendTransaction: throws(new Error("closed")) });
    await pay().catch(() => undefined);
    answers.eth_sendTransaction = HASH;
    await pay();
    expect(sent()).to.have.lengthOf(2);
    expect(note()?.step).to.equal("sent");
  });

  it("does not reach the wallet when the chain would refuse it, however that is said", async () => {
    const wrapped = { code: -32_603, data: { originalError: { code: 3, data: "0x1234" } } };
    for (const error of [{ code: 3 }, wrapped, new Error("execution reverted: 0x12345678")]) {
      const { pay, sent, note } = rig({ eth_call: throws(error) });
      expect(await hurdleOf(pay())).to.equal("not-taken");
      expect([sent().length, note()]).to.deep.equal([0, null]);
    }
  });

  it("is not called refused when the node does not answer", async () => {
    const { pay } = rig({ eth_call: throws(new Error("no answer from the node")) });
    await pay().then(
      () => expect.fail("it was sent"),
      (error: Error) => expect(error.message).to.equal("no answer from the node"),
    );
  });

  it("needs more than its price, as the fee comes on top", async () => {
    const { pay, sent, answers } = rig({ eth_getBalance: `0x${PRICE.toString(16)}` });
    expect(await hurdleOf(pay())).to.equal("too-little");
    answers.eth_getBalance = `0x${(PRICE + 1n).toString(16)}`;
    await pay();
    expect(sent()).to.have.lengthOf(1);
  });
});

describe("a wallet that is to pay", () => {
  it("may spell the buyer's account in any case, beside others", async () => {
    const other = PAYER.replace("aa", "cc");
    const { ask } = walletOf({ eth_requestAccounts: [other, PAYER.toUpperCase()] });
    await requireBuyer(ask, PAYER);
    const stranger = walletOf({ eth_requestAccounts: [other] });
    expect(await hurdleOf(requireBuyer(stranger.ask, PAYER))).to.equal("other-account");
  });

  it("is asked to change the network, which it may not know", async () => {
    const { ask, asked } = walletOf({ eth_chainId: "0x1", wallet_switchEthereumChain: null });
    expect(await hurdleOf(requireNetwork(ask, 31_337))).to.equal("other-network");
    await switchNetwork(ask, 31_337);
    expect(asked.at(-1)?.params).to.deep.equal([{ chainId: "0x7a69" }]);
    const unknown = { code: -32_603, data: { originalError: { code: 4902 } } };
    for (const error of [{ code: 4902 }, unknown]) {
      const without = walletOf({ wallet_switchEthereumChain: throws(error) });
      expect(await hurdleOf(switchNetwork(without.ask, 1))).to.equal("unknown-network");
    }
  });
});

describe("a payment that was sent", () => {
  it("is followed to the chain's own word", async () => {
    const answers: Answers = { eth_getTransactionReceipt: null, eth_getTransactionByHash: {} };
    const look = createFateReader(walletOf(answers).ask, HASH);
    expect(await look()).to.equal("waiting");
    answers.eth_getTransactionReceipt = { status: "0x0" };
    expect(await look()).to.equal("reverted");
    answers.eth_getTransactionReceipt = { status: "0x1" };
    expect(await look()).to.equal("taken");
  });

  it("is gone once nobody knows it for half a minute of looks, and not before", async () => {
    const answers: Answers = { eth_getTransactionReceipt: null, eth_getTransactionByHash: null };
    const look = createFateReader(walletOf(answers).ask, HASH);
    const fates: string[] = [];
    for (let looks = 0; looks < 15; looks += 1) fates.push(await look());
    expect(fates.indexOf("gone")).to.equal(14);
    answers.eth_getTransactionByHash = {};
    expect(await look()).to.equal("waiting");
  });
});
