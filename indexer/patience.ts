// How long the indexer lets others rest after rounds that failed: twice as long each time.
import { NodeFault } from "./node-fault.ts";

/** Who comes back is noticed soon enough, and a disk that is full gets no fuller by many tries. */
const WAIT_MAX_MS = 10_000;

export interface Patience {
  /** After a round; without an error it was a good one. */
  note(error?: unknown): void;
  /** undefined while nothing is wrong: then the next round may come at a word. */
  waitMs(): number | undefined;
}

/** A node that says something wrong is asked again soon: the next answer may be right. */
export function createPatience(firstMs: number): Patience {
  let failed = 0;
  return {
    note: (error) => {
      failed = error === undefined || error instanceof NodeFault ? 0 : failed + 1;
    },
    waitMs: () => (failed < 2 ? undefined : Math.min(firstMs * 2 ** (failed - 1), WAIT_MAX_MS)),
  };
}
