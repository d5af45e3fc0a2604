// One step of the mirror: take back, or take in the next stretch of the chain, in one transaction.
import { Bug, Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Db, Sql } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import type { Log } from "#server/platform/log.ts";
import type { Metrics } from "#server/platform/metrics.ts";
import { turnOver } from "#server/platform/turn.ts";
import { type Ahead, createAhead } from "./ahead.ts";
import {
  advanceCursor,
  type Cursor,
  keptFrom,
  prune,
  readCursor,
  readHash,
  type Settled,
  touchCursor,
  writeHeaders,
} from "./cursor.ts";
import { Draft } from "./draft.ts";
import type { Fact } from "./facts.ts";
import { readFinal, readSafe } from "./final.ts";
import { fetchHeader, type Header } from "./header.ts";
import type { NextBlock, Stand } from "./next-block.ts";
import { NodeFault } from "./node-fault.ts";
import { createPortion, type Portion } from "./portion.ts";
import { PROJECTIONS } from "./projections.ts";
import type { Range } from "./range.ts";
import { rollBack } from "./reorg.ts";
import { createSaver, loadWanted, type Saver } from "./store.ts";

export interface SyncDeps {
  db: Db;
  chain: Chain;
  log: Log;
  metrics: Metrics;
  /** The last block to take in; the chain's newest without. */
  until?: bigint;
  /** What fetches the next ranges meanwhile; without one a step fetches its own only. */
  ahead?: Ahead;
  /** How much of it is written at once, as was learnt from what failed. */
  portion?: Portion;
  /** What was heard of the next block; without it the chain and the cursor are asked each time. */
  next?: NextBlock;
  /** Told of every range that was mirrored. */
  onRange?: (step: { range: Range; head: bigint }) => void;
}

/** Some ten milliseconds. */
const FACTS_PER_TURN = 2_000;
/** Restarting a local chain takes a second, and what it has not saved by then it has lost. */
const LOCAL_CHAIN_BEHIND_MAX_MS = 3_000;

/** True when the mirror has come as far as the chain. */
export async function syncStep(given: SyncDeps): Promise<boolean> {
  const { ahead = createAhead(given.chain), portion = createPortion() } = given;
  const deps = { ...given, ahead, portion };
  const { db, chain, log, metrics, next } = deps;
  const heard = next?.take();
  if (heard !== undefined) {
    try {
      await takeIn(deps, heard);
    } catch (error) {
      if (error instanceof Bug) throw error;
      // Behind another address than the one that told of it a block may come later; what is really
      // wrong is still wrong when the chain is asked.
      ahead.drop();
    }
    // What is final by now is asked afterwards.
    return false;
  }
  const [cursor, head] = await Promise.all([readCursor(db, chain), fetchHeader(chain, "latest")]);
  if (head === undefined) return true;
  if (cursor !== undefined && (await isReorg({ db, chain, cursor, head }))) {
    ahead.drop();
    await rollBack({ db, chain, log });
    metrics.mirrorReorgs.inc({ deployment: String(chain.deployment.id) });
    return false;
  }
  return takeIn(deps, { cursor, head });
}

async function takeIn(
  deps: SyncDeps & { ahead: Ahead; portion: Portion },
  { cursor, head, settled: known }: Stand,
): Promise<boolean> {
  const { db, chain, log, metrics, ahead, portion } = deps;
  const { id: deployment, startBlock } = chain.deployment;
  const label = { deployment: String(deployment) };
  const from = cursor === undefined ? BigInt(startBlock) : cursor.number + 1n;
  const to = deps.until ?? head.number;
  // Meanwhile it is asked what is final: a fan waits for this one block.
  if (from <= to) ahead.begin(from, to);
  const asked = known ?? readSettled(chain, head, cursor);
  const settled = await Promise.resolve(asked).catch((error: unknown) => {
    // What is taken later must be of then.
    ahead.drop();
    throw error;
  });
  const { finalNumber } = settled;
  metrics.mirrorLagBlocks.set(label, Math.max(0, Number(head.number - from) + 1));
  if (from > to) {
    if (cursor === undefined && deps.until === undefined) throw notBegun(startBlock, head);
    await touchCursor(db, deployment, settled);
    if (cursor !== undefined) deps.next?.stored({ ...cursor, finalNumber }, settled);
    return true;
  }
  // A range lies on one side of the line from which on changes can be taken back.
  const kept = keptFrom(chain, head.number, finalNumber);
  const range = await takeRange(ahead, {
    ...{ from, limit: from <= kept && kept < to ? kept : to },
    most: portion.facts(from > kept),
  });
  // The chain may have changed between the question above and this answer.
  if (cursor !== undefined && range.headers[0]?.parentHash !== cursor.hash) {
    ahead.drop();
    return false;
  }
  const stored = await store(deps, { cursor, range, settled, kept, newest: head.number }).catch(
    (error: unknown) => {
      portion.wrote(false);
      throw error;
    },
  );
  portion.wrote(true);
  if (!stored) {
    ahead.drop();
    return false;
  }
  const last = range.headers.at(-1) as Header;
  // Nobody waits for this, so it is no part of what a fan waits for.
  await prune(db, deployment, oldestToKeep(last, kept));
  deps.next?.stored({ number: last.number, hash: last.hash, finalNumber, ageMs: 0 }, settled);
  metrics.mirrorFacts.inc(label, range.facts.length);
  deps.onRange?.({ range, head: head.number });
  log.debug({ deployment, from, to: last.number, facts: range.facts.length }, "mirrored");
  return last.number === to;
}

/** A number of DEPLOYMENTS that is wrong looks like this for ever. */
function notBegun(startBlock: number, { number }: Header): NodeFault {
  return new NodeFault("behind", "The chain has not come to the deployment's startBlock.", {
    data: { startBlock, head: number },
  });
}

/** What is there is written in one go: far behind, most rows change again soon after. */
async function takeRange(
  ahead: Ahead,
  { from, limit, most }: { from: bigint; limit: bigint; most: number },
): Promise<Range> {
  const range = await ahead.take(from, limit);
  while (range.facts.length < most) {
    const last = range.headers.at(-1) as Header;
    const more = ahead.takeMore(last.number + 1n, limit);
    if (more === undefined) break;
    if (more.headers[0]?.parentHash !== last.hash) {
      ahead.drop();
      throw new Fault("chain/unreachable", "The chain changed while it was read.");
    }
    for (const header of more.headers) range.headers.push(header);
    for (const fact of more.facts) range.facts.push(fact);
    range.logs += more.logs;
  }
  return range;
}

async function readSettled(
  chain: Chain,
  head: Header,
  cursor: Cursor | undefined,
): Promise<Settled> {
  const [finalNumber, safeNumber] = await Promise.all([
    readFinal(chain, head, cursor?.finalNumber ?? 0n),
    readSafe(chain, head),
  ]);
  return { finalNumber, safeNumber };
}

/** False when another indexer was faster. */
async function store(
  { db, chain }: SyncDeps,
  step: {
    cursor: Cursor | undefined;
    range: Range;
    settled: Settled;
    kept: bigint;
    newest: bigint;
  },
): Promise<boolean> {
  const { cursor, range, settled, kept, newest } = step;
  const { id: deployment } = chain.deployment;
  const head = range.headers.at(-1) as Header;
  return db.transaction(async (sql) => {
    const draft = new Draft(kept + 1n);
    // Asked in one go: the rows are of use only if the cursor is where it was read.
    const [moved] = await Promise.all([
      advanceCursor(sql, { chain, from: cursor, head, settled, newest }),
      loadWanted(sql, { deployment, facts: range.facts, draft }),
    ]);
    if (!moved) return false;
    const saver = createSaver(sql, deployment, draft);
    await applyAll(range.facts, draft, saver);
    const [, told] = await Promise.all([
      saver.all(),
      tell(sql, deployment, head),
      writeHeaders(sql, deployment, { headers: range.headers, since: kept }),
    ]);
    if (!told) throw new Fault("server/unavailable", "The mirror was replaced.");
    return true;
  });
}

/** Whoever is silent for three seconds loses the lead: a long step is taken in many turns. */
async function applyAll(facts: readonly Fact[], draft: Draft, saver: Saver): Promise<void> {
  for (const [at, fact] of facts.entries()) {
    for (const projection of PROJECTIONS) projection.apply(fact, draft);
    if (at % FACTS_PER_TURN < FACTS_PER_TURN - 1) continue;
    saver.histories();
    await turnOver();
  }
}

/** Not of this range alone: what came in earlier ones can be taken back as well. */
function oldestToKeep({ number }: Header, kept: bigint): bigint {
  if (number < kept) return number;
  return kept;
}

/**
 * Workers wait for this; it is delivered with the commit, never before. False when the cursor is no
 * longer the one that was moved: a rebuilt mirror has taken the place of all tables meanwhile.
 */
async function tell(sql: Sql, deployment: number, { hash }: Header): Promise<boolean> {
  const { rowCount } = await sql.query({
    name: "mirror-notify",
    text: `SELECT pg_notify('mirror', $2) FROM cursor WHERE deployment = $1 AND block_hash = $3`,
    values: [deployment, String(deployment), hash],
  });
  return rowCount === 1;
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
  throw new NodeFault("behind", "The node is behind the mirror.");
}
