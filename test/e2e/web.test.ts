// A newcomer's way through the web page, in a real browser against a running instance.
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import type { Browser, Locator, Page } from "playwright-core";
import type { Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { launchBrowser } from "../support/browser.ts";

const JOURNEY_TIMEOUT_MS = 120_000;
const STEP_TIMEOUT_MS = 15_000;
/** Several blocks of the slowest chain that an instance under test mines. */
const MINT_TIMEOUT_MS = 60_000;
/** The map asks every two seconds. */
const SEAT_CHANGE_TIMEOUT_MS = 8_000;
const FIRST_LOAD_GZIP_BYTES_MAX = 170_000;
/** Half a seat on a map that is fitted to a desktop window. */
const MAP_STEP_PX = 10;
const TABS_MAX = 40;
const ROWS_MAX = 20;
const SEATS_PER_ROW_MAX = 60;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** EIP-1193: the code of a person's no. */
const USER_REJECTED = 4001;
/** A wallet as an extension puts it into the page; its key stays outside, as in a real one. */
const INJECTED_WALLET = `window.ethereum = {
  request: async ({ method, params = [] }) => {
    const { result, code } = await window.askWallet(method, params);
    if (code !== undefined) throw Object.assign(new Error("rejected"), { code });
    return result;
  },
};`;

interface Watched {
  page: Page;
  complaints: string[];
}

describe("web page", function () {
  this.timeout(JOURNEY_TIMEOUT_MS);
  let browser: Browser;
  let baseUrl: string;

  before(async function () {
    baseUrl = requireBaseUrl();
    const launched = await launchBrowser();
    if (launched === null) {
      process.stdout.write(
        "\n!!! NO CHROMIUM FOUND: the web page is NOT tested on this machine.\n\n",
      );
      this.skip();
    }
    browser = launched;
  });

  after(async () => {
    await browser?.close();
  });

  it("takes a newcomer from the address to two tickets with numbers and a transaction", async () => {
    const { page, complaints } = await open("/");
    const events = page.waitForRequest("**/v1/orders/*/events", { timeout: MINT_TIMEOUT_MS });
    await expectVisible(page.getByRole("heading", { level: 1, name: await firstEventName() }));
    const seats = await pickOnMap(page, 2);
    await page.getByRole("button", { name: "Hold 2 seats" }).click();
    await signIn(page, "Fan 1");

    await expectVisible(page.getByRole("heading", { name: "Your seats are on hold" }));
    for (const seat of seats) await expectVisible(page.getByText(seat, { exact: true }));
    expect(await page.getByRole("timer").textContent()).to.match(/^\d{1,2}:\d\d$/);
    await page.getByRole("button", { name: "Continue to payment" }).click();

    await page.getByLabel("Card that works").check();
    await page.getByRole("button", { name: /^Pay / }).click();
    await expectVisible(page.getByRole("heading", { name: "You are in: seats confirmed" }));
    await page.reload();
    await expectVisible(page.getByRole("heading", { name: "You are in: seats confirmed" }));

    const done = page.getByRole("link", { name: "See your tickets" });
    await done.waitFor({ timeout: MINT_TIMEOUT_MS });
    const numbers = await page.locator(".mint-number .number").allTextContents();
    expect(new Set(numbers).size).to.equal(2);
    await untilFinal(page, 2);
    await events;
    await page.getByText("Proof on the chain").first().click();
    await expectVisible(page.getByText(/^0x[0-9a-f]{64}$/).first());
    await page.getByText("What happened so far").click();
    const steps = page.locator(".timeline strong");
    await steps.first().waitFor();
    const told = await steps.allTextContents();
    expect(told.slice(0, 3)).to.deep.equal(["Seats held", "Order made", "Paid"]);
    expect(told.filter((step) => step === "Ticket in the wallet")).to.have.lengthOf(2);

    await done.click();
    await expectVisible(page.getByRole("heading", { name: "Your tickets" }));
    // The demo's fan is the same one: its order is told of as well.
    const notices = page.getByText("Your tickets are in your wallet");
    await expectVisible(notices.first());
    await page.getByRole("button", { name: "Got it" }).click();
    await notices.first().waitFor({ state: "detached" });
    for (const number of numbers) {
      const ticket = page.getByRole("article").filter({ hasText: number });
      await expectVisible(ticket);
      expect(await ticket.textContent()).to.contain("Valid");
    }
    const first = page.getByRole("article").filter({ hasText: numbers[0] ?? "" });
    await first.getByRole("link", { name: /^Open/ }).click();
    await page.getByText("Proof on the chain").click();
    await expectVisible(page.getByText(/^0x[0-9a-f]{64}$/));
    expect(complaints).to.deep.equal([]);
  });

  it("charges nothing for a declined card and lets the fan try another", async () => {
    const { page, complaints } = await open("/");
    await pickOnMap(page, 1);
    await page.getByRole("button", { name: "Hold 1 seat" }).click();
    await signIn(page, "Fan 2");
    await page.getByRole("button", { name: "Continue to payment" }).click();

    await page.getByLabel("Card that declines").check();
    await page.getByRole("button", { name: /^Pay / }).click();
    const refusal = page.getByRole("alert");
    await expectVisible(refusal.getByText("The payment was declined"));
    expect(await refusal.textContent()).to.contain("Nothing was charged");
    // A closed tab or a reload: the order is still there to be paid.
    await page.reload();
    await page.getByLabel("Card that works").check();
    // Without events the page asks, and the fan sees the same.
    await page.route("**/v1/orders/*/events", (route) => route.fulfill({ status: 503 }));
    await page.getByRole("button", { name: /^Pay / }).click();
    await expectVisible(page.getByRole("heading", { name: "You are in: seat confirmed" }));
    await page.reload();
    await untilFinal(page, 1);
    // The browser itself reports what is refused here; nothing else may be there.
    expect(complaints.filter((complaint) => !/402|503/.test(complaint))).to.deep.equal([]);
  });

  it("says which seat was just taken and keeps the fan's other pick", async () => {
    const slow = await open("/");
    const [lost = "", kept = ""] = await pickOnMap(slow.page, 2);
    const quick = await open("/");
    await pickInList(quick.page, lost);
    await quick.page.getByRole("button", { name: "Hold 1 seat" }).click();
    await signIn(quick.page, "Fan 3");
    await expectVisible(quick.page.getByRole("heading", { name: "Your seats are on hold" }));

    const notice = slow.page.getByRole("alert").filter({ hasText: "Just taken" });
    await notice.waitFor({ timeout: SEAT_CHANGE_TIMEOUT_MS });
    expect(await notice.textContent()).to.contain(shortName(lost));
    await expectVisible(slow.page.getByRole("button", { name: `Put back ${kept}` }));
    await expectVisible(slow.page.getByRole("button", { name: "Hold 1 seat" }));

    await quick.page.getByRole("button", { name: "Give the seats back" }).click();
    await expectVisible(quick.page.getByRole("heading", { name: "Choose your seats" }));
    expect([...slow.complaints, ...quick.complaints]).to.deep.equal([]);
  });

  it("holds the best seats left, by keyboard alone, and gives them more time once", async () => {
    const { page, complaints } = await open("/");
    const best = page.getByRole("form", { name: "Best available" });
    await best.getByLabel("How many").selectOption("3");
    await best.getByLabel("Where").selectOption({ index: 3 });
    await best.getByLabel("Where").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await signIn(page, "Fan 3");
    await expectVisible(page.getByRole("heading", { name: "Your seats are on hold" }));
    const seats = await page.locator(".bill dt").allTextContents();
    const numbers = seats.map((seat) => Number(/seat (\d+)/.exec(seat)?.[1]));
    expect(numbers.filter((number) => number > 0)).to.have.lengthOf(3);
    expect(numbers.slice(0, 3)).to.deep.equal([0, 1, 2].map((more) => (numbers[0] ?? 0) + more));

    const more = page.getByRole("button", { name: "Need more time?" });
    await more.click();
    await more.waitFor({ state: "detached" });
    await expectVisible(page.getByRole("timer"));
    await page.reload();
    await expectVisible(page.getByRole("button", { name: "Give the seats back" }));
    expect(await more.count()).to.equal(0);
    await page.getByRole("button", { name: "Give the seats back" }).click();
    await expectVisible(page.getByRole("heading", { name: "Choose your seats" }));
    expect(complaints).to.deep.equal([]);
  });

  it("lets the keyboard alone pick a seat", async () => {
    const { page, complaints } = await open("/");
    await expectVisible(page.getByRole("heading", { name: "Seats by row" }));
    await tabTo(page, ".seat-list summary:focus");
    await page.keyboard.press("Enter");
    await tabTo(page, ".seat-button:focus");
    await walkToFreeSeat(page);
    await page.keyboard.press("Enter");
    await expectVisible(page.locator(".seat-button[aria-pressed='true']:focus"));
    await expectVisible(page.getByRole("button", { name: "Hold 1 seat" }));
    expect(complaints).to.deep.equal([]);
  });

  it("signs in with the browser's own wallet, and takes its no for an answer", async () => {
    const { page, complaints } = await newPage();
    const account = privateKeyToAccount(generatePrivateKey());
    let isWilling = false;
    await page.exposeFunction("askWallet", async (method: string, [data]: Hex[]) => {
      if (method === "eth_requestAccounts") return { result: [account.address.toLowerCase()] };
      if (!isWilling) return { code: USER_REJECTED };
      return { result: await account.signMessage({ message: { raw: data ?? "0x" } }) };
    });
    await page.addInitScript(INJECTED_WALLET);
    await page.goto(baseUrl);
    await page.getByRole("button", { name: "Sign in" }).click();
    const choose = page.getByRole("button", { name: "Your browser's wallet" });
    await choose.click();
    await expectVisible(page.getByText("You said no in the wallet"));
    isWilling = true;
    await choose.click();
    await page.getByRole("button", { name: /^Signed in as 0x/ }).click();
    await expectVisible(page.getByText(account.address.toLowerCase()));
    await page.getByRole("button", { name: "Sign out" }).click();
    await expectVisible(page.getByRole("button", { name: "Sign in" }));
    expect(complaints).to.deep.equal([]);
  });

  it("asks a fan who was signed out elsewhere to sign in, then goes on", async () => {
    const { page } = await open("/");
    await page.getByRole("button", { name: "Sign in" }).click();
    await signIn(page, "Fan 4");
    await pickOnMap(page, 1);
    // Another tab of the same browser ends the session.
    await page.request.delete(new URL("/v1/auth/session", baseUrl).href);
    await page.getByRole("button", { name: "Hold 1 seat" }).click();
    await expectVisible(page.getByText("You were signed out meanwhile"));
    await signIn(page, "Fan 4");
    await expectVisible(page.getByRole("heading", { name: "Your seats are on hold" }));
    await page.getByRole("button", { name: "Give the seats back" }).click();
    await expectVisible(page.getByRole("heading", { name: "Choose your seats" }));
  });

  it("says how old the map is while the network is away, and recovers by itself", async () => {
    const { page } = await open("/");
    await pickOnMap(page, 1);
    await page.context().setOffline(true);
    await expectVisible(page.getByText("Reconnecting…"));
    await expectVisible(page.getByRole("button", { name: "Hold 1 seat" }));
    await page.context().setOffline(false);
    await page.getByText("Reconnecting…").waitFor({ state: "detached" });
  });

  it("zooms in at a finger's first tap and picks at its second", async () => {
    const { page } = await open("/", { isPhone: true });
    const map = page.getByRole("img", { name: /^Seat map/ });
    await map.scrollIntoViewIfNeeded();
    await map.tap();
    await expectVisible(page.getByRole("button", { name: "Zoom out", disabled: false }));
    const box = await boxOf(map);
    const hold = page.getByRole("button", { name: "Hold 1 seat" });
    for (let y = MAP_STEP_PX; y < box.height; y += 2 * MAP_STEP_PX) {
      await page.touchscreen.tap(box.x + box.width / 2, box.y + y);
      if (await hold.isVisible()) return;
    }
    expect.fail("no tap on the zoomed map picked a seat");
  });

  it("loads at most 170 kB compressed before somebody signs in", async () => {
    const { page } = await newPage();
    const loads: Promise<number>[] = [];
    page.on("response", (response) => {
      if (!new URL(response.url()).pathname.startsWith("/v1/")) {
        loads.push(response.body().then((body) => gzipSync(body).length));
      }
    });
    await page.goto(baseUrl);
    await expectVisible(page.getByRole("img", { name: /^Seat map/ }));
    const bytes = (await Promise.all(loads)).reduce((sum, size) => sum + size, 0);
    expect(bytes).to.be.within(1, FIRST_LOAD_GZIP_BYTES_MAX);
  });

  async function open(path: string, options: { isPhone?: boolean } = {}): Promise<Watched> {
    const watched = await newPage(options);
    await watched.page.goto(new URL(path, baseUrl).href);
    return watched;
  }

  /** A browser profile of its own, watched for errors and for requests to anybody else. */
  async function newPage({ isPhone = false } = {}): Promise<Watched> {
    const viewport = isPhone ? PHONE : DESKTOP;
    const context = await browser.newContext({ viewport, hasTouch: isPhone, isMobile: isPhone });
    const page = await context.newPage();
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== "data:" && origin !== new URL(baseUrl).origin) {
        complaints.push(`left the origin for ${request.url()}`);
      }
    });
    return { page, complaints };
  }

  async function firstEventName(): Promise<string> {
    const signal = AbortSignal.timeout(STEP_TIMEOUT_MS);
    const response = await fetch(new URL("/v1/events", baseUrl), { signal });
    const { events } = (await response.json()) as { events: { name: string }[] };
    return events[0]?.name ?? expect.fail("the instance has no event on sale");
  }
});

function requireBaseUrl(): string {
  const url = process.env.STAGEDOOR_URL;
  if (url !== undefined && url !== "") return url;
  throw new Error(
    "Set STAGEDOOR_URL to the address of a running instance, as ./stagedoor test does.",
  );
}

async function signIn(page: Page, fan: string): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Sign in" });
  await dialog.getByRole("button", { name: fan }).click();
  await dialog.waitFor({ state: "detached" });
}

/** As a fan does it: hover until the label says free, then click. Answers the seats' names. */
async function pickOnMap(page: Page, count: number): Promise<string[]> {
  const map = page.getByRole("img", { name: /^Seat map/ });
  await map.scrollIntoViewIfNeeded();
  const box = await boxOf(map);
  const label = page.locator(".seat-label");
  const picked: string[] = [];
  for (let y = box.height / 2; y < box.height; y += MAP_STEP_PX) {
    for (let x = box.width / 3; x < box.width; x += MAP_STEP_PX) {
      await page.mouse.move(box.x + x, box.y + y);
      // The label follows the pointer with the next frame.
      await page.evaluate("new Promise((resolve) => requestAnimationFrame(resolve))");
      const free = label.filter({ hasText: "· free" });
      if ((await free.count()) === 0) continue;
      picked.push((await free.locator("strong").textContent()) ?? "");
      await page.mouse.click(box.x + x, box.y + y);
      await expectVisible(label.getByText("your pick"));
      if (picked.length === count) return picked;
    }
  }
  return expect.fail(`only ${picked.length} of ${count} seats were free on the map`);
}

async function pickInList(page: Page, seat: string): Promise<void> {
  const [section = ""] = seat.split(", ");
  await page.locator(".seat-list summary", { hasText: section }).click();
  const name = new RegExp(`^${shortName(seat)}, .*, free$`);
  await page
    .getByRole("group", { name: new RegExp(`^${section}, `) })
    .getByRole("button", { name })
    .click();
}

/** "Stalls, row C, seat 7" is "Row C, seat 7" where the section is clear. */
function shortName(seat: string): string {
  return seat.slice(seat.indexOf(", ") + 2).replace("row", "Row");
}

async function tabTo(page: Page, focused: string): Promise<void> {
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    await page.keyboard.press("Tab");
    if ((await page.locator(focused).count()) > 0) return;
  }
  expect.fail(`${TABS_MAX} presses of Tab do not reach ${focused}`);
}

/** Along a row with the arrow, to the next row with Tab. */
async function walkToFreeSeat(page: Page): Promise<void> {
  const free = page.locator(".seat-button.is-free:focus");
  for (let row = 0; row < ROWS_MAX; row += 1) {
    for (let seat = 0; seat < SEATS_PER_ROW_MAX; seat += 1) {
      if ((await free.count()) > 0) return;
      await page.keyboard.press("ArrowRight");
    }
    await page.keyboard.press("Tab");
  }
  expect.fail(`no free seat in ${ROWS_MAX} rows`);
}

/** Every ticket of the order has gone through all of its stages. */
async function untilFinal(page: Page, tickets: number): Promise<void> {
  const last = page.locator(".mint-steps li:last-child.is-reached", { hasText: "Final" });
  await last.nth(tickets - 1).waitFor({ timeout: MINT_TIMEOUT_MS });
}

async function boxOf(locator: Locator) {
  return (await locator.boundingBox()) ?? expect.fail("the map is not on the screen");
}

async function expectVisible(locator: Locator): Promise<void> {
  await locator.waitFor({ state: "visible", timeout: STEP_TIMEOUT_MS });
}
