// Runs test files with mocha in a process of their own, started by scripts/test.ts.
import { parseArgs } from "node:util";
import Mocha from "mocha";
import { createRecorder, failure } from "./test-records.ts";
import { recordingReporter } from "./test-reporter.ts";

/** Connections and timers that a suite has closed are gone by then. */
const END_LIMIT_MS = 10_000;

/** Exit code 0 says that the run came to its end; the records say how each test ended. */
async function main(): Promise<void> {
  const { values, positionals: files } = parseArgs({
    options: {
      records: { type: "string" },
      "test-limit-ms": { type: "string" },
      grep: { type: "string" },
    },
    allowPositionals: true,
  });
  const recorder = createRecorder(values.records ?? "");
  // Mocha would let a rejection that nobody handles pass; thrown, it fails the test that runs.
  process.on("unhandledRejection", (reason) => {
    throw reason;
  });
  const mocha = new Mocha({
    reporter: recordingReporter(recorder),
    timeout: Number(values["test-limit-ms"]),
    forbidOnly: true,
    ...(values.grep === undefined ? {} : { grep: values.grep }),
  });
  for (const file of files) mocha.addFile(file);
  await mocha.loadFilesAsync();
  await new Promise<void>((resolve) => {
    mocha.run(() => resolve());
  });
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(", ");
    const error = `The process did not end ${END_LIMIT_MS / 1_000} s after its tests: ${open}.`;
    recorder.add(failure("closes what it opened", error));
    process.exit(0);
  }, END_LIMIT_MS).unref();
}

if (import.meta.main) await main();
