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
/** So many late answers in that time, and this share of all: it is the replica that is slow. */
const LATE_MIN = 5;
const LATE_SHARE_MAX = 1 / 2;
const LATE_WITHIN_SECONDS = 5;
const MS_PER_SECOND = 1_000;
/** What a lookup says that was given up here. */
export const SLOW = "The lookup takes too long.";

interface JudgeDeps {
  clock: Clock;
  /** Whether the replica says how it is, now or since then. */
  isThere(sinceMs: number): Promise<boolean>;
}

interface Judge {
  /** A lookup was answered in time. */
  answered(): void;
  blame(error: unknown, askedMs: number): Promise<Blame>;
}

export function createJudge({ clock, isThere }: JudgeDeps): Judge {
  let conflictsMs: readonly number[] = [];
  const pace = createPace(clock);

  function onConflict(): Blame {
    const nowMs = clock.monotonicMs();
    conflictsMs = [...conflictsMs, nowMs].filter((ms) => nowMs - ms < CONFLICTS_WITHIN_MS);
    if (conflictsMs.length < CONFLICTS_MAX) return "conflict";
    conflictsMs = [];
    return "replica";
  }

  return {
    answered: pace.answered,
    blame: async (error, askedMs) => {
      if (error instanceof Fault && error.message === SLOW) {
        // By the question, or by a replica that is silent or ill: they look alike from here.
        const isIll = pace.late();
        return !isIll && (await isThere(askedMs)) ? "question" : "replica";
      }
      const blame = blameOf(error);
      return blame === "conflict" ? onConflict() : blame;
    },
  };
}

/**
 * A cold cache, a sick disk or a table that is locked there: it says how it is, and answers hardly
 * anything else. Few late answers among many in time are the questions' own.
 */
function createPace(clock: Clock) {
  let seconds: { second: number; all: number; late: number }[] = [];
  /** It was ill, and has answered nothing in time since. */
  let isOnTrial = false;

  function count(late: 0 | 1): void {
    const second = Math.floor(clock.monotonicMs() / MS_PER_SECOND);
    if (seconds.at(-1)?.second !== second) {
      seconds = seconds.filter((each) => second - each.second < LATE_WITHIN_SECONDS);
      seconds.push({ second, all: 0, late: 0 });
    }
    const now = seconds.at(-1);
    if (now === undefined) return;
    now.all += 1;
    now.late += late;
  }

  return {
    answered: () => {
      count(0);
      isOnTrial = false;
    },
    /** Counts one, and says whether it is the replica that is late. */
    late: (): boolean => {
      count(1);
      const all = seconds.reduce((sum, each) => sum + each.all, 0);
      const late = seconds.reduce((sum, each) => sum + each.late, 0);
      isOnTrial ||= late >= LATE_MIN && late / all > LATE_SHARE_MAX;
      return isOnTrial;
    },
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
