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
  "*.privateKey",
  "*.raw",
  "*.token",
  "*.pass",
  "*.databaseUrl",
  "*.redisUrl",
  "*.rpcUrl",
];

export function createLog(given: { name: string; level: string }): Log {
  // Lines that come while one is being written go out together; the end of the process waits.
  return pino(logOptions(given), pino.destination({ sync: false }));
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
