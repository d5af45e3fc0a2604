// Checks that no way for a test process to end badly can look like success.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createProgress } from "#scripts/progress.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { processesOf } from "#scripts/test-leftovers.ts";
import { closingLine, type TestRecord, tallyOf } from "#scripts/test-records.ts";
import { runSuite } from "#scripts/test-run.ts";
import type { Suite } from "#scripts/test-suites.ts";

const LIMIT_MS = 20_000;
const SHORT_LIMIT_MS = 2_500;
const COMMAND_LIMIT_MS = 20_000;

describe("the test runner", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "runner-"));
    chmodSync(folder, 0o755);
  });
  afterEach(() => {
    expect(processesOf(folder)).to.deep.equal([]);
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (body: string, options: Partial<Suite> & { signal?: AbortSignal } = {}) => {
    if (body !== "") writeFileSync(join(folder, "sample.test.mjs"), body);
    const { signal = new AbortController().signal, ...rest } = options;
    const suite: Suite = {
      ...{ name: "sample", kind: "mocha", needs: "nothing", lane: "second" },
      ...{ files: join(folder, "*.test.mjs"), limitMs: LIMIT_MS, testLimitMs: LIMIT_MS },
      ...rest,
    };
    const progress = createProgress("plain", { write: () => true });
    const given = { folder: join(folder, "files"), grep: undefined, services: undefined };
    return runSuite(suite, { ...given, progress, signal });
  };
  const failures = (records: TestRecord[]) =>
    records.flatMap(({ title, error = "" }) => (error === "" ? [] : [`${title}: ${error}`]));

  it("counts what passed, failed and was skipped", async () => {
    const records = await run(`
      describe("a seat", () => {
        it("is held", () => {});
        it("is sold twice", () => { throw new Error("sold", { cause: new Error("race") }); });
        it("is later");
      });`);
    expect(closingLine(tallyOf(records))).to.equal("1 passed, 1 failed, 1 skipped");
    expect(failures(records)[0]).to.match(/^a seat › is sold twice: Error: sold.*race/s);
  });

  it("counts a process that leaves in the middle as a failure", async () => {
    const records = await run('it("a", () => {}); it("b", () => process.exit(0));');
    expect(closingLine(tallyOf(records))).to.equal("1 passed, 1 failed, 0 skipped");
    expect(failures(records)[0]).to.include("It ended without a summary. Last test: a.");
  });

  it("counts a file that cannot be loaded as a failure", async () => {
    const records = await run('import "./nowhere.mjs"; it("a", () => {});');
    expect(failures(records)[0]).to.include("nowhere.mjs");
  });

  it("counts a rejection that nobody handles as a failure", async () => {
    const records = await run(`
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      it("a", async () => { Promise.reject(new Error("lost")); await wait(50); });`);
    expect(failures(records)[0]).to.include("lost");
  });

  it("counts a rejection after the last test as a failure", async () => {
    const records = await run(`
      it("a", () => { setTimeout(() => Promise.reject(new Error("late")), 100); });`);
    expect(tallyOf(records)).to.include({ passed: 1, failed: 1 });
    expect(failures(records)[0]).to.include("late");
  });

  it("stops a suite at its limit and counts that as a failure", async () => {
    const records = await run('it("hangs", () => { for (;;) {} });', { limitMs: SHORT_LIMIT_MS });
    expect(failures(records)[0]).to.include("took longer than its limit of 2.5 s");
  });

  it("finds and ends a process that a suite leaves behind", async () => {
    const records = await run(`
      import { spawn } from "node:child_process";
      it("a", () => {
        spawn("sleep", ["60"], { detached: true, stdio: "ignore" }).unref();
      });`);
    expect(tallyOf(records)).to.include({ passed: 1, failed: 1 });
    expect(failures(records)[0]).to.match(/^leaves no process behind: .*sleep 60/s);
  });

  it("refuses one favourite test among others", async () => {
    const records = await run('it.only("a", () => {}); it("b", () => {});');
    expect(tallyOf(records).failed).to.equal(1);
  });

  it("refuses a suite without files or tests, unless it may be empty", async () => {
    expect(tallyOf(await run("")).failed).to.equal(1);
    expect(await run("", { mayBeEmpty: true })).to.deep.equal([]);
    expect(failures(await run("// Nothing yet."))[0]).to.include("hold no test");
  });

  it("ends a suite when the person asks for it", async () => {
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 500);
    const records = await run('it("hangs", () => { for (;;) {} });', { signal: stopping.signal });
    expect(failures(records)[0]).to.include("was interrupted");
  });

  it("says which suites there are when one is unknown", () => {
    const { status, stderr } = command("--only", "nothing");
    expect(stderr).to.match(/^There is no suite nothing; there are check, tidy, /);
    expect(status).to.equal(2);
  });

  it("ends its words with the counts", () => {
    // Not this suite whole: that would start itself again and again.
    const { status, stdout } = command("--only", "tidy", "--grep", "keeps rules pure");
    expect(stdout).to.match(/\n1 passed, 0 failed, 0 skipped\n$/);
    expect(status).to.equal(0);
  });
});

function command(...args: string[]) {
  return spawnSync(process.execPath, [join(repositoryRoot, "scripts/test.ts"), ...args], {
    encoding: "utf8",
    timeout: COMMAND_LIMIT_MS,
  });
}
