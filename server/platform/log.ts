// Structured logs with stable keys, and nothing in them that a person or a key could be known by (I12).
import { type Logger, type LoggerOptions, pino } from "pino";
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

const BUFFERED_BYTES = 8_192;
/** What a killed process may take with it, and what nobody who reads along notices. */
const FLUSH_EVERY_MS = 100;

export function createLog(given: { name: string; level: string }): Log {
  // One write for many lines under load, soon when there are few; the process' end waits for it.
  const buffer = { minLength: BUFFERED_BYTES, periodicFlush: FLUSH_EVERY_MS };
  return pino(logOptions(given), pino.destination({ sync: false, ...buffer }));
}

export function logOptions({ name, level }: { name: string; level: string }): LoggerOptions {
  return {
    level,
    base: { process: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_PATHS, censor: "[redacted]" },
    serializers: { err: (error: unknown) => serializeError(error) },
  };
}
