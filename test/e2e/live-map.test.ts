// The seat map of the page while others buy: alive, honest where it cannot be, and behind a puzzle.
import { createChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { generatePrivateKey } from "viem/accounts";
import { type Client, createClient } from "#scripts/demo-client.ts";
import { systemClock } from "#server/platform/clock.ts";
import { launchBrowser } from "../support/browser.ts";
import { requireVariable } from "../support/variables.ts";

const SUITE_LIMIT_MS = 90_000;
const STEP_TIMEOUT_MS = 15_000;
/** The API tells within a second; a busy machine draws a moment later. */
const LIVE_MS = 2_500;
const POLLED_MS = 9_000;
const SECRETS = { hmacSignatureSecret: "one", hmacKeySignatureSecret: "two" };

describe("live seat map in the page", function () {
  this.timeout(SUITE_LIMIT_MS);
  let browser: Browser;
  let fan: Client;
  let eventId: string;
  let baseUrl: string;
  before(async function () {
    baseUrl = requireVariable("STAGEDOOR_URL");
    const launched = await launchBrowser();
    if (launched === null) this.skip();
    browser = launched as Browser;
    fan = createClient(baseUrl, generatePrivateKey());
    await fan.signIn();
    const { events } = await fan.call("listEvents", { query: { limit: 1 } });
    eventId = events[0]?.id ?? expect.fail("the instance has no event on sale");
  });
  after(() => browser?.close());

  async function open(prepare: (page: Page) => Promise<unknown> = async () => undefined) {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) complaints.push(message.text());
    });
    await prepare(page);
    await page.goto(new URL(`/events/${eventId}`, baseUrl).href);
    await page.locator(".seat-list summary").first().waitFor();
    for (const summary of await page.locator(".seat-list summary").all()) await summary.click();
    await page.locator(".seat-button.is-free").first().waitFor();
    return { page, complaints };
  }

  /** A seat that is free, with the button of it in the list. */
  async function freeSeat(page: Page) {
    const { seats } = await fan.call("getEvent", { params: { eventId } });
    const { held, sold } = await fan.call("getSeatStates", { params: { eventId } });
    const taken = new Set([...held, ...sold]);
    const found = seats.find(({ seat }) => !taken.has(seat)) ?? expect.fail("no seat is free");
    const name = new RegExp(`^Row ${found.row}, seat ${found.number}, `);
    const group = page.getByRole("group", { name: new RegExp(`^${found.section}, row `) });
    return { seat: found.seat, button: group.getByRole("button", { name }) };
  }

  /** Until the button says so; answers after how many milliseconds. */
  async function says(button: ReturnType<Page["locator"]>, state: string, limitMs: number) {
    const startedMs = systemClock.monotonicMs();
    await button
      .and(button.page().locator(`[aria-label$=", ${state}"]`))
      .waitFor({ timeout: limitMs });
    return systemClock.monotonicMs() - startedMs;
  }

  it("shows another fan's hold, and its end, as they happen", async () => {
    const { page, complaints } = await open();
    const { seat, button } = await freeSeat(page);
    const made = await fan.call("createHold", { params: { eventId }, body: { seats: [seat] } });
    const heldMs = await says(button, "on hold", LIVE_MS);
    await fan.call("releaseHold", { params: { eventId, holdId: made.id } });
    const freedMs = await says(button, "free", LIVE_MS);
    process.stdout.write(
      `      shown after ${Math.round(heldMs)} ms and ${Math.round(freedMs)} ms\n`,
    );
    expect(complaints).to.deep.equal([]);
  });

  it("asks for the map again and again where events do not come through", async () => {
    const { page } = await open((each) =>
      each.route("**/seats/changes*", (route) => route.fulfill({ status: 503, body: "" })),
    );
    const { seat, button } = await freeSeat(page);
    const made = await fan.call("createHold", { params: { eventId }, body: { seats: [seat] } });
    await says(button, "on hold", POLLED_MS);
    await fan.call("releaseHold", { params: { eventId, holdId: made.id } });
    await says(button, "free", POLLED_MS);
  });

  it("solves the puzzle that a sale asks for, under the page's own policy", async () => {
    const challenge = await createChallenge({
      ...SECRETS,
      algorithm: "PBKDF2/SHA-256",
      cost: 1_000,
      counter: 150,
      deriveKey,
    });
    const proofs: string[] = [];
    const json = { contentType: "application/json" };
    const { page, complaints } = await open(async (each) => {
      await each.route("**/holds", async (route) => {
        const proof = route.request().headers()["proof-of-work"];
        if (proof !== undefined) {
          proofs.push(proof);
          return route.continue();
        }
        const problem = { code: "hold/proof-required", retry: "new", detail: "Solve a challenge." };
        return route.fulfill({ status: 428, ...json, body: JSON.stringify(problem) });
      });
      await each.route("**/challenge", (route) => {
        const body = { required: true, challenge, expiresAt: null };
        return route.fulfill({ status: 201, ...json, body: JSON.stringify(body) });
      });
    });
    await page.locator(".seat-button.is-free").first().click();
    await page.getByRole("button", { name: "Hold 1 seat" }).click();
    const dialog = page.getByRole("dialog", { name: "Sign in" });
    await dialog.getByRole("button", { name: "Fan 5" }).click();
    await page.getByRole("heading", { name: "Your seats are on hold" }).waitFor();
    const [proof = ""] = proofs;
    const solved = JSON.parse(Buffer.from(proof, "base64").toString());
    expect(await verifySolution({ ...SECRETS, ...solved, deriveKey })).to.include({
      verified: true,
    });
    await page.getByRole("button", { name: "Give the seats back" }).click();
    expect(complaints).to.deep.equal([]);
  });
});
