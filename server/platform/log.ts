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

const GATHERED_CHARACTERS = 8_192;
/** What a killed process may take with it, and what nobody who reads along notices. */
const FLUSH_EVERY_MS = 100;

export function createLog(given: { name: string; level: string }): Log {
  return pino(logOptions(given), gatherLines(pino.destination({ sync: false })));
}

/**
 * One write for many lines under load, soon when there are few; the process' end waits for it. The
 * stream's own buffer measures all that waits again with every line.
 */
function gatherLines(stream: ReturnType<typeof pino.destination>) {
  const write = stream.write.bind(stream);
  const flush = stream.flush.bind(stream);
  const flushSync = stream.flushSync.bind(stream);
  let waiting = "";
  const hand = () => {
    if (waiting === "") return;
    const lines = waiting;
    waiting = "";
    write(lines);
  };
  setInterval(hand, FLUSH_EVERY_MS).unref();
  return Object.assign(stream, {
    write: (line: string) => {
      waiting += line;
      if (waiting.length >= GATHERED_CHARACTERS) hand();
      return true;
    },
    flush: (done?: (error?: Error) => void) => {
      hand();
      flush(done);
    },
    flushSync: () => {
      hand();
      flushSync();
    },
  });
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
