// Found: a process that was told to end wrote its last lines before those that another thread was writing.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";

const run = promisify(execFile);
const LOG = JSON.stringify(new URL("../../server/platform/log.ts", import.meta.url).href);
const [LIMIT_MS, SUITE_LIMIT_MS, OUTPUT_MAX] = [20_000, 60_000, 20_000_000];
/** The first write is large: another thread would be at it for longer than the end takes. */
const [LINES, TEXT, TIMES] = [100, 3_000, 10];

describe("the last lines of a process", function () {
  this.timeout(SUITE_LIMIT_MS);

  it("come after the lines before them", async () => {
    const program = `import { createLog } from ${LOG};
      const log = createLog({ name: "test", level: "info" });
      const text = "x".repeat(${TEXT});
      for (let at = 0; at < ${LINES}; at += 1) log.info({ text }, String(at));
      process.exit(0);`;
    const args = ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript"];
    const options = { timeout: LIMIT_MS, maxBuffer: OUTPUT_MAX };
    for (let time = 0; time < TIMES; time += 1) {
      const { stdout } = await run(process.execPath, [...args, "-e", program], options);
      const lines = stdout.split("\n").slice(0, -1);
      const said = lines.map((line) => Number((JSON.parse(line) as { msg: string }).msg));
      expect(said).to.deep.equal(Array.from({ length: LINES }, (_, at) => at));
    }
  });
});
