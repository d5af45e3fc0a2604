// How new the mirror is: what every lookup says in a header, and one route in full.
import type { z } from "zod";
import type { MirrorResponse } from "../api/lookup.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { keepFor } from "../platform/kept.ts";

type Deployments = z.output<typeof MirrorResponse>["deployments"];

export interface Freshness {
  read(): Promise<Deployments>;
  /** One entry for each deployment. */
  header(): Promise<Record<string, string>>;
}

/** Lookups come by the thousand, blocks every second: the cursor is read a few times in between. */
const KEPT_MS = 250;

export function createFreshness({ db, clock }: { db: Sql; clock: Clock }): Freshness {
  const kept = keepFor({ clock, keptMs: KEPT_MS, entriesMax: 1 }, () => readCursors(db));
  const read = () => kept("");
  return {
    read,
    header: async () => ({
      "Mirror-Freshness": (await read())
        .map(
          ({ deployment, blockNumber, lagBlocks, lagSeconds }) =>
            `${deployment};block=${blockNumber};lag-blocks=${lagBlocks};lag-seconds=${lagSeconds}`,
        )
        .join(", "),
    }),
  };
}

async function readCursors(db: Sql): Promise<Deployments> {
  const { rows } = await db.query<{
    deployment: number;
    block_number: bigint;
    final_number: bigint;
    head_number: bigint;
    age_seconds: number;
  }>({
    name: "mirror-freshness",
    text: `SELECT deployment, block_number, final_number, head_number,
                  round(extract(epoch FROM now() - updated_at)::numeric, 3)::float8 AS age_seconds
           FROM mirror.cursor ORDER BY deployment`,
  });
  return rows.map((row) => ({
    deployment: row.deployment,
    blockNumber: Number(row.block_number),
    finalNumber: Number(row.final_number),
    lagBlocks: Math.max(0, Number(row.head_number - row.block_number)),
    lagSeconds: Math.max(0, row.age_seconds),
  }));
}
