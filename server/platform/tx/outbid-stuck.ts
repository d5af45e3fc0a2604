// Signs again, at a higher fee, the one transaction that all later ones of its key wait for.
import { keccak256, parseTransaction, type TransactionSerializableEIP1559 } from "viem";
import { Bug, Fault } from "../../domain/failure.ts";
import { outbid } from "../../domain/outbid.ts";
import type { Chain } from "../chain.ts";
import type { Sql } from "../db/client.ts";
import type { Log } from "../log.ts";
import { broadcast } from "./broadcast.ts";
import { requireAffordable } from "./fee-cap.ts";
import type { Lane } from "./lane.ts";
import type { Signer } from "./signer.ts";
import { askChain, type ChainFacts, feeMaxOf } from "./store-tx.ts";
import type { StoredTx, StuckTx, TxRows, TxStore } from "./tx-store.ts";

/** Two or three blocks of the slowest chain that we know; its fee was the market's when signed. */
const STUCK_AFTER_MS = 30_000;

interface Given {
  chain: Chain;
  lane: Lane;
}

/**
 * Only the first of a key can be stuck for its fee; the others wait for it. The nonce, the receiver
 * and the calldata stay, so that the chain can take one of the bids only.
 */
export async function outbidStuck(
  { store, signer, log }: { store: TxStore; signer: Signer; log: Log },
  { chain, lane }: Given,
): Promise<boolean> {
  if ((await store.findStuck(lane)) === undefined) return false;
  const facts = await askChain(chain, lane.signer);
  try {
    const bid = await store.transaction((rows) => storeBid(rows, signer, { chain, lane, facts }));
    if (bid === undefined) return false;
    log.warn({ nonce: facts.used, hash: bid.hash }, "no block takes a transaction: offering more");
    await broadcast({ store, chain, log }, bid);
    return true;
  } catch (err) {
    if (!(err instanceof Fault)) throw err;
    log.warn({ err, nonce: facts.used }, "a transaction waits, and more may not be offered");
    return false;
  }
}

export async function findStuck(
  sql: Sql,
  lane: Lane,
  nonce?: bigint,
): Promise<StuckTx | undefined> {
  const { rows } = await sql.query<StuckTx>({
    text: `SELECT tx.id, tx.raw,
                  (SELECT count(*)::int FROM sale.mint_line WHERE tx_id = tx.id) AS tickets
           FROM sale.chain_tx tx
           WHERE tx.chain_id = $1 AND tx.signer = $2 AND tx.state IN ('signed', 'sent')
             AND tx.nonce = coalesce($3, tx.nonce)
             AND (SELECT max(created_at) FROM sale.tx_bid WHERE tx_id = tx.id)
                 < now() - $4 * interval '1 ms'
           ORDER BY tx.nonce LIMIT 1`,
    values: [lane.chainId, lane.signer, nonce ?? null, STUCK_AFTER_MS],
  });
  return rows[0];
}

async function storeBid(
  rows: TxRows,
  signer: Signer,
  { chain, lane, facts }: Given & { facts: ChainFacts },
): Promise<StoredTx | undefined> {
  if ((await rows.lockLane(lane)) === undefined) return undefined;
  const stuck = await rows.findStuck(lane, facts.used);
  if (stuck === undefined) return undefined;
  const before = read(stuck.raw);
  const fees = outbid(before, facts);
  const feeMax = feeMaxOf(before.gas, fees);
  const { id, tickets } = stuck;
  await requireAffordable(rows, { chain, lane, feeMax, tickets, instead: id });
  const raw = await signer.sign({ ...before, ...fees });
  const bid = { id, raw, hash: keccak256(raw) };
  await rows.insertBid(bid, feeMax);
  return bid;
}

export async function insertBid(sql: Sql, bid: StoredTx, feeMax: bigint): Promise<void> {
  await sql.query({
    text: `WITH bid AS (INSERT INTO sale.tx_bid (hash, tx_id, raw) VALUES ($2, $1, $3))
           UPDATE sale.chain_tx SET hash = $2, raw = $3, fee_max = $4, state = 'signed'
           WHERE id = $1`,
    values: [bid.id, bid.hash, bid.raw, feeMax],
  });
}

/** What was signed, without its signature. */
function read(raw: `0x${string}`) {
  const { type, chainId, to, nonce, data, value, gas, maxFeePerGas, maxPriorityFeePerGas } =
    parseTransaction(raw as `0x02${string}`);
  if (gas === undefined || maxFeePerGas === undefined) {
    throw new Bug("a stored transaction names no gas or fee");
  }
  const fees = { maxFeePerGas, maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n };
  return {
    ...{ type, chainId, to, nonce, data, value, gas },
    ...fees,
  } satisfies TransactionSerializableEIP1559;
}
