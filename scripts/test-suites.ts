// Every suite of tests in the order in which they run, with what it needs and how long it may take.
import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { repositoryRoot } from "./services/packages.ts";

/** Most of a suite's time is waiting, so there is one more than a small machine has cores. */
export const LANES = ["first", "second", "third"] as const;

export type Suite = {
  name: string;
  kind: "check" | "contracts" | "mutants" | "mocha";
  /** How the contracts are built and how much is tried: see test-contracts.ts. */
  profile?: "ir" | "deep" | "coverage";
  /** services: Postgres, Redis and a chain. instance: a whole `./stagedoor up`. */
  needs: "nothing" | "services" | "instance";
  files: string;
  /** Lanes run next to each other, and take about the same time. */
  lane: (typeof LANES)[number];
  /** Takes those of the files that pass. */
  takes?: (path: string) => boolean;
  /** For a suite that hangs: several times what it takes on two busy cores, as machines differ. */
  limitMs: number;
  /** For one test or hook that sets no limit of its own. */
  testLimitMs: number;
  mayBeEmpty?: true;
  long?: true;
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Opening the whole product for a suite takes some seconds on a busy machine. */
const TEST_LIMIT_MS = 30 * SECOND;

/** These files play against an instance that is up; the others start what they need themselves. */
const visitsInstance = (path: string) => readFileSync(path, "utf8").includes("STAGEDOOR_URL");

/** All of the server's tests in one lane would take longer than the other two. */
const isBeside = (path: string) => /[/]test[/]server[/](checkout|domain|event)[/]/.test(path);

const SUITES: readonly Suite[] = [
  suite("check", { kind: "check", files: "", limitMs: 10 * MINUTE }),
  suite("tidy", { limitMs: 5 * MINUTE }),
  suite("contracts", {
    kind: "contracts",
    files: "test/contracts/**/*.{test.ts,t.sol}",
    limitMs: 15 * MINUTE,
  }),
  ...contractsInDepth(),
  // Starts chains of its own, of several ids and rules.
  suite("deployment", { lane: "third", limitMs: 10 * MINUTE, testLimitMs: MINUTE }),
  suite("server", {
    needs: "services",
    lane: "first",
    takes: (path) => !isBeside(path),
    limitMs: 30 * MINUTE,
  }),
  suite("indexer", { needs: "services", lane: "third", limitMs: 15 * MINUTE }),
  // Compares what it simulates with real services.
  suite("sim", { needs: "services", lane: "third", limitMs: 10 * MINUTE, testLimitMs: MINUTE }),
  suite("long", {
    needs: "services",
    // and those that take some of many moments in a short run
    files: "test/{long/**/*.test,race/{refund,publish}.race.test}.ts",
    limitMs: 180 * MINUTE,
    testLimitMs: 60 * MINUTE,
    mayBeEmpty: true,
    long: true,
  }),
  suite("server-parts", {
    needs: "services",
    lane: "third",
    files: "test/server/**/*.test.ts",
    takes: isBeside,
    limitMs: 20 * MINUTE,
  }),
  // Starts services of its own, to kill them.
  suite("chaos", { lane: "third", limitMs: 15 * MINUTE, testLimitMs: 5 * MINUTE }),
  suite("e2e", {
    takes: (path) => !visitsInstance(path),
    limitMs: 20 * MINUTE,
    testLimitMs: MINUTE,
  }),
  suite("web", {
    needs: "instance",
    files: "test/e2e/**/*.test.ts",
    takes: visitsInstance,
    limitMs: 15 * MINUTE,
    testLimitMs: MINUTE,
  }),
  suite("findings", { needs: "services", lane: "third", limitMs: 20 * MINUTE, mayBeEmpty: true }),
  // Last: some of these tell what happens within milliseconds; the other lanes are done by then.
  suite("race", { needs: "services", limitMs: 20 * MINUTE, testLimitMs: MINUTE }),
];

/** The same tests through the other compiler pipeline, many times deeper, and looked after. */
function contractsInDepth(): Suite[] {
  const rest = { files: "test/contracts/**/*.{test.ts,t.sol}", long: true } as const;
  return [
    suite("contracts-ir", { ...rest, kind: "contracts", profile: "ir", limitMs: 20 * MINUTE }),
    suite("contracts-deep", { ...rest, kind: "contracts", profile: "deep", limitMs: 120 * MINUTE }),
    suite("coverage", { ...rest, kind: "contracts", profile: "coverage", limitMs: 20 * MINUTE }),
    suite("mutants", { ...rest, kind: "mutants", limitMs: 180 * MINUTE }),
  ];
}

function suite(name: string, rest: Partial<Suite> & Pick<Suite, "limitMs">): Suite {
  return {
    name,
    kind: "mocha",
    needs: "nothing",
    lane: "second",
    files: `test/${name}/**/*.test.ts`,
    testLimitMs: TEST_LIMIT_MS,
    ...rest,
  };
}

export const SUITE_NAMES = SUITES.map(({ name }) => name);

/** All but the long ones, or the named ones, in their order. */
export function chooseSuites(options: { long: boolean; only: readonly string[] }): Suite[] {
  const { long, only } = options;
  if (only.length > 0) return SUITES.filter(({ name }) => only.includes(name));
  return SUITES.filter((suite) => long || suite.long !== true);
}

export function filesOf({ files, takes = () => true }: Suite): string[] {
  if (files === "") return [];
  const paths = globSync(files, { cwd: repositoryRoot }).map((path) =>
    resolve(repositoryRoot, path),
  );
  return paths.filter(takes).sort();
}
