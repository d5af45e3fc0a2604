// How often lookups may ask the nodes, all callers of a process together: a node is paid by the question.
import type { Clock } from "../platform/clock.ts";

export interface NodeBudget {
  /** Whether so many questions may be asked now; they count as asked then. */
  take(questions: number): boolean;
}

/** What the mirror shows needs none: these are for the seconds between a block and its mirror. */
export const NODE_QUESTIONS_PER_SECOND = 20;
/** After a quiet while, for those who come together. */
export const NODE_QUESTIONS_KEPT_MAX = 40;
const MS_PER_SECOND = 1_000;

export function createNodeBudget({ clock }: { clock: Clock }): NodeBudget {
  let left = NODE_QUESTIONS_KEPT_MAX;
  let countedMs = clock.monotonicMs();
  return {
    take: (questions) => {
      const nowMs = clock.monotonicMs();
      const earned = ((nowMs - countedMs) / MS_PER_SECOND) * NODE_QUESTIONS_PER_SECOND;
      left = Math.min(NODE_QUESTIONS_KEPT_MAX, left + earned);
      countedMs = nowMs;
      if (left < questions) return false;
      left -= questions;
      return true;
    },
  };
}
