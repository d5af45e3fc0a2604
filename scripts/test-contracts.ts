// Runs the contracts' tests in Solidity and in mocha, in a process that scripts/test.ts starts.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { repositoryRoot } from "./services/packages.ts";
import { coverageRecords, type WithCoverage } from "./test-coverage.ts";
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

type Profile = {
  /** Hardhat's own, in the environment because the tests import Hardhat by themselves. */
  hardhat: Readonly<Record<string, string>>;
  /** How many runs the Solidity tests make: a profile of hardhat.config.ts. */
  testProfile: "default" | "deep";
  mocha: boolean;
  /** What a change of the code makes of its gas, or of what is proved of it, says nothing. */
  grepExclude?: string;
};

/** Builds that are not the product's are kept apart from it. */
const APART = { HARDHAT_CONFIG: join(repositoryRoot, "hardhat-apart.config.ts") };

export const CONTRACTS_PROFILES = {
  default: { hardhat: {}, testProfile: "default", mocha: true },
  ir: {
    hardhat: { ...APART, BUILT_APART: "ir", HARDHAT_BUILD_PROFILE: "ir" },
    testProfile: "default",
    mocha: true,
  },
  deep: { hardhat: {}, testProfile: "deep", mocha: false },
  coverage: {
    hardhat: { ...APART, BUILT_APART: "coverage", HARDHAT_COVERAGE: "true" },
    testProfile: "default",
    mocha: true,
    grepExclude: "gas|size limit|Packing lemmas",
  },
} as const satisfies Record<string, Profile>;

const NS_PER_MS = 1_000_000n;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      records: { type: "string" },
      grep: { type: "string" },
      profile: { type: "string", default: "default" },
    },
  });
  const recorder = createRecorder(values.records ?? "");
  const profile: Profile | undefined = Object.entries(CONTRACTS_PROFILES).find(
    ([name]) => name === values.profile,
  )?.[1];
  if (profile === undefined) throw new Error(`There is no profile ${values.profile}.`);
  const { grepExclude, testProfile } = profile;
  const chosen = {
    ...(values.grep === undefined ? {} : { grep: values.grep }),
    noCompile: true,
  };
  process.on("unhandledRejection", (reason) => {
    throw reason;
  });
  Object.assign(process.env, profile.hardhat);
  const { default: hre } = await import("hardhat");
  await hre.tasks.getTask("build").run({ quiet: true });
  const solidity = hre.tasks.getTask(["test", "solidity"]);
  // With an index the failures are handed back instead of printed.
  const answer = await solidity.run({ ...chosen, testProfile, testSummaryIndex: 1 });
  recordSolidity(answer, recorder);
  if (profile.mocha) {
    // The setting names a reporter's file, and the task hands on whatever is there.
    Object.assign(hre.config.test.mocha, { reporter: recordingReporter(recorder) });
    const mocha = hre.tasks.getTask(["test", "mocha"]);
    await mocha.run({ ...chosen, ...(grepExclude === undefined ? {} : { grepExclude }) });
  }
  if (hre.globalOptions.coverage === true) {
    for (const record of await coverageRecords(hre as WithCoverage)) recorder.add(record);
  }
  recorder.end();
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
