// A mirror in a database of its own that an indexer process writes, held against a chain that the suite knows.
import { TABLES } from "#indexer/projections.ts";
import { undoAfter } from "#indexer/store.ts";
import { verifyMirror } from "#indexer/verify.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import type { BusyBlock, BusyChain } from "./busy-chain.ts";
import { createDatabase, type TestDatabase } from "./database.ts";
import { freshMirror } from "./fresh-mirror.ts";
import { dumpMirror, type MirrorDump } from "./mirror.ts";

const POLL_MS = 10;
const SHOWN_MAX = 5;
const CONNECTIONS_MAX = 3;

export interface JudgedMirror {
  databaseUrl: string;
  db: Db;
  /** The milliseconds until the mirror stands on this block; rejects after the limit. */
  reaches(block: { number: bigint; hash: string }, limitMs: number): Promise<number>;
  /** What differs from a mirror built anew, and from what the contracts say; empty when nothing. */
  differences(busy: BusyChain): Promise<string[]>;
  /** Rows that name a block which the chain does not have. */
  orphans(busy: BusyChain): Promise<string[]>;
  /** What differs after all of the journal is undone, from a mirror built up to that block. */
  undone(busy: BusyChain): Promise<{ blocks: number; differences: string[] }>;
  close(): Promise<void>;
}

/** In a database of its own, or in one that is there. */
export async function openJudgedMirror(given?: TestDatabase): Promise<JudgedMirror> {
  const database = given ?? (await createDatabase());
  const log = createLog({ name: "test", level: "silent" });
  const open = { url: database.url, log, connectionsMax: CONNECTIONS_MAX };
  const db = await openDb({ ...open, role: "stagedoor_indexer" });
  return {
    databaseUrl: database.url,
    db,
    reaches: (block, limitMs) => reaches(db, block, limitMs),
    differences: async (busy) => {
      const found = compareDumps(await dumpMirror(db), await freshMirror(busy.chain));
      const verdict = await verifyMirror({ db, chain: busy.chain });
      const wrong = verdict?.differences ?? [
        { table: "cursor", key: "", column: "", mirror: "none" },
      ];
      return [...found, ...wrong.map((each) => `by the contracts: ${show(each)}`)];
    },
    orphans: (busy) => findOrphans(db, busy.blocks),
    undone: (busy) => undoAll(db, busy),
    close: async () => {
      await db.close();
      await database.drop();
    },
  };
}

async function reaches(
  db: Db,
  { number, hash }: { number: bigint; hash: string },
  limitMs: number,
): Promise<number> {
  const startMs = systemClock.monotonicMs();
  for (;;) {
    const isThere = await db
      .query({
        text: "SELECT 1 FROM mirror.block WHERE number = $1 AND hash = $2",
        values: [number, hash],
      })
      .then(
        ({ rowCount }) => rowCount === 1,
        // The database may be what was lost.
        () => false,
      );
    const tookMs = systemClock.monotonicMs() - startMs;
    if (isThere) return tookMs;
    if (tookMs > limitMs) throw new Error(`the mirror did not reach ${number} in ${limitMs} ms`);
    await systemClock.sleep(POLL_MS);
  }
}

/** Table by table, a few rows of each that only one of the two has. */
export function compareDumps(one: MirrorDump, other: MirrorDump): string[] {
  return Object.keys(one).flatMap((table) => {
    const [ours, theirs] = [one[table] ?? [], other[table] ?? []].map((rows) => rows.map(show));
    const [known, true_] = [new Set(ours), new Set(theirs)];
    const more = (ours ?? []).filter((row) => !true_.has(row)).map((row) => `+ ${table} ${row}`);
    const less = (theirs ?? []).filter((row) => !known.has(row)).map((row) => `- ${table} ${row}`);
    return [...more.slice(0, SHOWN_MAX), ...less.slice(0, SHOWN_MAX)];
  });
}

function show(value: unknown): string {
  return JSON.stringify(value, (_name, each) => (typeof each === "bigint" ? `${each}` : each));
}

async function findOrphans(db: Db, blocks: ReadonlyMap<bigint, BusyBlock>): Promise<string[]> {
  const places = TABLES.map(
    ({ name }) =>
      `SELECT DISTINCT '${name}' AS name, block_number AS number, block_hash AS hash FROM mirror."${name}"`,
  );
  const others = [
    "SELECT 'block', number, hash FROM mirror.block",
    "SELECT 'cursor', block_number, block_hash FROM mirror.cursor",
  ];
  const { rows } = await db.query<{ name: string; number: bigint; hash: string }>({
    text: [...places, ...others].join(" UNION ALL "),
  });
  return rows
    .filter(({ number, hash }) => blocks.get(number)?.hash !== hash)
    .map(({ name, number, hash }) => `${name} of ${hash} at ${number}`);
}

/** In a transaction that is taken back: the indexer is to have stopped. */
async function undoAll(db: Db, { chain }: BusyChain) {
  const { rows } = await db.query<{ oldest: bigint; head: bigint }>({
    text: `SELECT min(block.number) AS oldest, max(cursor.block_number) AS head
           FROM mirror.block, mirror.cursor`,
  });
  const { oldest, head } = rows[0] as { oldest: bigint; head: bigint };
  let dump: MirrorDump | undefined;
  await db
    .transaction(async (sql) => {
      await undoAfter(sql, chain.deployment.id, oldest);
      dump = await dumpMirror(sql);
      throw new Rewound();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Rewound)) throw error;
    });
  const differences = compareDumps(dump as MirrorDump, await freshMirror(chain, oldest));
  return { blocks: Number(head - oldest), differences };
}

class Rewound extends Error {}
