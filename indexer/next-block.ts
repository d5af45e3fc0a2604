// The block that follows on the last one mirrored, as a word of it said: a fan waits, and nothing else is asked.
import type { Cursor, Settled } from "./cursor.ts";
import type { Header } from "./header.ts";

/** What a step needs to know of the chain and of the mirror before it takes anything in. */
export interface Stand {
  cursor: Cursor | undefined;
  head: Header;
  /** As it was asked last; it only grows. To be asked when it is not here. */
  settled?: Settled;
}

export interface NextBlock {
  hear(header: Header): void;
  /** The mirror has come to this block, and nothing else has moved it, as far as is known here. */
  stored(cursor: Cursor, settled: Settled): void;
  /** Once for each block; undefined when what was heard does not follow on what was stored. */
  take(): Stand | undefined;
}

/**
 * Only a hint: the header and the logs are still asked for, and the cursor moves only from where it
 * is. Whoever lies in such a word makes the indexer look, and nothing else.
 */
export function createNextBlock(): NextBlock {
  let heard: Header | undefined;
  let last: { cursor: Cursor; settled: Settled } | undefined;
  return {
    hear: (header) => {
      heard = header;
    },
    stored: (cursor, settled) => {
      last = { cursor, settled };
    },
    take: () => {
      const [head, known] = [heard, last];
      heard = undefined;
      last = undefined;
      if (head === undefined || known === undefined) return undefined;
      const { number, hash } = known.cursor;
      return head.number === number + 1n && head.parentHash === hash
        ? { ...known, head }
        : undefined;
    },
  };
}
