// Installs the npm packages when they are missing or stale; one launcher at a time.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { display } from "./launch-display.mjs";
import { isAlive, lock, readOrEmpty } from "./launch-lock.mjs";

/** npm under an older Node leaves out packages that it believes unfit for that Node. */
const NODE_INSTALL_MIN = [22, 13];
const INSTALL_LIMIT_MS = 15 * 60_000;
const PARENT_POLL_MS = 500;
/** The packages take 1.1 GiB, and npm unpacks each next to its download. */
const DISK_MIN_BYTES = 2 * 1024 ** 3;
const TAIL_LINES = 10;

export async function installDependencies({ root, json, stop, runtime }) {
  const state = stateOf(root);
  if (isComplete(state)) return;
  const show = display(json);
  const release = await lock({ folder: state.lock, show, stop });
  try {
    if (!isInstalled(state)) {
      refuseWhileRunning(root, state, stop);
      refuseWithoutSpace(root, stop);
      await show("Install dependencies", () => install(root, stop));
      // npm may have been given another package.json than the one read above.
      fs.writeFileSync(state.packagesStamp, packagesHash(root));
    }
    if (!isGenerated(state))
      await show("Generate database client", () => generate(root, runtime, stop));
  } finally {
    release();
  }
}

function stateOf(root) {
  return {
    root,
    packagesStamp: join(root, "node_modules/.stagedoor-stamp"),
    schema: join(root, "server/platform/db/schema.prisma"),
    schemaStamp: join(root, "server/platform/db/generated/.schema-sha256"),
    lock: join(root, ".stagedoor/install.lock"),
  };
}

function isComplete(state) {
  return isInstalled(state) && isGenerated(state);
}

function isInstalled(state) {
  return readOrEmpty(state.packagesStamp) === packagesHash(state.root);
}

/** The generator writes the hash of the schema it read; the same hash means the same client. */
function isGenerated(state) {
  if (!fs.existsSync(join(state.root, "scripts/generate-prisma.ts"))) return true;
  const hash = createHash("sha256").update(fs.readFileSync(state.schema)).digest("hex");
  return readOrEmpty(state.schemaStamp) === hash;
}

function packagesHash(root) {
  const hash = createHash("sha256");
  for (const name of ["package.json", "package-lock.json"]) {
    hash.update(fs.readFileSync(join(root, name)));
  }
  return `${hash.digest("hex")} ${process.platform} ${process.arch}`;
}

async function install(root, stop) {
  const log = join(root, ".stagedoor/logs/install.log");
  fs.mkdirSync(join(root, ".stagedoor/logs"), { recursive: true });
  const npmCi = ["ci", "--include=dev", "--include=optional", "--loglevel=error", "--no-progress"];
  const major = process.versions.node.split(".").map(Number);
  const old =
    major[0] < NODE_INSTALL_MIN[0] ||
    (major[0] === NODE_INSTALL_MIN[0] && major[1] < NODE_INSTALL_MIN[1]);
  const [command, args] = old
    ? ["npx", ["-y", "-p", newerNode(root, stop), "-c", `npm ${npmCi.join(" ")}`]]
    : ["npm", npmCi];
  const outcome = await run(command, args, { cwd: root, log, flags: "w" });
  if (outcome === "missing") {
    stop(`There is no ${command} in PATH. Install npm (it comes with Node) and try again.`);
  }
  if (outcome !== "exit code 0") {
    const lines = readOrEmpty(log).trimEnd().split("\n").slice(-TAIL_LINES);
    process.stderr.write(`${lines.join("\n")}\n`);
    stop(
      "Installing the dependencies failed (" +
        outcome +
        "): read " +
        log +
        ", check the network and the disk, and run the command again.",
    );
  }
}

/** The package that brings a newer Node for this platform, with its version. */
function newerNode(root, stop) {
  const manifest = JSON.parse(fs.readFileSync(join(root, "package.json"), "utf8"));
  const platform = new RegExp(`^node-(bin-)?${process.platform}-${process.arch}$`);
  const found = Object.entries(manifest.optionalDependencies).find(([name]) => platform.test(name));
  if (found !== undefined) return found.join("@");
  return stop(
    "Stagedoor needs Node " +
      NODE_INSTALL_MIN.join(".") +
      " or newer on " +
      process.platform +
      " " +
      process.arch +
      ". Install a current one from https://nodejs.org and run the command again.",
  );
}

async function generate(root, runtime, stop) {
  const log = join(root, ".stagedoor/logs/install.log");
  const script = join(root, "scripts/generate-prisma.ts");
  const outcome = await run(runtime(), [script], { cwd: root, log, flags: "a" });
  if (outcome === "exit code 0") return;
  const lines = readOrEmpty(log).trimEnd().split("\n").slice(-TAIL_LINES);
  process.stderr.write(`${lines.join("\n")}\n`);
  stop(`Generating the database client failed (${outcome}): read ${log}.`);
}

/** Runs a command into the log; when our own parent dies, so does the command. */
function run(command, args, { cwd, log, flags }) {
  return new Promise((resolve) => {
    const out = fs.openSync(log, flags);
    const env = Object.assign({}, process.env, { CI: "1", NO_UPDATE_NOTIFIER: "1" });
    // A group of its own, because npm starts others that would outlive it.
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", out, out], detached: true });
    fs.closeSync(out);
    const parent = process.ppid;
    const end = (reason) => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch (_error) {
        // It has ended by itself.
      }
      finish(reason);
    };
    const watch = setInterval(() => process.ppid !== parent && end("interrupted"), PARENT_POLL_MS);
    const limit = setTimeout(() => end("no end after 15 minutes"), INSTALL_LIMIT_MS);
    const interrupt = () => end("interrupted");
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, interrupt);
    const finish = (outcome) => {
      clearInterval(watch);
      clearTimeout(limit);
      for (const signal of signals) process.removeListener(signal, interrupt);
      resolve(outcome);
    };
    child.once("error", (error) => finish(error.code === "ENOENT" ? "missing" : error.message));
    child.once("exit", (code, signal) => finish(signal ? `signal ${signal}` : `exit code ${code}`));
  });
}

/** `npm ci` empties node_modules, and a running instance still loads files from there. */
function refuseWhileRunning(root, state, stop) {
  if (!fs.existsSync(state.packagesStamp)) return;
  const home = process.env.STAGEDOOR_HOME || join(root, ".stagedoor");
  const record = readOrEmpty(join(home, "run.json"));
  const pid = record === "" ? 0 : JSON.parse(record).supervisor.pid;
  if (pid > 0 && isAlive(pid) && commandOf(pid).includes("up.ts")) {
    stop(
      "The dependencies have changed while Stagedoor is running (process " +
        pid +
        "). Run ./stagedoor down, then this command again.",
    );
  }
}

function commandOf(pid) {
  const fromProc = readOrEmpty(`/proc/${pid}/cmdline`);
  if (fromProc !== "") return fromProc;
  return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout || "";
}

function refuseWithoutSpace(root, stop) {
  const { bavail, bsize } = fs.statfsSync(root);
  if (bavail * bsize >= DISK_MIN_BYTES) return;
  const free = ((bavail * bsize) / 1024 ** 3).toFixed(1);
  stop(`Installing needs 2 GiB of free disk and ${root} has ${free} GiB. Free some space.`);
}
