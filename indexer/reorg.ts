// Takes back what the chain took back: to the newest block that both still have (I6).
import { Bug } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Db } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import type { Log } from "#server/platform/log.ts";
import { undoEvents } from "./apply/event.ts";
import { undoTickets } from "./apply/ticket.ts";
import { undoTransfers } from "./apply/transfer.ts";
import { readHashes } from "./cursor.ts";
import { fetchHeader } from "./range.ts";

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
  const kept = await readHashes(db, deployment);
  const ancestor = await findAncestor(chain, kept);
  if (ancestor === undefined && chainId !== LOCAL_CHAIN_ID) {
    // Going on would mirror a chain that contradicts what we called final.
    throw new Bug(`The reorg of deployment ${deployment} is deeper than ${kept.length} blocks.`);
  }
  // A local chain that lost its state is another chain: the mirror begins again.
  const number = ancestor?.number ?? BigInt(startBlock) - 1n;
  await db.transaction(async (sql) => {
    // One indexer at a time: a second one that saw the same reorg finds nothing left to take back.
    await sql.query({
      text: "SELECT 1 FROM mirror.cursor WHERE deployment = $1 FOR UPDATE",
      values: [deployment],
    });
    await undoTickets(sql, deployment, number);
    await undoTransfers(sql, deployment, number);
    await undoEvents(sql, deployment, number);
    const values = [deployment, number];
    await sql.query({
      text: "DELETE FROM mirror.block WHERE deployment = $1 AND number > $2",
      values,
    });
    if (ancestor === undefined) {
      await sql.query({
        text: "DELETE FROM mirror.ticket WHERE deployment = $1",
        values: [deployment],
      });
      await sql.query({
        text: "DELETE FROM mirror.cursor WHERE deployment = $1",
        values: [deployment],
      });
    } else {
      await sql.query({
        text: `UPDATE mirror.cursor SET block_number = $2, block_hash = $3, updated_at = now(),
                 final_number = least(final_number, $2)
               WHERE deployment = $1 AND block_number > $2`,
        values: [...values, ancestor.hash],
      });
    }
  });
  log.warn(
    { deployment, ancestor: number, depth: (kept[0]?.number ?? number) - number },
    ancestor === undefined
      ? "another chain than the one mirrored so far; the mirror begins again"
      : "rolled back",
  );
  return number;
}

/** One question per block, newest first: reorgs are shallow. */
async function findAncestor(
  chain: Chain,
  kept: readonly { number: bigint; hash: string }[],
): Promise<{ number: bigint; hash: string } | undefined> {
  for (const block of kept) {
    const header = await fetchHeader(chain, block.number);
    if (header?.hash === block.hash) return block;
  }
  return undefined;
}
