// A log that remembers what it was told, for suites about what an operator gets to read.
import { Writable } from "node:stream";
import { pino } from "pino";
import { type Log, logOptions } from "#server/platform/log.ts";

export interface LogLines {
  log: Log;
  /** Every line so far, oldest first. */
  lines: { msg: string; [field: string]: unknown }[];
}

export function recordLog(): LogLines {
  const lines: LogLines["lines"] = [];
  const sink = new Writable({
    write(part, _encoding, done) {
      lines.push(JSON.parse(String(part)));
      done();
    },
  });
  return { log: pino(logOptions({ name: "test", level: "info" }), sink), lines };
}
