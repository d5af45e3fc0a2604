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
  "*.privateKey",
  "*.raw",
  "*.token",
  "*.pass",
  "*.databaseUrl",
  "*.redisUrl",
  "*.rpcUrl",
];

export function createLog(given: { name: string; level: string }): Log {
  return pino(logOptions(given));
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
