// How many facts are written in one go: as many as help, and fewer where the database failed at so many.

/** A second's work or two for the database; a row that changes twice in it is written once. */
const FACTS_MAX = 60_000;
/** What may be taken back has two or three rows more for each fact, and is soon written. */
const UNDOABLE_MAX = 15_000;
/** Less is no transaction that a database could be too slow for. */
const FACTS_MIN = 1_000;
/** It may have been busy with something else: as many as it failed at are tried again then. */
const FORGOTTEN_AFTER = 50;

export interface Portion {
  facts(undoable: boolean): number;
  wrote(isDone: boolean): void;
}

export function createPortion(): Portion {
  let most = FACTS_MAX;
  let written = 0;
  return {
    facts: (undoable) => (undoable ? Math.min(most, UNDOABLE_MAX) : most),
    wrote: (isDone) => {
      written = isDone ? written + 1 : 0;
      if (!isDone) most = Math.max(FACTS_MIN, Math.floor(most / 2));
      if (written < FORGOTTEN_AFTER) return;
      written = 0;
      most = Math.min(FACTS_MAX, most * 2);
    },
  };
}
