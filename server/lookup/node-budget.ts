// How often lookups may ask the nodes, all callers of a process together: a node is paid by the question.
import type { Clock } from "../platform/clock.ts";

export interface NodeBudget {
  /** Whether so many questions may be asked now for somebody of a network; they count then. */
  take(questions: number, network: string): boolean;
}

/** What the mirror shows needs none: these are for the seconds between a block and its mirror. */
export const NODE_QUESTIONS_PER_SECOND = 20;
/** After a quiet while, for those who come together. */
export const NODE_QUESTIONS_KEPT_MAX = 40;
/** Of one network, so that one alone leaves others half of what there is. */
const NETWORK_PER_SECOND = NODE_QUESTIONS_PER_SECOND / 2;
const NETWORK_KEPT_MAX = NODE_QUESTIONS_KEPT_MAX / 2;
/** More than ask nodes in the time in which a bucket fills; who is forgotten has a full one. */
const NETWORKS_MAX = 1_000;
const MS_PER_SECOND = 1_000;

interface Bucket {
  left: number;
  countedMs: number;
}

export function createNodeBudget({ clock }: { clock: Clock }): NodeBudget {
  const all = { left: NODE_QUESTIONS_KEPT_MAX, countedMs: clock.monotonicMs() };
  const networks = new Map<string, Bucket>();

  function bucketOf(network: string, nowMs: number): Bucket {
    const own = networks.get(network) ?? { left: NETWORK_KEPT_MAX, countedMs: nowMs };
    // Last of all, so that the first is the one that has not asked for the longest time.
    networks.delete(network);
    networks.set(network, own);
    const [oldest] = networks.keys();
    if (networks.size > NETWORKS_MAX && oldest !== undefined) networks.delete(oldest);
    return own;
  }

  return {
    take: (questions, network) => {
      const nowMs = clock.monotonicMs();
      const own = bucketOf(network, nowMs);
      fill(all, nowMs, { perSecond: NODE_QUESTIONS_PER_SECOND, keptMax: NODE_QUESTIONS_KEPT_MAX });
      fill(own, nowMs, { perSecond: NETWORK_PER_SECOND, keptMax: NETWORK_KEPT_MAX });
      if (all.left < questions || own.left < questions) return false;
      all.left -= questions;
      own.left -= questions;
      return true;
    },
  };
}

function fill(
  bucket: Bucket,
  nowMs: number,
  { perSecond, keptMax }: { perSecond: number; keptMax: number },
): void {
  const earned = ((nowMs - bucket.countedMs) / MS_PER_SECOND) * perSecond;
  bucket.left = Math.min(keptMax, bucket.left + earned);
  bucket.countedMs = nowMs;
}
