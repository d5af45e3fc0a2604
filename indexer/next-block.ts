// The block that follows on the last one mirrored, as a word of it said: two questions less while a fan waits.
import type { Cursor } from "./cursor.ts";
import type { Header } from "./header.ts";

export interface NextBlock {
  hear(header: Header): void;
  /** The mirror has come to this block, and nothing else has moved it, as far as is known here. */
  stored(cursor: Cursor): void;
  /** Once for each block; undefined when what was heard does not follow on what was stored. */
  take(): { cursor: Cursor; head: Header } | undefined;
}

/**
 * Only a hint: the header and the logs are still asked for, and the cursor moves only from where it
 * is. Whoever lies in such a word makes the indexer look, and nothing else.
 */
export function createNextBlock(): NextBlock {
  let heard: Header | undefined;
  let last: Cursor | undefined;
  return {
    hear: (header) => {
      heard = header;
    },
    stored: (cursor) => {
      last = cursor;
    },
    take: () => {
      const [head, cursor] = [heard, last];
      heard = undefined;
      last = undefined;
      if (head === undefined || cursor === undefined) return undefined;
      const follows = head.number === cursor.number + 1n && head.parentHash === cursor.hash;
      return follows ? { cursor, head } : undefined;
    },
  };
}
