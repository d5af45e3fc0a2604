// Sends stored bytes to the chain. Sending them again is always safe: it is the same transaction.
import { type Chain, onChain } from "../chain.ts";
import type { Sql } from "../db/client.ts";
import type { Log } from "../log.ts";
import type { TxRows } from "./tx-store.ts";

/** What a node says of bytes that it has, or that are in a block already. */
const KNOWN = /already known|already imported|known transaction|nonce too low/i;

export async function broadcast(
  { store, chain, log }: { store: TxRows; chain: Chain; log: Log },
  tx: { id: bigint; raw: `0x${string}`; hash: `0x${string}` },
): Promise<void> {
  try {
    await onChain(() => chain.client.sendRawTransaction({ serializedTransaction: tx.raw }));
    log.info({ hash: tx.hash }, "broadcast");
  } catch (err) {
    if (!(err instanceof Error && KNOWN.test(err.message))) {
      // Stored is enough: the next sweep sends the same bytes.
      log.warn({ err, hash: tx.hash }, "could not broadcast yet");
      return;
    }
  }
  await store.markSent(tx);
}

export async function markSent(sql: Sql, { id }: { id: bigint }): Promise<void> {
  await sql.query({
    text: "UPDATE sale.chain_tx SET state = 'sent', sent_at = now() WHERE id = $1 AND state = 'signed'",
    values: [id],
  });
}
