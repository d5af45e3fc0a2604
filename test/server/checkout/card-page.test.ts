// The page of an order that is paid by card, in a real browser: to Stripe's page and back, or back without.
import { tmpdir } from "node:os";
import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Client } from "#scripts/demo-client.ts";
import { buildWeb, isWebStale } from "#scripts/up-web.ts";
import { launchBrowser } from "../../support/browser.ts";
import { order as makeOrder, stalls } from "../../support/buy.ts";
import { injectWallet, openPageWallet } from "../../support/page-wallet.ts";
import { openStripeRig, type StripeRig } from "../../support/payment-rig.ts";

const SUITE_LIMIT_MS = 120_000;
const STEP_TIMEOUT_MS = 15_000;
/** Of coming back to seeing the truth, with no webhook told. */
const TRUTH_MS = 3_000;
const STRIPE = "https://checkout.stripe.test/**";
const PAID = "You are in: seat confirmed";

describe("the page of an order that is paid by card", function () {
  this.timeout(SUITE_LIMIT_MS);
  let rig: StripeRig;
  let browser: Browser;
  let row = 0;
  before(async function () {
    const launched = await launchBrowser();
    if (launched === null) {
      process.stdout.write("\n!!! NO CHROMIUM FOUND: paying by card is NOT tested here.\n\n");
      this.skip();
    }
    browser = launched;
    const signal = AbortSignal.timeout(SUITE_LIMIT_MS);
    if (isWebStale()) await buildWeb({ logs: tmpdir(), signal });
    rig = await openStripeRig();
  });
  after(async () => {
    await browser?.close();
    await rig?.close();
  });

  /** An order on the screen of its fan, whose way leads to a page that stands in for Stripe's. */
  async function open() {
    const { house } = rig;
    const fan = await house.fan();
    row += 1;
    const { id } = await makeOrder(house, fan, stalls(row, 1));
    const context = await browser.newContext();
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    await injectWallet(context, walletOf(fan));
    await showStripe(context);
    const page = await context.newPage();
    await page.goto(`${house.url}/orders/${id}`);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Your browser's wallet" }).click();
    return { id, context, page };
  }

  function walletOf({ account }: Client) {
    const { chainId } = rig.house.chain.deployment;
    const rpc = async () => {
      throw new Error("Nobody asks the chain to pay by card.");
    };
    return openPageWallet({ account, chainId, rpc });
  }

  /** Only the page is ours: what it was made with, paid with and asked for is the fake's. */
  async function showStripe(context: BrowserContext): Promise<void> {
    await context.route(STRIPE, async (route) => {
      const url = route.request().url();
      const session = rig.fake.books.sessions.get(url.split("/").at(-1) ?? "");
      const link = (name: string) => `<a href="${session?.made[`${name}_url`]}">${name}</a>`;
      const body = `<title>Stripe</title>${link("success")} ${link("cancel")}`;
      await route.fulfill({ contentType: "text/html", body });
    });
  }

  const pay = (page: Page) => page.getByRole("button", { name: /^Pay €48\.00 by card$/ });

  async function goToStripe(page: Page): Promise<string> {
    await pay(page).click();
    await page.getByRole("link", { name: "success" }).waitFor();
    return page.url();
  }

  it("tells a fan who comes back the truth at once, though nobody told us", async () => {
    const { id, context, page } = await open();
    const url = await goToStripe(page);
    rig.fake.pay(url);
    rig.fake.lose();
    const startedMs = performance.now();
    await page.getByRole("link", { name: "success" }).click();
    await page.getByText(PAID).waitFor();
    expect(performance.now() - startedMs).to.be.below(TRUTH_MS);
    expect(rig.kept(id)).to.equal(4_800n);
    expect(new URL(page.url()).search, "a reload asks nothing twice").to.equal("");
    await context.close();
  });

  it("lets a fan who turns back pay after all, with one payment for all tries", async () => {
    const { id, context, page } = await open();
    const first = await goToStripe(page);
    await page.getByRole("link", { name: "cancel" }).click();
    await pay(page).waitFor();
    expect(rig.kept(id)).to.equal(0n);
    const tab = await context.newPage();
    await tab.goto(page.url());
    expect(await goToStripe(tab), "the same page for both tabs").to.equal(first);
    expect(await goToStripe(page)).to.equal(first);
    await page.goBack();
    await pay(page).waitFor();
    rig.fake.pay(first);
    await tab.getByRole("link", { name: "success" }).click();
    await tab.getByText(PAID).waitFor();
    expect(rig.kept(id)).to.equal(4_800n);
    await context.close();
  });

  it("knows a payment whose browser was closed at Stripe's page", async () => {
    const { id, context, page } = await open();
    rig.fake.pay(await goToStripe(page));
    await page.close();
    await rig.fake.deliver(rig.house.url);
    await rig.sweep();
    const again = await context.newPage();
    await again.goto(`${rig.house.url}/orders/${id}`);
    await again.getByText(PAID).waitFor();
    expect(rig.kept(id)).to.equal(4_800n);
    await context.close();
  });
});
