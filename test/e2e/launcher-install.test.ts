// Proves, with a stand-in for npm, that dependencies are installed once, whole and by one launcher.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { launch, pathWith } from "../support/launcher.ts";

/** Writes down how it was called, takes a moment, and brings a Node that is the real one. */
const NPM = `
echo "$(basename "$0") $*" >> "$CHECKOUT/calls"
sleep 0.5
mkdir -p "$CHECKOUT/node_modules/$NODE_PACKAGE/bin"
ln -sf "$REAL_NODE" "$CHECKOUT/node_modules/$NODE_PACKAGE/bin/node"`;
/** The Node that runs the tests, which is new enough to install by itself. */
const NODE = `exec "${process.execPath}" "$@"`;
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;

describe("launcher installation", function () {
  this.timeout(30_000);
  let checkout: string;
  let env: Record<string, string>;

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), "stagedoor-test-"));
    mkdirSync(join(checkout, "scripts"));
    const parts = readdirSync(join(repositoryRoot, "scripts"))
      .filter((name) => name.startsWith("launch"))
      .map((name) => `scripts/${name}`);
    for (const file of ["stagedoor", ...parts]) {
      cpSync(join(repositoryRoot, file), join(checkout, file));
    }
    write("package.json", JSON.stringify({ optionalDependencies: { [NODE_PACKAGE]: "24.21.0" } }));
    write("package-lock.json", "{}");
    write("scripts/up.ts", "console.log('up', ...process.argv.slice(2) as string[]);");
    env = {
      PATH: pathWith(join(checkout, "bin"), { npm: NPM, npx: NPM, node: NODE, ...tools() }),
      CHECKOUT: checkout,
      NODE_PACKAGE,
      REAL_NODE: process.execPath,
    };
  });
  afterEach(() => rmSync(checkout, { recursive: true, force: true }));

  const write = (name: string, text: string) => writeFileSync(join(checkout, name), text);
  const up = (...args: string[]) =>
    launch(["up", ...args], { command: join(checkout, "stagedoor"), env });
  const calls = () => {
    const path = join(checkout, "calls");
    return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
  };

  it("installs at the first start, passes the arguments on, and installs no second time", async () => {
    const first = await up("--port", "5").ended;
    expect(first.stderr).to.equal("");
    expect(first.stdout).to.match(/^✓ Install dependencies +\d+\.\d s\nup --port 5\n$/);
    const second = await up().ended;
    expect(second.stdout).to.equal("up\n");
    expect(calls()).to.have.lengthOf(1);
    expect(calls()[0]).to.match(/^npm ci /);
  });

  it("installs again when the lock file has changed", async () => {
    await up().ended;
    write("package-lock.json", '{"changed":true}');
    await up().ended;
    expect(calls()).to.have.lengthOf(2);
  });

  it("lets one of two launchers install while the other waits", async () => {
    const both = await Promise.all([up().ended, up().ended]);
    expect(both.map(({ code }) => code)).to.deep.equal([0, 0]);
    expect(calls()).to.have.lengthOf(1);
  });

  it("takes over from a launcher that was killed while it installed", async () => {
    const first = up();
    while (calls().length === 0) await sleep(20);
    first.kill("SIGKILL");
    await first.ended;
    expect(existsSync(join(checkout, "node_modules/.stagedoor-stamp"))).to.equal(false);
    expect((await up().ended).code).to.equal(0);
    expect(existsSync(join(checkout, ".stagedoor/install.lock"))).to.equal(false);
  });

  it("says why it failed, in npm's last words and one sentence, and tries again next time", async () => {
    const fail = 'echo "npm error code ENOTFOUND" >&2; exit 1';
    const failing = pathWith(join(checkout, "failing"), { npm: fail, node: NODE, ...tools() });
    const options = { command: join(checkout, "stagedoor"), env: { ...env, PATH: failing } };
    const { code, stderr } = await launch(["up"], options).ended;
    expect(code).to.equal(1);
    expect(stderr).to.match(/^npm error code ENOTFOUND\nInstalling the dependencies failed \(exit/);
    expect(existsSync(join(checkout, ".stagedoor/install.lock"))).to.equal(false);
    expect((await up().ended).code).to.equal(0);
  });

  it("installs through the pinned Node where this one is too old for npm's choices", async () => {
    const override = "Object.defineProperty(process.versions,'node',{value:'20.20.0'})";
    const old = `exec "${process.execPath}" --import "data:text/javascript,${override}" "$@"`;
    const scripts = { npm: NPM, npx: NPM, node: old, ...tools() };
    const PATH = pathWith(join(checkout, "old"), scripts);
    const options = { command: join(checkout, "stagedoor"), env: { ...env, PATH } };
    const { code, stdout, stderr } = await launch(["up"], options).ended;
    expect(stderr).to.equal("");
    expect([code, stdout.split("\n").at(-2)]).to.deep.equal([0, "up"]);
    expect(calls()[0]).to.match(new RegExp(`^npx -y -p ${NODE_PACKAGE}@24\\.21\\.0 -c npm ci`));
  });

  it("does not empty node_modules under a running instance", async () => {
    await up().ended;
    const running = launch([join(checkout, "scripts/up.ts")], {
      command: process.execPath,
      env: { ...env, NODE_OPTIONS: "--import data:text/javascript,setInterval(()=>{},1000)" },
    });
    mkdirSync(join(checkout, ".stagedoor"), { recursive: true });
    write(".stagedoor/run.json", JSON.stringify({ supervisor: { pid: running.pid } }));
    write("package-lock.json", '{"changed":true}');
    const { code, stderr } = await up().ended;
    running.kill("SIGKILL");
    expect(code).to.equal(1);
    expect(stderr).to.match(/^The dependencies have changed while Stagedoor is running .*down/);
    expect(calls()).to.have.lengthOf(1);
  });
});

/** What the stand-in itself needs from the system. */
function tools(): Record<string, string> {
  const names = ["basename", "sleep", "mkdir", "ln"];
  return Object.fromEntries(names.map((name) => [name, `PATH=/usr/bin:/bin exec ${name} "$@"`]));
}
