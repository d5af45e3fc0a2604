// Structured logs with stable keys, and nothing in them that a person or a key could be known by (I12).
import { type Logger, type LoggerOptions, pino } from "pino";
import { systemClock } from "./clock.ts";
import { serializeError } from "./log-error.ts";
import { gatherLines } from "./log-lines.ts";

export type Log = Logger;

const SECRET_PATHS = [
  "req.headers.cookie",
  "req.headers.authorization",
  'res.headers["set-cookie"]',
  "*.signature",
  "*.message.signature",
  "*.minterKeys",
  "*.organiserKey",
  "*.secretKey",
  "*.webhookSecret",
  "*.privateKey",
  "*.raw",
  "*.token",
  "*.pass",
  "*.databaseUrl",
  "*.redisUrl",
  "*.rpcUrl",
];

export function createLog(given: { name: string; level: string }): Log {
  // A write by another thread could be overtaken by the last one, or die with the process.
  return pino(logOptions(given), gatherLines(pino.destination({ sync: true })));
}

export function logOptions({ name, level }: { name: string; level: string }): LoggerOptions {
  return {
    level,
    base: { process: name },
    timestamp: createTimestamp(),
    redact: { paths: SECRET_PATHS, censor: "[redacted]" },
    serializers: { err: (error: unknown) => serializeError(error) },
  };
}

/** Under load many lines have the same millisecond. */
function createTimestamp(): () => string {
  let nowMs = 0;
  let text = "";
  return () => {
    const ms = systemClock.now().getTime();
    if (ms !== nowMs) {
      nowMs = ms;
      text = `,"time":"${new Date(ms).toISOString()}"`;
    }
    return text;
  };
}
