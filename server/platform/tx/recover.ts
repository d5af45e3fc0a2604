// Brings transactions home that were signed and then not heard of: sends them again, or frees what waits for them.
import { TransactionReceiptNotFoundError } from "viem";
import { SENDS_PER_JOB } from "../../domain/job.ts";
import { RELAYS_PER_ORDER } from "../../domain/voucher.ts";
import { type Chain, type Chains, onChain } from "../chain.ts";
import type { Sql } from "../db/client.ts";
import type { Log } from "../log.ts";
import { broadcast } from "./broadcast.ts";
import type { OpenTx, TxRows } from "./tx-store.ts";

/** A block and the mirror's step behind it; sooner would only repeat what is under way. */
const UNHEARD_AFTER_MS = 4_000;
const TRANSACTIONS_PER_SWEEP = 50;
const ASSUMED_FINAL_DEPTH = 64n;

export async function recoverTransactions({
  store,
  chains,
  log,
}: {
  store: TxRows;
  chains: Chains;
  log: Log;
}): Promise<void> {
  for (const tx of await store.readUnheard()) {
    const chain = chains.get(tx.deployment);
    if (chain === undefined) continue;
    try {
      await recover({ store, chain, log }, tx);
    } catch (err) {
      // One chain that is away must not keep the others' transactions waiting.
      log.warn({ err, hash: tx.hash }, "a transaction could not be looked up");
    }
  }
}

export async function readUnheard(sql: Sql): Promise<OpenTx[]> {
  const { rows } = await sql.query<OpenTx>({
    text: `SELECT id, deployment, signer, nonce, raw, hash,
                  (SELECT json_agg(json_build_object('hash', bid.hash, 'raw', bid.raw)
                                   ORDER BY bid.created_at DESC)
                   FROM sale.tx_bid bid WHERE bid.tx_id = chain_tx.id) AS bids
           FROM sale.chain_tx
           WHERE state IN ('signed', 'sent')
             AND coalesce(sent_at, created_at) < now() - $1 * interval '1 ms'
           ORDER BY nonce LIMIT $2`,
    values: [UNHEARD_AFTER_MS, TRANSACTIONS_PER_SWEEP],
  });
  return rows;
}

async function recover(deps: { store: TxRows; chain: Chain; log: Log }, tx: OpenTx): Promise<void> {
  const { store, chain, log } = deps;
  const taken = await findTaken(chain, tx);
  if (taken !== undefined && taken.hash !== tx.hash) await store.adopt(tx, taken);
  const status = taken?.status;
  // What waits for one that succeeded closes it: a line by the mirror, a step by what it changed.
  if (status === "success") return store.closeIfEmpty(tx);
  if (status === "reverted") {
    log.error({ hash: tx.hash }, "a transaction reverted; what waited for it goes again");
    await store.freeWaiting(tx, "reverted");
  } else if (await isNonceGone(chain, tx)) {
    log.error({ hash: tx.hash, nonce: tx.nonce }, "a key of ours was used elsewhere");
    await store.freeWaiting(tx, "replaced");
  } else {
    await broadcast(deps, tx);
  }
}

/** Which of the bids is in a block, and what became of it there. */
async function findTaken(chain: Chain, { bids }: OpenTx) {
  for (const bid of bids) {
    const status = await receiptStatus(chain, bid.hash);
    if (status !== undefined) return { ...bid, status };
  }
  return undefined;
}

/** A block has taken an older bid: that one is the transaction. */
export async function adopt(
  sql: Sql,
  { id }: { id: bigint },
  bid: OpenTx["bids"][number],
): Promise<void> {
  await sql.query({
    text: "UPDATE sale.chain_tx SET hash = $2, raw = $3 WHERE id = $1",
    values: [id, bid.hash, bid.raw],
  });
}

/** Asked of the final state only: a node that lags behind another must not make us mint again. */
async function isNonceGone(chain: Chain, { signer, nonce }: OpenTx): Promise<boolean> {
  const { client } = chain;
  const used = await onChain(async () => {
    try {
      return await client.getTransactionCount({ address: signer, blockTag: "finalized" });
    } catch {
      // Some nodes do not know the word, or not the state of that block; depth is what is left.
      const head = await client.getBlockNumber();
      const blockNumber = head > ASSUMED_FINAL_DEPTH ? head - ASSUMED_FINAL_DEPTH : 0n;
      return client.getTransactionCount({ address: signer, blockNumber });
    }
  });
  return BigInt(used) > nonce;
}

/** Nothing waits for a filler, so nothing else will ever close it. */
export async function closeIfEmpty(sql: Sql, { id }: { id: bigint }): Promise<void> {
  await sql.query({
    text: `UPDATE sale.chain_tx SET state = 'included'
           WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM sale.mint_line WHERE tx_id = $1)
             AND NOT EXISTS (SELECT 1 FROM sale.publish_step WHERE tx_id = $1)
             AND NOT EXISTS (SELECT 1 FROM sale.class_release WHERE tx_id = $1)
             AND NOT EXISTS (SELECT 1 FROM sale.refund_line WHERE tx_id = $1)
             AND NOT EXISTS (SELECT 1 FROM sale.event_act WHERE tx_id = $1)
             AND NOT EXISTS (SELECT 1 FROM sale.chain_job WHERE tx_id = $1 AND state = 'sent')
             AND NOT EXISTS (SELECT 1 FROM sale.voucher WHERE relay_tx = $1)`,
    values: [id],
  });
}

async function receiptStatus(chain: Chain, hash: `0x${string}`) {
  try {
    const receipt = await onChain(() => chain.client.getTransactionReceipt({ hash }));
    return receipt.status;
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  }
}

/** The next simulation finds out what was wrong. */
export async function freeWaiting(
  sql: Sql,
  { id }: { id: bigint },
  state: "reverted" | "replaced",
): Promise<void> {
  await sql.query({
    text: `WITH ended AS (
             UPDATE sale.chain_tx SET state = $2 WHERE id = $1 AND state IN ('signed', 'sent')
             RETURNING id),
           refunds AS (
             UPDATE sale.refund_line
             SET state = CASE WHEN state = 'sent' THEN 'asked' ELSE state END, tx_id = NULL,
                 updated_at = now()
             WHERE tx_id IN (SELECT id FROM ended) AND state IN ('sent', 'waiting')),
           acts AS (
             UPDATE sale.event_act SET state = 'waiting', tx_id = NULL, updated_at = now()
             WHERE tx_id IN (SELECT id FROM ended) AND state = 'sent'),
           relays AS (
             UPDATE sale.voucher SET relay_tx = NULL,
               relay_state = CASE WHEN relay_sent < $3 THEN 'waiting' ELSE 'refused' END,
               relay_why = CASE WHEN relay_sent < $3 THEN NULL ELSE 'reverted too often' END
             WHERE relay_tx IN (SELECT id FROM ended) AND relay_state = 'sent'),
           jobs AS (
             UPDATE sale.chain_job
             SET state = CASE WHEN sends < $4 THEN 'waiting' ELSE 'attention' END, tx_id = NULL,
                 reason = $2, due_at = now(), updated_at = now()
             WHERE tx_id IN (SELECT id FROM ended) AND state = 'sent'),
           releases AS (
             UPDATE sale.class_release SET state = 'waiting', tx_id = NULL, updated_at = now()
             WHERE tx_id IN (SELECT id FROM ended) AND state = 'sent'),
           steps AS (
             UPDATE sale.publish_step SET state = 'waiting', tx_id = NULL, updated_at = now()
             WHERE tx_id IN (SELECT id FROM ended) AND state = 'sent')
           -- What was bought on a voucher is its buyer's to mint: by our key it would be a gift.
           UPDATE sale.mint_line line SET tx_id = NULL, updated_at = now(),
             state = CASE WHEN EXISTS (SELECT 1 FROM sale.voucher
                                       WHERE voucher.order_id = line.order_id)
                          THEN 'sent' ELSE 'queued' END
           WHERE line.tx_id IN (SELECT id FROM ended) AND line.state = 'sent'`,
    values: [id, state, RELAYS_PER_ORDER, SENDS_PER_JOB],
  });
}
