// One step of the mirror: take back, or take in the next stretch of the chain, in one transaction.
import type { Chain } from "#server/platform/chain.ts";
import type { Db } from "#server/platform/db/client.ts";
import type { Log } from "#server/platform/log.ts";
import type { Metrics } from "#server/platform/metrics.ts";
import { applyEvents } from "./apply/event.ts";
import { applyTickets } from "./apply/ticket.ts";
import { applyTransfers } from "./apply/transfer.ts";
import { advanceCursor, prune, readCursor, touchCursor, writeHeaders } from "./cursor.ts";
import { fetchHeader, fetchRange, type Header } from "./range.ts";
import { rollBack } from "./reorg.ts";

export interface SyncDeps {
  db: Db;
  chain: Chain;
  log: Log;
  metrics: Metrics;
}

const BLOCKS_PER_STEP = 100n;
/** Where a node does not know `finalized`: about a quarter of an hour on mainnet. */
const ASSUMED_FINAL_DEPTH = 64n;

/** True when the mirror has come as far as the chain. */
export async function syncStep(deps: SyncDeps): Promise<boolean> {
  const { db, chain, log, metrics } = deps;
  const { id: deployment, startBlock } = chain.deployment;
  const label = { deployment: String(deployment) };
  const [cursor, head] = await Promise.all([readCursor(db, chain), fetchHeader(chain, "latest")]);
  if (head === undefined) return true;
  if (cursor !== undefined && !(await stillStands(chain, cursor, head))) {
    await rollBack({ db, chain, log });
    metrics.mirrorReorgs.inc(label);
    return false;
  }
  const finalNumber = await readFinal(chain, head);
  const from = cursor === undefined ? BigInt(startBlock) : cursor.number + 1n;
  metrics.mirrorLagBlocks.set(label, Math.max(0, Number(head.number - from) + 1));
  if (from > head.number) {
    await touchCursor(db, deployment, finalNumber);
    return true;
  }
  const to = from + BLOCKS_PER_STEP - 1n < head.number ? from + BLOCKS_PER_STEP - 1n : head.number;
  const range = await fetchRange(chain, from, to);
  // The chain may have changed between the question above and this answer.
  if (cursor !== undefined && range.headers[0]?.parentHash !== cursor.hash) return false;
  const last = range.headers.at(-1) as Header;
  const mine = await db.transaction(async (sql) => {
    if (!(await advanceCursor(sql, { chain, from: cursor, head: last, finalNumber }))) return false;
    await applyEvents(sql, { deployment, range });
    await applyTransfers(sql, { deployment, range });
    await applyTickets(sql, { deployment, range });
    await writeHeaders(sql, deployment, range.headers);
    await prune(sql, deployment, last.number);
    // Workers wait for this; it is delivered with the commit, never before.
    await sql.query({ text: "SELECT pg_notify('mirror', $1)", values: [String(deployment)] });
    return true;
  });
  if (!mine) return false;
  log.debug({ deployment, from, to, facts: range.facts.length }, "mirrored");
  return to === head.number;
}

async function stillStands(
  chain: Chain,
  cursor: { number: bigint; hash: string },
  head: Header,
): Promise<boolean> {
  if (head.number === cursor.number) return head.hash === cursor.hash;
  if (head.number === cursor.number + 1n) return head.parentHash === cursor.hash;
  const there = await fetchHeader(chain, cursor.number);
  return there?.hash === cursor.hash;
}

async function readFinal(chain: Chain, head: Header): Promise<bigint> {
  try {
    const header = await fetchHeader(chain, "finalized");
    if (header !== undefined) return header.number;
  } catch {
    // Some chains do not know the word; counting blocks is what is left.
  }
  return head.number > ASSUMED_FINAL_DEPTH ? head.number - ASSUMED_FINAL_DEPTH : 0n;
}
