// The page of an order in a token, in a real browser: a signature that a worker sends, or a transaction.
import { tmpdir } from "node:os";
import { expect } from "chai";
import type { Browser, Locator, Page } from "playwright-core";
import { buildWeb, isWebStale } from "#scripts/up-web.ts";
import { relayVouchers } from "#server/pay/voucher/relay-vouchers.ts";
import { launchBrowser } from "../../support/browser.ts";
import { order as makeOrder, stalls } from "../../support/buy.ts";
import { injectWallet, openPageWallet } from "../../support/page-wallet.ts";
import { mintTokens } from "../../support/token.ts";
import { type CoinHouse, giveCoin, openTokenHouse, settle } from "../../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 120_000;
const STEP_TIMEOUT_MS = 15_000;
const FACE_UNIT = 10_000n;
const SIGN = "eth_signTypedData_v4";
const SEND = "eth_sendTransaction";

describe("the page of an order in a token", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: CoinHouse & { token: `0x${string}` };
  let browser: Browser;
  let orders = 0;
  before(async function () {
    const launched = await launchBrowser();
    if (launched === null) {
      process.stdout.write("\n!!! NO CHROMIUM FOUND: paying in a token is NOT tested here.\n\n");
      this.skip();
    }
    browser = launched;
    const signal = AbortSignal.timeout(SUITE_LIMIT_MS);
    if (isWebStale()) await buildWeb({ logs: tmpdir(), signal });
    house = await openTokenHouse();
  });
  after(async () => {
    await browser?.close();
    await house?.close();
  });

  /** An order of the fan's, on the screen of a browser with the fan's wallet. */
  async function open() {
    const { account, ...fan } = await house.fan();
    orders += 1;
    const order = await makeOrder(house, { account, ...fan }, stalls(1, orders));
    await house.keepUp(order.id);
    const price = BigInt(order.total) * FACE_UNIT;
    await mintTokens(house.chain, house.token, account.address, price);
    await house.rpc("anvil_impersonateAccount", account.address);
    const { chainId } = house.chain.deployment;
    const wallet = openPageWallet({ account, chainId, rpc: house.rpc });
    const context = await browser.newContext();
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    await injectWallet(context, wallet);
    const page = await context.newPage();
    await page.goto(`${house.url}/orders/${order.id}`);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Your browser's wallet" }).click();
    await page.getByRole("button", { name: "Pay with your wallet instead" }).click();
    await page.getByRole("button", { name: /^Pay €48\.00 with your wallet$/ }).click();
    await visible(page.getByText("Your wallet pays 48.00 TEUR, all fees of ours in."));
    return { page, wallet, account, order };
  }

  const relay = () => {
    const { db, chains, log, minter } = house;
    return relayVouchers({ db, chains, log, holder: "test" }, minter.lanes);
  };
  const signButton = (page: Page) => page.getByRole("button", { name: "Sign to pay 48.00 TEUR" });
  const sendButton = (page: Page) =>
    page.getByRole("button", { name: "Pay 48.00 TEUR by a transaction" });
  const isIn = (page: Page) =>
    visible(page.getByRole("heading", { name: "You are in: seat confirmed" }));

  it("pays by a signature, after a no, and knows it again after a reload", async () => {
    const { page, wallet } = await open();
    wallet.decide = async () => "no";
    await signButton(page).click();
    await visible(page.getByText("You said no in the wallet. Nothing happened."));
    wallet.decide = async (_method, params) => params;
    await signButton(page).click();
    const waiting = page.getByText("Signed. Waiting for the chain");
    await visible(waiting);
    await page.reload();
    await visible(waiting);
    expect(await signButton(page).count()).to.equal(0);
    await relay();
    await settle(house);
    await isIn(page);
    expect(wallet.asked).to.deep.equal([SIGN, SIGN]);
    await page.context().close();
  });

  it("pays by a transaction, for which the price is allowed first", async () => {
    const { page, wallet, account } = await open();
    await sendButton(page).click();
    await visible(page.getByRole("alert").getByText("There is too little in your wallet"));
    await giveCoin(house, account);
    await sendButton(page).click();
    await visible(page.getByText("The chain has your payment"));
    await settle(house);
    await isIn(page);
    expect(wallet.asked).to.deep.equal([SEND, SEND]);
    await page.context().close();
  });

  it("says so when the chain does not take the signature any more", async () => {
    const { page, wallet, account } = await open();
    await signButton(page).click();
    await visible(page.getByText("Signed. Waiting for the chain"));
    await giveCoin(house, account);
    await house.rpc(SEND, { from: account.address, to: house.token, data: giveAway(48_000_000n) });
    await relay();
    await visible(page.getByRole("alert").getByText("The chain did not take your signature"));
    await signButton(page).click();
    await visible(page.getByRole("alert").getByText("There is too little in your wallet"));
    expect(wallet.asked).to.deep.equal([SIGN]);
    await page.context().close();
  });

  it("says that the time is over, and asks the wallet for nothing then", async () => {
    const { page, order, wallet } = await open();
    await house.db.query({
      text: "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
      values: [order.id],
    });
    await page.reload();
    await visible(page.getByText("The time to pay is over"));
    expect(await page.getByRole("button", { name: /^Pay / }).count()).to.equal(0);
    expect(wallet.asked).to.deep.equal([]);
    await page.context().close();
  });
});

/** ERC-20's transfer, to nobody in particular. */
function giveAway(value: bigint): string {
  return `0xa9059cbb${"1".padStart(64, "0")}${value.toString(16).padStart(64, "0")}`;
}

async function visible(locator: Locator): Promise<void> {
  await locator.waitFor({ state: "visible" });
}
