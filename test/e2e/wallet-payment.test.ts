// A fan pays an order in the chain's coin: a real browser, a whole instance, and a wallet in the page.
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Browser, BrowserContext, Locator, Page, Route } from "playwright-core";
import { privateKeyToAccount } from "viem/accounts";
import { type Client, createClient } from "#scripts/demo-client.ts";
import { ANVIL_CHAIN_ID, ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { rpcCall } from "#scripts/services/json-rpc.ts";
import { startInstance, type TestInstance } from "#scripts/test-instance.ts";
import { launchBrowser } from "../support/browser.ts";
import { removeTemporary, temporaryHome } from "../support/launcher.ts";
import { createReadyDraft, of } from "../support/organise.ts";
import { injectWallet, openPageWallet, type PageWallet } from "../support/page-wallet.ts";

const SUITE_LIMIT_MS = 240_000;
const STEP_TIMEOUT_MS = 15_000;
/** Several blocks, the mirror, the worker, and the page's own look. */
const MINT_TIMEOUT_MS = 60_000;
const PUBLISHED_LIMIT_MS = 60_000;
const POLL_MS = 100;
/** More than two pages ask for that are told once. */
const STALE_ANSWERS = 4;
const RPC_TIMEOUT_MS = 10_000;
/** Given, so that nobody asks the chain beforehand what it takes. */
const GAS = "0x200000";
const ELSEWHERE = 1;
const SEND = "eth_sendTransaction";
const SWITCH = "wallet_switchEthereumChain";
/** A fan of the embedded chain whom nothing else plays. */
const FAN = ANVIL_ROLES.fan + 15;
/** 4500 gwei, as the event's only price is. */
const PRICE = "ETH 0.0000045";

describe("paying with the browser's wallet", function () {
  this.timeout(SUITE_LIMIT_MS);
  const stopping = new AbortController();
  let home: string;
  let instance: TestInstance;
  let browser: Browser;
  let eventId: string;

  before(async function () {
    const launched = await launchBrowser();
    if (launched === null) {
      process.stdout.write("\n!!! NO CHROMIUM FOUND: paying by wallet is NOT tested here.\n\n");
      this.skip();
    }
    browser = launched;
    home = temporaryHome();
    const options = { env: process.env, signal: stopping.signal };
    instance = await startInstance({ ...options, folder: dirname(home) });
    const operator = createClient(instance.url, anvilAccount(ANVIL_ROLES.admin).privateKey);
    await operator.signIn();
    eventId = await publishInCoin(operator);
  });
  after(async () => {
    stopping.abort();
    await browser?.close();
    const complaint = await instance?.stop();
    if (home !== undefined) removeTemporary(home);
    expect(complaint).to.equal(undefined);
  });

  const rpc = <T>(method: string, ...params: unknown[]) =>
    rpcCall({ url: instance.rpcUrl, method, params, timeoutMs: RPC_TIMEOUT_MS }) as Promise<T>;

  async function openBrowser() {
    const account = privateKeyToAccount(anvilAccount(FAN).privateKey);
    const wallet = openPageWallet({ account, chainId: ANVIL_CHAIN_ID, rpc });
    const context = await browser.newContext();
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    await injectWallet(context, wallet);
    const complaints: string[] = [];
    return { wallet, context, complaints, page: await newTab(context, complaints) };
  }

  /** From the address of the event to an order that waits for its payment. */
  async function order(page: Page): Promise<void> {
    await page.goto(new URL(`/events/${eventId}`, instance.url).href);
    await page.getByRole("banner").getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("button", { name: "Your browser's wallet" }).click();
    await page.getByRole("dialog", { name: "Sign in" }).waitFor({ state: "detached" });
    await page.locator(".seat-list summary").first().click();
    await page.locator(".seat-button.is-free").first().click();
    await page.getByRole("button", { name: "Hold 1 seat" }).click();
    await page.getByRole("button", { name: "Continue to payment" }).click();
    await visible(page.getByRole("heading", { name: "Pay for your seats" }));
  }

  const payButton = (page: Page) => page.getByRole("button", { name: /^Pay .* with your wallet$/ });

  const sentBy = async ({ account }: PageWallet) =>
    Number(await rpc<string>("eth_getTransactionCount", account.address, "latest"));

  it("takes a fan from a hold to a minted ticket, past a no, and sends once", async () => {
    const { wallet, page, context, complaints } = await openBrowser();
    const before = await sentBy(wallet);
    await order(page);
    await visible(page.locator(".bill-total").getByText(spaced(PRICE)));

    wallet.chainId = ELSEWHERE;
    wallet.decide = async (method, params) => (method === SEND ? "no" : params);
    await payButton(page).click();
    await visible(page.getByRole("alert").getByText("Your wallet is on another network"));
    expect(wallet.asked).to.deep.equal([]);
    await page.getByRole("button", { name: "Change the network" }).click();
    await visible(page.getByText("You said no in the wallet. Nothing happened."));
    expect(wallet.asked).to.deep.equal([SWITCH, SEND]);
    expect(wallet.chainId).to.equal(ANVIL_CHAIN_ID);
    expect(await sentBy(wallet)).to.equal(before);
    // A closed tab or a reload: the same order, and nothing was paid.
    await page.reload();

    const mirror = await holdBack(page);
    const decided = Promise.withResolvers<void>();
    wallet.decide = async (_method, params) => {
      await decided.promise;
      return params;
    };
    await payButton(page).click();
    await visible(page.getByText("Waiting for your wallet: say yes there to pay."));
    expect(await page.getByRole("timer").textContent()).to.match(/^\d{1,2}:\d\d$/);
    const second = await newTab(context, complaints);
    await second.goto(page.url());
    await payButton(second).click();
    await visible(second.getByRole("alert").getByText("You are paying in another tab"));
    decided.resolve();
    for (const tab of [page, second]) await visible(tab.getByText("The chain has your payment"));
    await visible(page.locator(".wallet-payment:focus-within, .wallet-payment:focus"));
    await page.reload();
    for (const tab of [page, second]) {
      await visible(tab.getByText("The chain has your payment"));
      expect(await payButton(tab).count()).to.equal(0);
    }

    // Both hear by an event that it is paid, and what they ask then is answered as before.
    await mirror.asked(mirror.count() + STALE_ANSWERS);
    await mirror.show();
    for (const tab of [page, second]) {
      await visible(tab.getByRole("heading", { name: "You are in: seat confirmed" }));
      const done = tab.getByRole("link", { name: "See your tickets" });
      await done.waitFor({ timeout: MINT_TIMEOUT_MS });
      expect(await tab.locator(".mint-number .number").count()).to.equal(1);
    }
    expect(await sentBy(wallet)).to.equal(before + 1);
    expect(wallet.asked).to.deep.equal([SWITCH, SEND, SEND]);
    await page.getByRole("link", { name: "See your tickets" }).click();
    await visible(page.getByRole("article").filter({ hasText: "Valid" }));
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  it("says that the chain did not take a payment, and lets the fan pay again", async () => {
    const { wallet, page, context, complaints } = await openBrowser();
    await order(page);
    const before = await sentBy(wallet);
    // As from a wallet that changes what it was asked to send.
    wallet.decide = async (_method, [sent]) => [{ ...(sent as object), value: "0x1", gas: GAS }];
    await payButton(page).click();
    await visible(page.getByRole("alert").getByText("The chain did not take the payment"));
    expect(await sentBy(wallet)).to.equal(before + 1);
    wallet.decide = async (_method, params) => params;
    await payButton(page).click();
    await visible(page.getByRole("heading", { name: "You are in: seat confirmed" }));
    expect(await sentBy(wallet)).to.equal(before + 2);
    expect(wallet.asked).to.deep.equal([SEND, SEND]);
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  it("says plainly what stands in the way, and asks the wallet for nothing then", async () => {
    const { wallet, page, context, complaints } = await openBrowser();
    await order(page);
    const { account } = wallet;
    wallet.account = privateKeyToAccount(anvilAccount(FAN + 1).privateKey);
    await payButton(page).click();
    await visible(page.getByRole("alert").getByText("Your wallet shows another account"));
    wallet.account = account;
    await rpc("anvil_setBalance", account.address, "0x1");
    await payButton(page).click();
    await visible(page.getByRole("alert").getByText("There is too little in your wallet"));
    expect(wallet.asked).to.deep.equal([]);

    // Another browser of the same fan, which has no wallet.
    const bare = await browser.newContext({ storageState: await context.storageState() });
    bare.setDefaultTimeout(STEP_TIMEOUT_MS);
    const other = await newTab(bare, complaints);
    await other.goto(page.url());
    await visible(other.getByText("This browser has no wallet"));
    expect(await payButton(other).count()).to.equal(0);
    expect(complaints).to.deep.equal([]);
    await Promise.all([context.close(), bare.close()]);
  });
});

/** Published by the organiser's own way; the worker of the instance puts it on chain. */
async function publishInCoin(operator: Client): Promise<string> {
  const draft = await createReadyDraft(operator, { currency: "ETH" });
  await operator.call("publishEvent", of(draft));
  const params = { eventId: draft.id };
  for (let waited = 0; waited < PUBLISHED_LIMIT_MS; waited += POLL_MS) {
    const { state } = await operator.call("getPublishing", { params });
    if (state === "published") return draft.id;
    await sleep(POLL_MS);
  }
  return expect.fail("the event was not published in time");
}

async function newTab(context: BrowserContext, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return page;
}

/** The box office shows the order as it is now, as with a mirror that is behind, until `show`. */
async function holdBack(page: Page) {
  const context = page.context();
  const path = new URL(page.url()).pathname;
  const now = await context.request.get(new URL(`/v1${path}`, page.url()).href);
  const body = await now.body();
  const pattern = `**/v1${path}`;
  let count = 0;
  const handler = (route: Route) => {
    count += 1;
    return route.fulfill({ status: 200, contentType: "application/json", body });
  };
  await context.route(pattern, handler);
  return {
    count: () => count,
    asked: async (times: number) => {
      for (let waited = 0; count < times; waited += POLL_MS) {
        if (waited > STEP_TIMEOUT_MS) expect.fail("the pages ask no more");
        await sleep(POLL_MS);
      }
    },
    show: () => context.unroute(pattern, handler),
  };
}

/** Intl puts a space between a code and its number that does not break. */
function spaced(price: string): RegExp {
  return new RegExp(price.replace(" ", "\\s").replaceAll(".", "\\."));
}

async function visible(locator: Locator): Promise<void> {
  await locator.waitFor({ state: "visible" });
}
