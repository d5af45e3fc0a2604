// Runs the contracts' tests in Solidity and in mocha, in a process that scripts/test.ts starts.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { repositoryRoot } from "./services/packages.ts";
import { createRecorder, failure, type Recorder } from "./test-records.ts";
import { recordingReporter } from "./test-reporter.ts";

/** What Hardhat's Solidity runner answers, as far as it is read here. */
type SolidityRun = {
  summary: { failed: number; passed: number; failureOutput?: string };
  suiteResults: {
    id: { name: string };
    testResults: { name: string; status: string; reason?: string; durationNs?: bigint }[];
  }[];
};

const NS_PER_MS = 1_000_000n;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { records: { type: "string" }, grep: { type: "string" } },
  });
  const recorder = createRecorder(values.records ?? "");
  const grep = values.grep === undefined ? {} : { grep: values.grep };
  process.on("unhandledRejection", (reason) => {
    throw reason;
  });
  const { createHardhatRuntimeEnvironment, importUserConfig } = await import("hardhat/hre");
  const config = join(repositoryRoot, "hardhat.config.ts");
  const hre = await createHardhatRuntimeEnvironment(
    await importUserConfig(config),
    { config },
    repositoryRoot,
  );
  await hre.tasks.getTask("build").run({ quiet: true });
  const solidity = hre.tasks.getTask(["test", "solidity"]);
  // With an index the failures are handed back instead of printed.
  const answer = await solidity.run({ ...grep, noCompile: true, testSummaryIndex: 1 });
  recordSolidity(answer, recorder);
  // The setting names a reporter's file, and the task hands on whatever is there.
  Object.assign(hre.config.test.mocha, { reporter: recordingReporter(recorder) });
  await hre.tasks.getTask(["test", "mocha"]).run({ ...grep, noCompile: true });
}

function recordSolidity(answer: unknown, recorder: Recorder): void {
  const { value, error } = answer as { value?: SolidityRun; error?: SolidityRun };
  const run = value ?? error;
  if (run === undefined) throw new Error("Hardhat's Solidity runner answered nothing.");
  const text = run.summary.failureOutput ?? "";
  for (const { id, testResults } of run.suiteResults) {
    for (const { name, status, reason, durationNs = 0n } of testResults) {
      const title = `${id.name} › ${name}`;
      const ms = Number(durationNs / NS_PER_MS);
      if (status === "Success") recorder.add({ title, outcome: "passed", ms });
      else if (status === "Skipped") recorder.add({ title, outcome: "skipped", ms });
      else recorder.add(failure(title, `${reason ?? ""}\n${text}`.trim(), ms));
    }
  }
  if (error !== undefined && run.summary.failed === 0) {
    recorder.add(failure("the Solidity tests run", `Hardhat failed without a test. ${text}`));
  }
}

if (import.meta.main) {
  await main();
  // The simulated chain keeps its threads; whatever else was left open is not in this process.
  process.exit(0);
}
