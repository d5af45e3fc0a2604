// What an error of Postgres means to us: someone else's failure, or a rule that it kept for us.
import { DatabaseError } from "pg";
import { Bug, Fault, Refusal } from "../../domain/failure.ts";

/**
 * Connection lost, server starting or stopping, lock or statement taking too long, too many
 * clients.
 */
const PASSING_STATES = /^(08|53|57P0|55P03|57014|40001|40P01|25P0[34])/;
const PASSING_CODES =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
const PASSING_TEXTS =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|Cannot use a pool|and is not queryable/;

/** disk_full: nothing could be made longer, in tables, in indexes or for a sort. */
const DISK_FULL = "53100";
const FULL = "The database's disk is full.";

export function asDbFault(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error;
  // What we decided ourselves may quote a caller, and so any text of these.
  if (!(error instanceof Error) || error instanceof Refusal || error instanceof Bug) {
    return undefined;
  }
  const code = (error as { code?: unknown }).code;
  const passing =
    PASSING_STATES.test(stateOf(error)) ||
    PASSING_CODES.test(String(code)) ||
    // Prisma: P1001 cannot reach, P1008 timed out, P1017 closed, P2024 pool timeout.
    /^P(1001|1002|1008|1017|2024)$/.test(String(code)) ||
    PASSING_TEXTS.test(error.message);
  if (!passing) return undefined;
  const sentence = isDiskFull(error) ? FULL : "The database does not answer.";
  return new Fault("server/unavailable", sentence, { cause: error });
}

/** Whoever reads the log has to make room; waiting alone does not help. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && stateOf(error) === DISK_FULL;
}

/** SQLSTATE as pg reports it, or as Prisma's adapter wraps it. */
function stateOf(error: Error & { code?: unknown; meta?: unknown }): string {
  if (error instanceof DatabaseError) return String(error.code);
  const wrapped = error.meta as
    | { driverAdapterError?: { cause?: { originalCode?: unknown } } }
    | undefined;
  return String(wrapped?.driverAdapterError?.cause?.originalCode ?? "");
}
