// Gives the chain the nonce that it waits for, when everything that we have sent stands behind it.
import type { Chain } from "../chain.ts";
import type { Sql } from "../db/client.ts";
import type { Log } from "../log.ts";
import { broadcast } from "./broadcast.ts";
import type { Lane } from "./lane.ts";
import type { Signer } from "./signer.ts";
import { askChain, storeTx } from "./store-tx.ts";
import type { StoredTx, TxStore } from "./tx-store.ts";

const TRANSFER_GAS = 21_000n;

/**
 * A reorg can take away a block whose transaction of ours had reverted, or that somebody else had
 * made with our key. Nothing of ours is sent again for that nonce, and all later ones would wait
 * for ever. The stored bytes do, whatever became of them; where there are none, a transfer of
 * nothing to ourselves.
 */
export async function fillGap(
  { store, signer, log }: { store: TxStore; signer: Signer; log: Log },
  { chain, lane }: { chain: Chain; lane: Lane },
): Promise<boolean> {
  const facts = await askChain(chain, lane.signer);
  const nonce = facts.used;
  if (!(await store.isGap(lane, nonce))) return false;
  const stored = (await store.findStored(lane, nonce)) ?? (await storeFiller());
  if (stored === undefined) return false;
  log.warn({ nonce, hash: stored.hash }, "filling a gap of nonces");
  await broadcast({ store, chain, log }, stored);
  return true;

  async function storeFiller(): Promise<StoredTx | undefined> {
    return store.transaction(async (rows) => {
      const nextNonce = await rows.lockLane(lane);
      if (nextNonce === undefined) return undefined;
      const draft = {
        intent: "fill a gap",
        to: lane.signer,
        data: "0x" as const,
        gas: TRANSFER_GAS,
        tickets: 0,
      };
      const made = await storeTx(rows, signer, { chain, lane, nonce, facts, draft });
      await rows.setNextNonce(lane, nextNonce);
      return made;
    });
  }
}

export async function isGap(sql: Sql, { chainId, signer }: Lane, nonce: bigint): Promise<boolean> {
  const { rows } = await sql.query<{ gap: boolean }>({
    text: `SELECT bool_or(nonce > $3) AND NOT bool_or(nonce = $3) AS gap FROM sale.chain_tx
           WHERE chain_id = $1 AND signer = $2 AND state IN ('signed', 'sent')`,
    values: [chainId, signer, nonce],
  });
  return rows[0]?.gap === true;
}

export async function findStored(
  sql: Sql,
  { chainId, signer }: Lane,
  nonce: bigint,
): Promise<StoredTx | undefined> {
  const { rows } = await sql.query<StoredTx>({
    text: `SELECT id, raw, hash FROM sale.chain_tx
           WHERE chain_id = $1 AND signer = $2 AND nonce = $3 AND state <> 'replaced'
           ORDER BY id DESC LIMIT 1`,
    values: [chainId, signer, nonce],
  });
  return rows[0];
}
