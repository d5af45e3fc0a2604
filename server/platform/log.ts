// Structured logs with stable keys, and nothing in them that a person or a key could be known by (I12).
import { type Logger, type LoggerOptions, pino } from "pino";
import { systemClock } from "./clock.ts";
import { serializeError } from "./log-error.ts";

export type Log = Logger;

const SECRET_PATHS = [
  "req.headers.cookie",
  "req.headers.authorization",
  'res.headers["set-cookie"]',
  "*.signature",
  "*.message.signature",
  "*.minterKey",
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

/** Each write wakes another thread, which on a busy machine takes the place of ours. */
const BUFFERED_BYTES = 32_768;
/** What a killed process may take with it, and what nobody who reads along notices. */
const FLUSH_EVERY_MS = 100;

export function createLog(given: { name: string; level: string }): Log {
  // One write for many lines under load, soon when there are few; the process' end waits for it.
  const size = { minLength: BUFFERED_BYTES, maxWrite: 2 * BUFFERED_BYTES };
  const buffer = { ...size, periodicFlush: FLUSH_EVERY_MS };
  return pino(logOptions(given), pino.destination({ sync: false, ...buffer }));
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
