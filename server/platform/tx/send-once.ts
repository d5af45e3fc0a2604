// Sends one transaction for some rows: tried, then stored with its nonce and their claim, then sent.
import { type Chain, onChain } from "../chain.ts";
import type { Sql } from "../db/client.ts";
import { runBy } from "../db/store.ts";
import { broadcast } from "./broadcast.ts";
import type { KeyDeps } from "./key-turns.ts";
import type { Lane } from "./lane.ts";
import { type Refused, readRefused } from "./refused.ts";
import { txStatements } from "./sql-tx-store.ts";
import { askChain, claimNonce, gasLimitOf, storeTx } from "./store-tx.ts";
import type { StoredTx } from "./tx-store.ts";

export interface Sending {
  to: `0x${string}`;
  data: `0x${string}`;
  intent: string;
  /** False when a row is not this sender's to send any more: then nothing is signed. */
  claim(sql: Sql): Promise<boolean>;
  /** Writes down which transaction the rows wait for. */
  attach(sql: Sql, txId: bigint): Promise<void>;
}

/** The contract's error when it would refuse; the rows are then as they were. */
export async function sendOnce(
  { db, signer, log }: KeyDeps,
  { chain, lane }: { chain: Chain; lane: Lane },
  sending: Sending,
): Promise<Refused | undefined> {
  const { to, data, intent } = sending;
  const tried = await estimateGas(chain, lane.signer, sending);
  if ("refusal" in tried) return tried;
  const facts = await askChain(chain, lane.signer);
  const stored = await db.transaction(async (sql): Promise<StoredTx | undefined> => {
    const rows = runBy(sql, txStatements);
    const nonce = await claimNonce(rows, lane, facts);
    if (nonce === undefined || !(await sending.claim(sql))) return undefined;
    const draft = { intent, to, data, gas: gasLimitOf(tried.estimate), tickets: 0 };
    const tx = await storeTx(rows, signer, { chain, lane, nonce, facts, draft });
    await sending.attach(sql, tx.id);
    return tx;
  });
  if (stored !== undefined) await broadcast({ store: runBy(db, txStatements), chain, log }, stored);
  return undefined;
}

async function estimateGas(
  { client }: Chain,
  account: `0x${string}`,
  { to, data }: Sending,
): Promise<{ estimate: bigint } | Refused> {
  try {
    return { estimate: await onChain(() => client.estimateGas({ account, to, data })) };
  } catch (error) {
    const refused = readRefused(error);
    if (refused === undefined) throw error;
    return refused;
  }
}
