// Does what many requests want of the database in one transaction, each with an outcome of its own.
import { Fault } from "../../domain/failure.ts";
import { atEndOfTurn } from "../turn.ts";
import type { Db, Sql } from "./client.ts";

export type Outcome<T> = { done: T } | { refused: unknown };

interface Work<Item, Result> {
  /**
   * One outcome for each item, in their order. What it throws ends the transaction: several items
   * are then tried again, each in a transaction of its own, so that one cannot take others along.
   */
  run: (sql: Sql, items: readonly Item[]) => Promise<Outcome<Result>[]>;
  /** What an item wants for itself: two that want the same are never under way at once. */
  wants: (item: Item) => readonly string[];
}

/** More in one transaction make it longer, and what waits behind its locks, and little cheaper. */
const ITEMS_MAX = 64;
/** One at a time gathers most; more are begun when it is full, or slow, and at most so many. */
const TRANSACTIONS_MAX = 10;
const SLOW_MS = 50;
/** At some 1,000 a second nobody behind them would be answered in time. */
const WAITING_MAX = 2_000;

interface Waiting<Item, Result> {
  item: Item;
  wants: readonly string[];
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * A statement, a commit and the way there and back cost far more than what they do for one order.
 * A lone item waits for nothing but the end of its turn.
 */
export function gatherWork<Item, Result>(
  db: Db,
  { run, wants }: Work<Item, Result>,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  const wanted = new Set<string>();
  let underWay = 0;
  let slow: NodeJS.Timeout | undefined;

  const begin = () => {
    if (underWay === 0 || waiting.length >= ITEMS_MAX) beginOne();
    // What waits for a lock must not keep everybody else waiting as well.
    else slow ??= setTimeout(beginOne, SLOW_MS);
  };
  const beginOne = () => {
    clearTimeout(slow);
    slow = undefined;
    const batch = underWay < TRANSACTIONS_MAX ? takeBatch() : [];
    if (batch.length === 0) return;
    underWay += 1;
    void runBatch(db, run, batch).then(() => {
      underWay -= 1;
      for (const each of batch) for (const word of each.wants) wanted.delete(word);
      if (waiting.length > 0) atEndOfTurn(begin);
    });
  };
  const takeBatch = (): Waiting<Item, Result>[] => {
    const batch: Waiting<Item, Result>[] = [];
    waiting = waiting.filter((each) => {
      if (batch.length >= ITEMS_MAX || each.wants.some((word) => wanted.has(word))) return true;
      for (const word of each.wants) wanted.add(word);
      batch.push(each);
      return false;
    });
    return batch;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= WAITING_MAX) {
        reject(new Fault("server/unavailable", "Too many wait for the database."));
        return;
      }
      // What waits already has been seen to; a full batch need not wait for anything.
      if (waiting.length % ITEMS_MAX === 0) atEndOfTurn(begin);
      waiting.push({ item, wants: wants(item), resolve, reject });
    });
}

/** Never throws: whatever happens is somebody's answer. */
async function runBatch<Item, Result>(
  db: Db,
  run: Work<Item, Result>["run"],
  batch: readonly Waiting<Item, Result>[],
): Promise<void> {
  try {
    const items = batch.map(({ item }) => item);
    const outcomes = await db.transaction((sql) => run(sql, items));
    for (const [at, { resolve, reject }] of batch.entries()) {
      const outcome = outcomes[at];
      if (outcome !== undefined && "done" in outcome) resolve(outcome.done);
      else reject(outcome?.refused);
    }
  } catch (error) {
    const [first, ...more] = batch;
    if (more.length === 0) first?.reject(error);
    else await Promise.all(batch.map((each) => runBatch(db, run, [each])));
  }
}

/** As its one item's answer: for whoever has a transaction of its own. */
export function outcomeOf<T>([outcome]: readonly Outcome<T>[]): T {
  if (outcome !== undefined && "done" in outcome) return outcome.done;
  throw outcome?.refused;
}
