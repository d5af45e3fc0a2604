// Tells which statements and lines of the contracts no test came past.
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { failure, type TestRecord } from "./test-records.ts";

/** Hardhat's account of a run with coverage; its own reports leave the statements out. */
type CoverageManager = {
  data: Map<string, number>;
  filesMetadata: Map<string, Map<string, { tag: string; startUtf16: number }>>;
  loadData(...runs: string[]): Promise<void>;
  getReport(): Promise<Record<string, FileReport>>;
};
type FileReport = { executedLinesCount: number; unexecutedLines: Set<number> };

export type WithCoverage = HardhatRuntimeEnvironment & { _coverage?: CoverageManager };

const TITLE = "the tests come past every statement and line of the contracts";

/** One record: passed at 100 %, else the lines that are missing. */
export async function coverageRecords(hre: WithCoverage): Promise<TestRecord[]> {
  const manager = hre._coverage;
  if (manager === undefined) return [failure(TITLE, "Hardhat kept no coverage.")];
  await manager.loadData("solidity", "mocha");
  const report = Object.entries(await manager.getReport());
  const counts = { statements: 0, missed: 0, lines: 0 };
  const missing: string[] = [];
  for (const [path, { executedLinesCount, unexecutedLines }] of report) {
    const statements = [...(manager.filesMetadata.get(path)?.values() ?? [])];
    const missed = statements.filter(({ tag }) => !manager.data.has(tag));
    counts.statements += statements.length;
    counts.missed += missed.length;
    counts.lines += executedLinesCount + unexecutedLines.size;
    const lines = [...unexecutedLines].sort((a, b) => a - b).join(", ");
    if (missed.length > 0) missing.push(`${path}: ${missed.length} statements, lines ${lines}`);
  }
  if (counts.statements === 0) return [failure(TITLE, "There are no statements at all.")];
  if (missing.length > 0) return [failure(TITLE, missing.sort().join("\n"))];
  const words = `${counts.statements} statements, ${counts.lines} lines`;
  return [{ title: `${TITLE} (${words})`, outcome: "passed", ms: 0 }];
}
