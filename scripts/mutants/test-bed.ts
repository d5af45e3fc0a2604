// Keeps the contracts with all their switches on a simulated chain, and mocha's tests beside them.
import { globSync } from "node:fs";
import { join, relative } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import Mocha from "mocha";
import { SWITCH, SWITCH_SOURCE, SWITCH_TEXT } from "./schemata.ts";

/** What a run of some tests ended with: the first test that failed, or none. */
export type Verdict = { failedTest?: string; ms: number };

export type TestBed = {
  titles: string[];
  /** Runs the named tests until one fails, while the mutant is on; 0 is none. */
  run(mutant: number, titles: readonly string[]): Promise<Verdict>;
  /** Runs all tests without a mutant: which fail then, and which mutants each of them reaches. */
  survey(): Promise<{ failing: Set<string>; reaching: Map<number, string[]> }>;
  /** The fuzz and invariant tests in Solidity: true if they notice the mutant. */
  isNoticedInSolidity(mutant: number): Promise<boolean>;
};

type Sources = ReadonlyMap<string, string>;

/** These test the deployment and the price of each instruction, which the switches change. */
const WITHOUT = /\/(deploy|lemmas|packing\.lemmas|AnyCall|.*\.gas)\.test\.ts$/;
/** Gas ends every loop, so this is for a machine that does everything else first. */
const TEST_LIMIT_MS = 600_000;
const ADDRESS_BYTES = 20;

/** Only one in a process: Hardhat and mocha's files are loaded once. */
export async function openTestBed(root: string, sources: Sources): Promise<TestBed> {
  const reached = { current: new Set<number>() };
  const hre = await environment(root, sources, (number) => reached.current.add(number));
  await hre.tasks.getTask("build").run({ quiet: true });
  const connections = keepConnections(hre);
  const mocha = await loadTests(root);
  const tests = testsOf(mocha.suite);
  const chain = await connections.pristine();

  async function run(mutant: number, titles: readonly string[], bail: boolean) {
    await chain.switchTo(mutant);
    return await runTests(mocha, tests, new Set(titles), bail, reached);
  }
  return {
    titles: [...tests.keys()],
    async run(mutant, titles) {
      const startedAt = performance.now();
      const { failed } = await run(mutant, titles, true);
      const [failedTest] = failed;
      const ms = Math.round(performance.now() - startedAt);
      return failedTest === undefined ? { ms } : { failedTest, ms };
    },
    async survey() {
      // A fixture that another test has set up already would hide what it comes past.
      const each = async () => await chain.switchTo(0);
      mocha.suite.beforeEach(each);
      const { failed, reaching } = await run(0, [...tests.keys()], false);
      removeHook(mocha.suite, each);
      const hook = failed.find((title) => !tests.has(title));
      if (hook !== undefined) throw new Error(`The tests cannot be surveyed: ${hook} failed.`);
      return { failing: new Set(failed), reaching };
    },
    async isNoticedInSolidity(mutant) {
      const { default: profile } = hre.config.test.solidity.profiles;
      Object.assign(profile ?? {}, { coinbase: hexOf(mutant) });
      const task = hre.tasks.getTask(["test", "solidity"]);
      const answer = await quietly(() => task.run({ noCompile: true, testSummaryIndex: 1 }));
      return !(answer as { success: boolean }).success;
    },
  };
}

/** The one that the tests import as well, which looks for its configuration by itself. */
async function environment(
  root: string,
  sources: Sources,
  onReached: (mutant: number) => void,
): Promise<HardhatRuntimeEnvironment> {
  process.env.HARDHAT_CONFIG = join(root, "hardhat-apart.config.ts");
  process.env.BUILT_APART = "mutants";
  const { default: hre } = await import("hardhat");
  hre.hooks.registerHandlers("solidity", {
    async preprocessProjectFileBeforeBuilding(context, name, path, text, version, next) {
      const switched = sources.get(relative(root, path)) ?? text;
      return await next(context, name, path, switched, version);
    },
    async preprocessSolcInputBeforeBuilding(context, input, next) {
      input.sources[SWITCH_SOURCE] = { content: SWITCH_TEXT };
      return await next(context, input);
    },
  });
  hre.hooks.registerHandlers("network", {
    async onCoverageData(_context, tags) {
      for (const tag of tags) onReached(Number(BigInt(`0x${tag}`)));
    },
  });
  return hre;
}

/** The tests' own connections stay open from run to run, and begin each run from the same block. */
function keepConnections(hre: HardhatRuntimeEnvironment) {
  const kept: { request(method: string, params?: unknown[]): Promise<unknown>; clear(): void }[] =
    [];
  const create = hre.network.create.bind(hre.network);
  Object.assign(hre.network, {
    async create(...given: Parameters<typeof create>) {
      const connection = await create(...given);
      Object.assign(connection, { close: async () => undefined });
      kept.push({
        request: (method, params = []) => connection.provider.request({ method, params }),
        clear: () => connection.networkHelpers.clearSnapshots(),
      });
      return connection;
    },
  });
  return {
    async pristine() {
      const snapshots = new Map(
        await Promise.all(
          kept.map(async (one) => [one, await one.request("evm_snapshot")] as const),
        ),
      );
      return {
        async switchTo(mutant: number) {
          for (const [one, snapshot] of snapshots) {
            await one.request("evm_revert", [snapshot]);
            snapshots.set(one, await one.request("evm_snapshot"));
            one.clear();
            await one.request("hardhat_setCoinbase", [hexOf(mutant)]);
          }
        },
      };
    },
  };
}

function hexOf(mutant: number): string {
  return `0x${(SWITCH + BigInt(mutant)).toString(16).padStart(2 * ADDRESS_BYTES, "0")}`;
}

/** Hardhat prints each of its tests, which is too much of it for each of some hundred runs. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { write } = process.stdout;
  process.stdout.write = (_text: unknown, ...rest: unknown[]) => {
    const done = rest.at(-1);
    if (typeof done === "function") done();
    return true;
  };
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}

async function loadTests(root: string): Promise<Mocha> {
  const mocha = new Mocha({ timeout: TEST_LIMIT_MS, reporter: class {} as never });
  mocha.cleanReferencesAfterRun(false);
  const files = globSync("test/contracts/**/*.test.ts", { cwd: root }).sort();
  for (const file of files) {
    if (!WITHOUT.test(`/${file}`)) mocha.addFile(join(root, file));
  }
  await mocha.loadFilesAsync();
  return mocha;
}

function removeHook(suite: Mocha.Suite, hook: () => Promise<void>): void {
  const hooks = suite as unknown as { _beforeEach: { fn?: unknown }[] };
  hooks._beforeEach = hooks._beforeEach.filter(({ fn }) => fn !== hook);
}

function testsOf(suite: Mocha.Suite): Map<string, Mocha.Test> {
  const own = suite.tests.map((test) => [test.titlePath().join(" › "), test] as const);
  return new Map([...own, ...suite.suites.flatMap((below) => [...testsOf(below)])]);
}

async function runTests(
  mocha: Mocha,
  all: ReadonlyMap<string, Mocha.Test>,
  titles: ReadonlySet<string>,
  bail: boolean,
  reached: { current: Set<number> },
) {
  for (const suite of new Set([...all.values()].map(({ parent }) => parent))) {
    if (suite === undefined) continue;
    suite.tests = [...all.values()].filter(
      (test) => test.parent === suite && titles.has(test.titlePath().join(" › ")),
    );
  }
  mocha.suite.bail(bail);
  const failed: string[] = [];
  const reaching = new Map<number, string[]>();
  await new Promise((resolve) => {
    const runner = mocha.run(resolve);
    runner.on("test", () => reached.current.clear());
    runner.on("fail", (test, error: unknown) => {
      failed.push(test.titlePath().join(" › "));
      const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
      // whoever builds the same contracts meanwhile takes them away from under the tests
      if (/ENOENT|FileNotFound/.test(`${code} ${String(error)}`)) throw error;
    });
    runner.on("test end", (test) => {
      const title = test.titlePath().join(" › ");
      for (const number of reached.current) {
        reaching.set(number, [...(reaching.get(number) ?? []), title]);
      }
    });
  });
  return { failed, reaching };
}
