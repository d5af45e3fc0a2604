// What became of single tests, and the counts and lines that are made of it.
import { appendFileSync, existsSync, readFileSync } from "node:fs";

export type TestRecord = {
  title: string;
  outcome: "passed" | "failed" | "skipped";
  ms: number;
  error?: string;
};

export type Tally = Record<TestRecord["outcome"], number>;

/** Stands behind the last record of a run that came to its end. */
const END = { end: true };

export function tallyOf(records: readonly TestRecord[]): Tally {
  const count = (outcome: TestRecord["outcome"]) =>
    records.filter((record) => record.outcome === outcome).length;
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export function failure(title: string, error: string, ms = 0): TestRecord {
  return { title, outcome: "failed", ms, error };
}

/** Written one by one and at once, so that a crash takes none of them along. */
export function createRecorder(path: string) {
  const write = (value: unknown) => appendFileSync(path, `${JSON.stringify(value)}\n`);
  return { add: (record: TestRecord) => write(record), end: () => write(END) };
}

export type Recorder = ReturnType<typeof createRecorder>;

export function readRecords(path: string): { records: TestRecord[]; ended: boolean } {
  if (!existsSync(path)) return { records: [], ended: false };
  const lines = readFileSync(path, "utf8").split("\n");
  // A process that is killed in the middle of a line leaves half of it.
  const values = lines.flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as TestRecord | typeof END];
    } catch {
      return [];
    }
  });
  const records = values.filter((value): value is TestRecord => !("end" in value));
  return { records, ended: records.length < values.length };
}
