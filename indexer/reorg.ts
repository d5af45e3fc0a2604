// Takes back what the chain took back: to the newest block that both still have (I6).
import { Bug } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Db, Sql } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import type { Log } from "#server/platform/log.ts";
import { type Block, readCursor, readHashes } from "./cursor.ts";
import { fetchHeader } from "./header.ts";
import { NodeFault } from "./node-fault.ts";
import { forgetAll, undoAfter } from "./store.ts";

/** Weeks of a chain's blocks; who was away for longer starts over. */
const ORPHANS_KEPT_BLOCKS = 1_000_000n;

/** Answers the number of the common ancestor. */
export async function rollBack({
  db,
  chain,
  log,
}: {
  db: Db;
  chain: Chain;
  log: Log;
}): Promise<bigint> {
  const { id: deployment, chainId, startBlock } = chain.deployment;
  const cursor = await readCursor(db, chain);
  const kept = await readHashes(db, deployment);
  const ancestor = await findAncestor(chain, kept);
  if (ancestor !== undefined && ancestor.number === kept[0]?.number) {
    // Its newer block follows another one: there is nothing to take back until it knows which.
    throw new NodeFault("contradicts", "The node contradicts itself about a block.", {
      data: { block: ancestor.number, hash: ancestor.hash },
    });
  }
  const depth = kept[0] === undefined ? 0n : kept[0].number - (ancestor?.number ?? -1n);
  const final = cursor?.finalNumber ?? -1n;
  if (chainId !== LOCAL_CHAIN_ID && (ancestor === undefined || ancestor.number < final)) {
    // Going on would mirror a chain that contradicts what we called final.
    throw new Bug(
      `The reorg of deployment ${deployment} reaches below block ${final}, which was final.`,
    );
  }
  await db.transaction(async (sql) => {
    // One indexer at a time: a second one that saw the same reorg finds nothing left to take back.
    await sql.query({
      text: "SELECT 1 FROM cursor WHERE deployment = $1 FOR UPDATE",
      values: [deployment],
    });
    await rememberOrphans(sql, deployment, ancestor?.number ?? -1n);
    await tellReaders(sql, deployment);
    // A local chain that lost its state is another chain: the mirror begins again.
    if (ancestor === undefined) return forgetAll(sql, deployment);
    await undoAfter(sql, deployment, ancestor.number);
    const values = [deployment, ancestor.number];
    await sql.query({ text: "DELETE FROM block WHERE deployment = $1 AND number > $2", values });
    await sql.query({
      text: `UPDATE cursor SET block_number = $2, block_hash = $3, updated_at = now(),
               final_number = least(final_number, $2), safe_number = least(safe_number, $2)
             WHERE deployment = $1 AND block_number > $2`,
      values: [...values, ancestor.hash],
    });
  });
  const number = ancestor?.number ?? BigInt(startBlock) - 1n;
  log.warn(
    { deployment, ancestor: number, depth: ancestor === undefined ? undefined : depth },
    ancestor === undefined
      ? "another chain than the one mirrored so far; the mirror begins again"
      : "rolled back",
  );
  return number;
}

/** Those who read the facts as they come find the way back by them. */
async function rememberOrphans(sql: Sql, deployment: number, ancestor: bigint): Promise<void> {
  await sql.query({
    text: `INSERT INTO orphan (deployment, number, hash, parent_hash)
           SELECT deployment, number, hash, parent_hash FROM block
           WHERE deployment = $1 AND number > $2 ON CONFLICT DO NOTHING`,
    values: [deployment, ancestor],
  });
  await sql.query({
    text: "DELETE FROM orphan WHERE deployment = $1 AND number < $2",
    values: [deployment, ancestor - ORPHANS_KEPT_BLOCKS],
  });
}

/** Before the new blocks are there: what was taken back is news as well. */
async function tellReaders(sql: Sql, deployment: number): Promise<void> {
  await sql.query({ text: "SELECT pg_notify('mirror', $1)", values: [String(deployment)] });
}

/** One question per block, newest first: reorgs are shallow. */
async function findAncestor(chain: Chain, kept: readonly Block[]): Promise<Block | undefined> {
  for (const block of kept) {
    const header = await fetchHeader(chain, block.number);
    if (header?.hash === block.hash) return block;
  }
  return undefined;
}
