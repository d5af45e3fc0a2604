// A real Chromium for the tests of the web page, if this machine has one.
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const LAUNCH_TIMEOUT_MS = 30_000;

const KNOWN_PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Quiet, so that every request seen is the page's own; no sandbox, as CI runs as root. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Null where there is no Chromium: the caller then skips, and says so. */
export async function launchBrowser(): Promise<Browser | null> {
  const executablePath = findChromium();
  if (executablePath === undefined) return null;
  // Each launch gets a profile folder of its own, which goes away with it.
  return chromium.launch({
    executablePath,
    headless: true,
    args: FLAGS,
    timeout: LAUNCH_TIMEOUT_MS,
  });
}

function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named === undefined || named === "") return KNOWN_PATHS.find((path) => existsSync(path));
  if (existsSync(named)) return named;
  throw new Error(`CHROMIUM_PATH names ${named}, which does not exist.`);
}
