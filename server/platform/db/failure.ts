// What an error of Postgres means to us: someone else's failure, or a rule that it kept for us.
import { DatabaseError } from "pg";
import { Fault } from "../../domain/failure.ts";

/**
 * Connection lost, server starting or stopping, lock or statement taking too long, too many
 * clients.
 */
const PASSING_STATES = /^(08|53|57P0|55P03|57014|40001|40P01|25P0[34])/;
const PASSING_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND"]);
const PASSING_TEXTS =
  /timeout exceeded when trying to connect|Connection terminated|Cannot use a pool/;

export function asDbFault(error: unknown): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as { code?: unknown }).code;
  const passing =
    (error instanceof DatabaseError && PASSING_STATES.test(String(code))) ||
    PASSING_CODES.has(String(code)) ||
    // Prisma: P1001 cannot reach, P1008 timed out, P1017 closed, P2024 pool timeout.
    /^P(1001|1002|1008|1017|2024)$/.test(String(code)) ||
    PASSING_TEXTS.test(error.message);
  if (!passing) return undefined;
  return new Fault("server/unavailable", "The database does not answer.", { cause: error });
}
