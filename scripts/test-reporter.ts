// Records what becomes of each test while mocha runs.
import Mocha from "mocha";
import type { Recorder } from "./test-records.ts";

const CAUSES_MAX = 5;

/** A reporter as mocha wants it: a class that listens to the run it is made for. */
export function recordingReporter(recorder: Recorder) {
  return class RecordingReporter extends Mocha.reporters.Base {
    constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
      super(runner, options);
      const titleOf = (test: Mocha.Runnable) => test.titlePath().join(" › ");
      runner.on("pass", (test) => {
        recorder.add({ title: titleOf(test), outcome: "passed", ms: test.duration ?? 0 });
      });
      runner.on("pending", (test) => {
        recorder.add({ title: titleOf(test), outcome: "skipped", ms: 0 });
      });
      runner.on("fail", (test, error: unknown) => {
        const ms = test.duration ?? 0;
        recorder.add({ title: titleOf(test), outcome: "failed", ms, error: explain(error) });
      });
      runner.once("end", () => recorder.end());
    }
  };
}

/** The stack, what was compared, and the causes behind it. */
function explain(error: unknown): string {
  const parts: string[] = [];
  let cause = error;
  for (let depth = 0; cause !== undefined && depth < CAUSES_MAX; depth += 1) {
    if (!(cause instanceof Error)) {
      parts.push(String(cause));
      break;
    }
    parts.push(cause.stack ?? cause.message, differenceIn(cause));
    cause = cause.cause;
  }
  return parts.filter((part) => part !== "").join("\n");
}

/** Mocha has made text of both sides before this listener hears of the failure. */
function differenceIn(error: Error & { actual?: unknown; expected?: unknown }): string {
  const { actual, expected } = error;
  if (typeof actual !== "string" || typeof expected !== "string") return "";
  return Mocha.reporters.Base.generateDiff(actual, expected);
}
