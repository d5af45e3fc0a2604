// An account in a real browser: its devices, and passkeys of Chromium's own virtual authenticator.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import type { Browser, BrowserContext, CDPSession, Locator, Page } from "playwright-core";
import { ROUTES } from "#server/api/routes.ts";
import { launchBrowser } from "../support/browser.ts";
import { requireVariable } from "../support/variables.ts";

const JOURNEY_TIMEOUT_MS = 90_000;
const STEP_TIMEOUT_MS = 15_000;
/** A fan of the development wallet that no other journey plays. */
const FAN = "Fan 5";

/** A phone's own: it keeps the passkey and asks for a fingerprint, which is always right here. */
const AUTHENTICATOR = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const;

/** Every route that changes something; the ids in their paths are made up. */
const WRITES = Object.values(ROUTES)
  .filter(({ method }) => method !== "GET")
  .map(({ method, path }) => ({ method, path: path.replace(/:\w+/g, "x") }));

interface Device {
  context: BrowserContext;
  page: Page;
  complaints: string[];
}

describe("account page", function () {
  this.timeout(JOURNEY_TIMEOUT_MS);
  let browser: Browser;
  let baseUrl: string;
  const devices: Device[] = [];

  before(async function () {
    baseUrl = requireVariable("STAGEDOOR_URL");
    const launched = await launchBrowser();
    if (launched === null) {
      process.stdout.write("\n!!! NO CHROMIUM FOUND: the account page is NOT tested here.\n\n");
      this.skip();
    }
    browser = launched;
  });
  after(async () => {
    await browser?.close();
  });
  afterEach(async () => {
    for (const { context } of devices.splice(0)) await context.close();
  });

  it("adds a passkey, signs in with it, and knows it no more once it is deleted", async () => {
    const { page, complaints } = await newDevice();
    await addAuthenticator(page);
    await signInAsFan(page);
    await openAccount(page);
    await expectVisible(page.getByText("Sign in by fingerprint, face or PIN"));
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await expectVisible(page.getByText("A passkey was added."));
    await signOut(page);

    await signInWithPasskey(page);
    await openAccount(page);
    const here = page.getByRole("listitem").filter({ hasText: "This device" });
    expect(await here.textContent()).to.match(/Chrome on \w+This devicePasskey, seen/);
    await page.getByRole("button", { name: /^Delete the passkey of / }).click();
    await expectVisible(page.getByText("Deleted the passkey of "));
    // The button is gone with its row; the keyboard goes on from the list's title.
    await expectVisible(page.locator("h3:focus", { hasText: "Passkeys" }));
    await signOut(page);
    expect(complaints).to.deep.equal([]);

    await signInButton(page).click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expectVisible(page.getByText("This passkey does not sign you in here"));
  });

  it("takes a synced passkey on a device that never saw the wallet", async () => {
    const first = await newDevice();
    const made = await addAuthenticator(first.page);
    await signInAsFan(first.page);
    await openAccount(first.page);
    await first.page.getByRole("button", { name: "Add a passkey" }).click();
    await expectVisible(first.page.getByText("A passkey was added."));
    const account = await first.page.locator("dialog .hash").textContent();

    const second = await newDevice();
    const target = await addAuthenticator(second.page);
    const { credentials } = await made.session.send("WebAuthn.getCredentials", made.which);
    for (const credential of credentials) {
      await target.session.send("WebAuthn.addCredential", { ...target.which, credential });
    }
    await signInWithPasskey(second.page);
    await openAccount(second.page);
    expect(await second.page.locator("dialog .hash").textContent()).to.equal(account);
    await second.page.getByRole("button", { name: /^Delete the passkey of / }).click();
    await expectVisible(second.page.getByText("Deleted the passkey of "));
    await signOut(second.page);
    expect([...first.complaints, ...second.complaints]).to.deep.equal([]);
  });

  it("takes a person's no for an answer", async () => {
    const { page, complaints } = await newDevice();
    const { session, which } = await addAuthenticator(page);
    await session.send("WebAuthn.setUserVerified", { ...which, isUserVerified: false });
    await signInAsFan(page);
    await openAccount(page);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await expectVisible(page.getByText("No passkey was used, or it took too long."));
    await signOut(page);
    await signInButton(page).click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expectVisible(page.getByText("No passkey was used, or it took too long."));
    await expectVisible(page.getByRole("button", { name: FAN }));
    expect(complaints).to.deep.equal([]);
  });

  it("shows where a wallet is signed in, and ends it there at once", async () => {
    const [lost, second, here] = [await newDevice(), await newDevice(), await newDevice()];
    for (const { page } of [lost, second, here]) await signInAsFan(page);
    await openAccount(here.page);
    const end = here.page.getByRole("button", { name: /^Sign out Chrome on / });
    await expectVisible(end.first());
    const before = await end.count();
    expect(before).to.be.at.least(2);
    await end.first().click();
    await expectVisible(here.page.getByText(/^Signed out: Chrome on /));
    await expectVisible(here.page.locator("h3:focus", { hasText: "Signed-in devices" }));
    await here.page.getByRole("button", { name: "Sign out everywhere else" }).click();
    await expectVisible(here.page.getByText("Signed out everywhere else."));
    await end.first().waitFor({ state: "detached" });
    await expectVisible(here.page.getByText("This device", { exact: true }));

    for (const { page } of [lost, second]) {
      await page.reload();
      await expectVisible(signInButton(page));
    }
    await signOut(here.page);
    expect(here.complaints).to.deep.equal([]);
  });

  for (const host of ["localhost", "127.0.0.1"]) {
    it(`lets no page of ${host} on another port act for whoever is signed in`, async () => {
      const { page } = await newDevice();
      await signInAsFan(page);
      const evil = createServer((_request, response) => {
        response.setHeader("content-type", "text/html").end("<title>Win tickets</title>");
      });
      await new Promise<void>((resolve) => evil.listen(0, host, resolve));
      try {
        const from = `http://${host}:${(evil.address() as AddressInfo).port}/`;
        for (const { method, path } of WRITES) {
          await page.goto(from);
          const url = new URL(path, baseUrl).href;
          if (method === "POST") expect(await submitForm(page, url), path).to.equal(403);
          // Browsers ask before they send anything else, and are not told yes.
          else expect(await page.evaluate(sendDelete(url)), path).to.equal("refused");
        }
      } finally {
        await new Promise((resolve) => evil.close(resolve));
      }
      await page.goto(new URL("/tickets", baseUrl).href);
      await openAccount(page);
      await signOut(page);
    });
  }

  /** A browser profile of its own, watched for errors. */
  async function newDevice(): Promise<Device> {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    const device = { context, page, complaints };
    devices.push(device);
    await page.goto(new URL("/tickets", baseUrl).href);
    return device;
  }
});

/** As a page of any site can: a form takes its visitor, cookies and all, wherever it says. */
async function submitForm(page: Page, url: string): Promise<number> {
  const answer = page.waitForResponse(url);
  await page.evaluate(`{
    const form = document.createElement("form");
    Object.assign(form, { method: "post", enctype: "text/plain", action: ${JSON.stringify(url)} });
    document.body.append(form);
    form.submit();
  }`);
  const response = await answer;
  await page.waitForURL(url);
  return response.status();
}

function sendDelete(url: string): string {
  const init = JSON.stringify({ method: "DELETE", credentials: "include" });
  return `fetch(${JSON.stringify(url)}, ${init}).then(() => "sent", () => "refused")`;
}

async function addAuthenticator(
  page: Page,
): Promise<{ session: CDPSession; which: { authenticatorId: string } }> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const options = { options: AUTHENTICATOR };
  return { session, which: await session.send("WebAuthn.addVirtualAuthenticator", options) };
}

/** The one in the bar on top; an empty screen has another. */
function signInButton(page: Page): Locator {
  return page.getByRole("banner").getByRole("button", { name: "Sign in", exact: true });
}

async function signInAsFan(page: Page): Promise<void> {
  await signInButton(page).click();
  const dialog = page.getByRole("dialog", { name: "Sign in" });
  await dialog.getByRole("button", { name: FAN }).click();
  await dialog.waitFor({ state: "detached" });
}

async function signInWithPasskey(page: Page): Promise<void> {
  await signInButton(page).click();
  const dialog = page.getByRole("dialog", { name: "Sign in" });
  await dialog.getByRole("button", { name: "Sign in with a passkey" }).click();
  await dialog.waitFor({ state: "detached" });
}

async function openAccount(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Signed in as 0x/ }).click();
  await expectVisible(page.getByRole("heading", { name: "Signed-in devices" }));
}

async function signOut(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Your account" });
  await dialog.getByRole("button", { name: "Sign out", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

async function expectVisible(locator: Locator): Promise<void> {
  await locator.waitFor({ state: "visible" });
}
