// Lets one of several launchers of this checkout install at a time.
import * as fs from "node:fs";
import { dirname, join } from "node:path";

/** As long as an installation may take. */
const WAIT_LIMIT_MS = 15 * 60_000;
const POLL_MS = 250;
/** Between making the lock folder and naming its owner a launcher needs a moment. */
const NAMELESS_MS = 5_000;

/** Making a folder is the one step that only one of two processes can do. */
export async function lock({ folder, show, stop }) {
  fs.mkdirSync(dirname(folder), { recursive: true });
  const owner = join(folder, "owner");
  const release = () => fs.rmSync(folder, { recursive: true, force: true });
  const take = () => {
    try {
      fs.mkdirSync(folder);
      fs.writeFileSync(owner, String(process.pid));
      // Any way out, `stop` in the middle of an installation included.
      process.on("exit", () => readOrEmpty(owner) === String(process.pid) && release());
      return true;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      return false;
    }
  };
  if (take()) return release;
  await show("Wait for the other launcher", async () => {
    const deadline = performance.now() + WAIT_LIMIT_MS;
    while (!take()) {
      if (isStale(folder, owner)) release();
      else if (performance.now() > deadline) {
        stop("Another ./stagedoor has been installing for 15 minutes. Stop it, then try again.");
      } else await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  });
  return release;
}

function isStale(folder, owner) {
  const pid = Number(readOrEmpty(owner));
  if (pid > 0) return !isAlive(pid);
  try {
    const now = performance.timeOrigin + performance.now();
    return now - fs.statSync(folder).mtimeMs > NAMELESS_MS;
  } catch (_error) {
    return false; // It was released a moment ago.
  }
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

export function readOrEmpty(path) {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (_error) {
    return "";
  }
}
