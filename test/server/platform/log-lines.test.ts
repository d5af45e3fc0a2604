// Lines that wait for a moment, and what a process says last, which waits for nothing.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";

const run = promisify(execFile);
const LOG = JSON.stringify(new URL("../../../server/platform/log.ts", import.meta.url).href);
const LIMIT_MS = 20_000;

/** Runs a process that logs, and answers what was read of it. */
async function said(code: string): Promise<{ text: string; messages: string[] }> {
  const program = `import { createLog } from ${LOG};
    const log = createLog({ name: "test", level: "info" });
    ${code}`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript"];
  const options = { timeout: LIMIT_MS, maxBuffer: 10_000_000 };
  const text = await run(process.execPath, [...args, "-e", program], options).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
  const lines = text.split("\n").slice(0, -1);
  return { text, messages: lines.map((line) => (JSON.parse(line) as { msg: string }).msg) };
}

describe("lines of the log", () => {
  it("are all there in their order when the process ends by itself", async () => {
    const { messages } = await said("for (let at = 0; at < 1000; at += 1) log.info(String(at));");
    expect(messages).to.deep.equal(Array.from({ length: 1000 }, (_, at) => String(at)));
  });

  it("are all there when the process is told to end at once", async () => {
    const { messages } = await said(
      "for (let at = 0; at < 100; at += 1) log.info(String(at)); process.exit(3);",
    );
    expect(messages).to.deep.equal(Array.from({ length: 100 }, (_, at) => String(at)));
  });

  it("are there when it dies of what it said last", async () => {
    const { messages } = await said('log.info("first"); log.fatal("last"); process.abort();');
    expect(messages).to.deep.equal(["first", "last"]);
  });

  it("come soon, and not each by itself", async () => {
    const { messages } = await said(`
      log.info("one");
      log.info("two");
      await new Promise((done) => setTimeout(done, 1_000));
      process.kill(process.pid, "SIGKILL");`);
    expect(messages).to.deep.equal(["one", "two"]);
  });

  it("carry the time of their own millisecond", async () => {
    const { text } = await said(`
      log.info("one");
      await new Promise((done) => setTimeout(done, 30));
      log.info("two");`);
    const times = text.match(/"time":"([^"]+)"/g)?.map((time) => time.slice(8, -1)) ?? [];
    expect(Date.parse(times[1] ?? "") - Date.parse(times[0] ?? "")).to.be.within(25, 10_000);
  });
});
