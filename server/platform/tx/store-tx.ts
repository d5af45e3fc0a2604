// Signs a transaction and writes it down with its nonce, before anybody can see it.
import { keccak256, type TransactionSerializableEIP1559 } from "viem";
import { type Chain, onChain } from "../chain.ts";
import type { Sql } from "../db/client.ts";
import { requireAffordable, requireCoin } from "./fee-cap.ts";
import type { Lane } from "./lane.ts";
import type { Signer } from "./signer.ts";
import type { NewTx, StoredTx, TxRows } from "./tx-store.ts";

export interface Draft {
  intent: string;
  to: `0x${string}`;
  data: `0x${string}`;
  gas: bigint;
  /** How many it mints, which is what it may cost. */
  tickets: number;
}

/** What the chain must be asked before the transaction that stores; no lock waits for an RPC. */
export interface ChainFacts {
  used: bigint;
  /** What the key has of the chain's coin. */
  coin: bigint;
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
}

export async function askChain(chain: Chain, signer: `0x${string}`): Promise<ChainFacts> {
  const { client } = chain;
  const [used, coin, fees] = await onChain(() =>
    Promise.all([
      client.getTransactionCount({ address: signer, blockTag: "latest" }),
      client.getBalance({ address: signer }),
      client.estimateFeesPerGas({ type: "eip1559", chain: null }),
    ]),
  );
  const { maxFeePerGas, maxPriorityFeePerGas } = fees;
  return { used: BigInt(used), coin, maxFeePerGas, maxPriorityFeePerGas };
}

/** What simulation saw may cost a little more in the block that includes it. */
const GAS_MARGIN_PERCENT = 115n;

export function gasLimitOf(estimate: bigint): bigint {
  return (estimate * GAS_MARGIN_PERCENT) / 100n;
}

/** More than this no block can take for it. */
export function feeMaxOf(gas: bigint, { maxFeePerGas }: { maxFeePerGas: bigint }): bigint {
  return gas * maxFeePerGas;
}

/** Locks the lane and answers its nonce; undefined when the lane is somebody else's by now. */
export async function claimNonce(
  rows: TxRows,
  lane: Lane,
  facts: ChainFacts,
): Promise<bigint | undefined> {
  const nextNonce = await rows.lockLane(lane);
  // A key that was used elsewhere is ahead of the lane.
  return nextNonce !== undefined && facts.used > nextNonce ? facts.used : nextNonce;
}

export async function storeTx(
  rows: TxRows,
  signer: Signer,
  given: { chain: Chain; lane: Lane; nonce: bigint; facts: ChainFacts; draft: Draft },
): Promise<StoredTx> {
  const { chain, lane, nonce, facts, draft } = given;
  const { chainId, id: deployment } = chain.deployment;
  const { intent, tickets } = draft;
  const feeMax = feeMaxOf(draft.gas, facts);
  await requireAffordable(rows, { chain, lane, feeMax, tickets });
  await requireCoin(rows, { lane, feeMax, coin: facts.coin });
  const transaction: TransactionSerializableEIP1559 = {
    type: "eip1559",
    chainId,
    to: draft.to,
    nonce: Number(nonce),
    data: draft.data,
    gas: draft.gas,
    maxFeePerGas: facts.maxFeePerGas,
    maxPriorityFeePerGas: facts.maxPriorityFeePerGas,
  };
  const raw = await signer.sign(transaction);
  const hash = keccak256(raw);
  const id = await rows.insertTx({ deployment, lane, nonce, intent, raw, hash, feeMax });
  await rows.setNextNonce(lane, nonce + 1n);
  return { id, raw, hash };
}

export async function insertTx(sql: Sql, tx: NewTx): Promise<bigint> {
  const { deployment, lane, nonce, intent, raw, hash, feeMax } = tx;
  const { rows } = await sql.query<{ id: bigint }>({
    text: `WITH tx AS (
             INSERT INTO sale.chain_tx
               (deployment, chain_id, signer, nonce, intent, raw, hash, fee_max)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id)
           INSERT INTO sale.tx_bid (hash, tx_id, raw) SELECT $7, id, $6 FROM tx
           RETURNING tx_id AS id`,
    values: [deployment, lane.chainId, lane.signer, nonce, intent, raw, hash, feeMax],
  });
  return rows[0]?.id as bigint;
}
