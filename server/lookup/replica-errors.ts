// Whose fault it is when a lookup fails at a replica: its own, of its standing in for the primary, or the question's.
import { Fault } from "../domain/failure.ts";
import type { Clock } from "../platform/clock.ts";

/**
 * `replica`: it cannot be asked now, whatever the question. `conflict`: it cut the question off to
 * keep up with the primary. `question`: the primary would say the same, or take as long.
 */
type Blame = "replica" | "conflict" | "question";

/**
 * Connection, sign-in, no such database, no room, going down or coming up, broken disk or pages;
 * and what no migration has brought yet: a role's grants, a schema, a table, a column, a function.
 */
const OF_REPLICA = /^(08|28|3D|53|57P0|58|XX|42501|3F000|42P01|42703|42883)/;
/** Recovery cancels what would hold it up. */
const OF_RECOVERY = /^(40001|40P01)$/;
const OF_SOCKET = /^E[A-Z_]+$/;
/** So many in that time: it is busy with keeping up. */
const CONFLICTS_MAX = 3;
const CONFLICTS_WITHIN_MS = 5_000;
/** What a lookup says that was given up here. */
export const SLOW = "The lookup takes too long.";

interface JudgeDeps {
  clock: Clock;
  /** Whether the replica says how it is, now or since then. */
  isThere(sinceMs: number): Promise<boolean>;
}

export function createJudge({ clock, isThere }: JudgeDeps) {
  let conflictsMs: readonly number[] = [];

  function onConflict(): Blame {
    const nowMs = clock.monotonicMs();
    conflictsMs = [...conflictsMs, nowMs].filter((ms) => nowMs - ms < CONFLICTS_WITHIN_MS);
    if (conflictsMs.length < CONFLICTS_MAX) return "conflict";
    conflictsMs = [];
    return "replica";
  }

  return async (error: unknown, askedMs: number): Promise<Blame> => {
    // By the question, or by a replica that has gone silent: they look alike from here.
    const isSlow = error instanceof Fault && error.message === SLOW;
    if (isSlow) return (await isThere(askedMs)) ? "question" : "replica";
    const blame = blameOf(error);
    return blame === "conflict" ? onConflict() : blame;
  };
}

function blameOf(error: unknown): Blame {
  const code = codeOf(error);
  // Without a word from Postgres: the connection broke, or it is a mistake of ours.
  if (code === undefined) return error instanceof Fault ? "replica" : "question";
  if (OF_RECOVERY.test(code)) return "conflict";
  return OF_REPLICA.test(code) || OF_SOCKET.test(code) ? "replica" : "question";
}

/** A fault has the database's own error as its cause; a refusal's code is none of these. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, cause } = error as Error & { code?: unknown };
  if (error instanceof Fault) return codeOf(cause);
  return typeof code === "string" ? code : codeOf(cause);
}
