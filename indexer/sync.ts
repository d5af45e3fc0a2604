// One step of the mirror: take back, or take in the next stretch of the chain, in one transaction.
import { Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Db } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import type { Log } from "#server/platform/log.ts";
import type { Metrics } from "#server/platform/metrics.ts";
import { applyEvents } from "./apply/event.ts";
import { applyTickets } from "./apply/ticket.ts";
import { applyTransfers } from "./apply/transfer.ts";
import {
  advanceCursor,
  type Cursor,
  prune,
  readCursor,
  readHash,
  touchCursor,
  writeHeaders,
} from "./cursor.ts";
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
/** Restarting a local chain takes a second, and what it has not saved by then it has lost. */
const LOCAL_CHAIN_BEHIND_MAX_MS = 3_000;

/** True when the mirror has come as far as the chain. */
export async function syncStep(deps: SyncDeps): Promise<boolean> {
  const { db, chain, log, metrics } = deps;
  const { id: deployment, startBlock } = chain.deployment;
  const label = { deployment: String(deployment) };
  const [cursor, head] = await Promise.all([readCursor(db, chain), fetchHeader(chain, "latest")]);
  if (head === undefined) return true;
  if (cursor !== undefined && (await isReorg({ db, chain, cursor, head }))) {
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

/**
 * A block that differs is a reorg. A block that is missing is not: behind one address there may be
 * many nodes, and the one that answers may not have heard of it yet.
 */
async function isReorg(given: {
  db: Db;
  chain: Chain;
  cursor: Cursor;
  head: Header;
}): Promise<boolean> {
  const { db, chain, cursor, head } = given;
  if (head.number === cursor.number) return head.hash !== cursor.hash;
  if (head.number === cursor.number + 1n) return head.parentHash !== cursor.hash;
  const there = await fetchHeader(chain, cursor.number);
  if (there !== undefined) return there.hash !== cursor.hash;
  const { id, chainId } = chain.deployment;
  const kept = await readHash(db, id, head.number);
  if (kept !== undefined && kept !== head.hash) return true;
  // A local chain has one node: if it stays behind, its last blocks were lost in a restart.
  if (chainId === LOCAL_CHAIN_ID && cursor.ageMs > LOCAL_CHAIN_BEHIND_MAX_MS) return true;
  throw new Fault("chain/unreachable", "The node is behind the mirror.");
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
