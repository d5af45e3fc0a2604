// Fetches the next ranges while one is written: several under way, handed out in their order.
import { Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import { createPace, isRefusal } from "./pace.ts";
import { fetchRange, type Range } from "./range.ts";

/** Two keep a node and the database busy; the third is for a slow answer in between. */
const UNDER_WAY_MAX = 3;
/** What is there and was not taken yet; while the database is the slower one it fills up. */
const AHEAD_MAX = 24;
/** They are in memory, and where much happens at last the pace is learnt from the first of them. */
const FACTS_AHEAD_MAX = 60_000;
/** Where nothing happens, headers are what is in memory: a kilobyte for each. */
const BLOCKS_AHEAD_MAX = 24_000;
/** From the largest range down to one block, and some for a provider that is merely slow. */
const TRIES_MAX = 16;

interface Fetching {
  from: bigint;
  to: bigint;
  range: Promise<Range>;
  /** Once it is there. */
  came?: Range;
}

export interface Ahead {
  /** Starts with what will be taken next, unless it is under way. */
  begin(from: bigint, limit: bigint): void;
  /** The blocks from `from` on, as many as fit, up to `limit`. */
  take(from: bigint, limit: bigint): Promise<Range>;
  /** The same, but only what is there already: whoever writes need not wait to write more. */
  takeMore(from: bigint, limit: bigint): Range | undefined;
  /** Forgets what was fetched: the chain is another one now. */
  drop(): void;
}

export function createAhead(chain: Chain, fetch: typeof fetchRange = fetchRange): Ahead {
  const pace = createPace();
  let queue: Fetching[] = [];

  const fill = (from: bigint, limit: bigint): void => {
    let next = queue.at(-1)?.to ?? from - 1n;
    let underWay = queue.filter(({ came }) => came === undefined).length;
    const facts = queue.reduce((sum, { came }) => sum + (came?.facts.length ?? 0), 0);
    const most = facts < FACTS_AHEAD_MAX ? AHEAD_MAX : 0;
    const room = (queue[0]?.from ?? next + 1n) + BigInt(BLOCKS_AHEAD_MAX);
    const isFull = () => queue.length >= most || next + BigInt(pace.blocks()) >= room;
    while (underWay < UNDER_WAY_MAX && !isFull() && next < limit) {
      const start = next + 1n;
      const end = start + BigInt(pace.blocks()) - 1n;
      next = end < limit ? end : limit;
      const one: Fetching = { from: start, to: next, range: fetch(chain, start, next) };
      // Whoever takes it hears of its failure; until then nobody does.
      one.range.then(
        (range) => {
          one.came = range;
          pace.came(Number(one.to - one.from) + 1, range.logs);
          if (queue.includes(one)) fill(from, limit);
        },
        () => undefined,
      );
      queue.push(one);
      underWay += 1;
    }
  };

  const drop = (): void => {
    queue = [];
  };

  return {
    drop,
    takeMore: (from, limit) => {
      const [first] = queue;
      if (first?.came === undefined || first.from !== from || first.to > limit) return undefined;
      queue.shift();
      fill(first.to + 1n, limit);
      return first.came;
    },
    begin: (from, limit) => {
      if (queue.length === 0) fill(from, limit);
    },
    take: async (from, limit) => {
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const [first] = queue;
        if (first !== undefined && (first.from !== from || first.to > limit)) drop();
        fill(from, limit);
        const taken = queue.shift() as Fetching;
        const blocks = Number(taken.to - taken.from) + 1;
        try {
          const range = await taken.range;
          fill(taken.to + 1n, limit);
          return range;
        } catch (error) {
          drop();
          if (!isRefusal(error) || !pace.refused(blocks)) throw error;
        }
      }
      throw new Fault("chain/unreachable", "The node refuses every range, even a single block.");
    },
  };
}
