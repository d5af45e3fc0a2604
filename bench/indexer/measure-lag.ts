// How long after a block its ticket is in the table: the least that follows, Ponder, and our own process.
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { createDatabase } from "#test/support/database.ts";
import type { BenchChain } from "./chain.ts";
import { mintOf } from "./chain.ts";
import { type Contender, ours, ponder, waitUntilReady } from "./measure-backfill.ts";
import { lateTicketAt, seeded, walletAt } from "./workload.ts";
import { followBarely } from "./ws-loop.ts";

export interface Lags {
  /** Milliseconds, one for each block. */
  ours: number[];
  ponder: number[];
  loop: number[];
}

const BLOCKS = 100;
const WARM_UP_BLOCKS = 10;
const ROUNDS = 2;
const PEER_POLL_MS = 100;
/** Over whole periods of the peer's asking, or the measurement would beat time with it. */
const GAP_MS_MAX = 2 * PEER_POLL_MS;
const LOST_MS = 20_000;
const LOOK_MS = 1;

export async function measureLags(chain: BenchChain): Promise<Lags> {
  const lags: Lags = { ours: [], ponder: [], loop: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    lags.loop.push(...(await lagOfLoop(chain)));
    lags.ponder.push(...(await lagOf(chain, ponder)));
    lags.ours.push(...(await lagOf(chain, ours)));
  }
  return lags;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function lagOf(chain: BenchChain, contender: Contender): Promise<number[]> {
  const running = await contender.start(chain.deployment, PEER_POLL_MS);
  try {
    await waitUntilReady(running);
    return await watch(chain, running.databaseUrl, `${running.schema}.ticket`);
  } finally {
    await running.stop();
  }
}

async function lagOfLoop(chain: BenchChain): Promise<number[]> {
  const database = await createDatabase({ migrated: false });
  const loop = await followBarely(chain.deployment, database.url);
  try {
    return await watch(chain, database.url, "public.ticket");
  } finally {
    await loop.stop();
    await database.drop();
  }
}

let minted = 0;
const random = seeded(9);
const gapMs = () => random() * GAP_MS_MAX;

/** Each block has one ticket, looked for until it is there. */
async function watch(chain: BenchChain, url: string, table: string): Promise<number[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const lags: number[] = [];
  try {
    for (let block = 0; block < WARM_UP_BLOCKS + BLOCKS; block += 1) {
      const ticketId = lateTicketAt(minted);
      const isThere = async () => {
        const text = `SELECT 1 FROM ${table} WHERE ticket_id = $1`;
        const values = [ticketId.toString()];
        return (await client.query({ name: "probe", text, values })).rows.length > 0;
      };
      if (await isThere()) throw new Error("A ticket was there before its block.");
      await chain.mine([mintOf(chain.deployment, [{ ticketId, owner: walletAt(minted) }])]);
      minted += 1;
      const minedMs = performance.now();
      while (!(await isThere())) {
        if (performance.now() - minedMs > LOST_MS) throw new Error("A ticket was lost.");
        await sleep(LOOK_MS);
      }
      if (block >= WARM_UP_BLOCKS) lags.push(performance.now() - minedMs);
      await sleep(gapMs());
    }
  } finally {
    await client.end();
  }
  return lags;
}
