// Finds jobs whose transaction is final while the mirror shows nothing of them: a person must look.
import type { Chain } from "../../platform/chain.ts";
import type { Db } from "../../platform/db/client.ts";
import { blockOf } from "../../platform/tx/block-of.ts";
import type { Job, Seen } from "./job-kind.ts";

/** By then the mirror has shown whatever it will; the node is asked about no job before. */
const UNSEEN_AFTER_MS = 10 * 60_000;
/** Each is a question to the node. */
const UNSEEN_PER_ROUND = 20;
const WHY = "its transaction is final, and the mirror shows nothing of it";

/** Left as it is, it would keep all later ones of its kind and event from being sent. */
export async function findUnseen<P>(
  { db, chain }: { db: Db; chain: Chain },
  jobs: readonly Job<P>[],
): Promise<Seen[]> {
  const waiting = jobs.filter(({ state, sentHash }) => state === "sent" && sentHash !== null);
  if (waiting.length === 0) return [];
  const { rows } = await db.query<{ id: bigint; hash: `0x${string}`; final: bigint }>({
    text: `SELECT job.id, tx.hash, cursor.final_number AS final
           FROM sale.chain_job job JOIN sale.chain_tx tx ON tx.id = job.tx_id
           JOIN mirror.cursor ON cursor.deployment = job.deployment
           WHERE job.id = ANY ($1) AND tx.created_at < now() - $2 * interval '1 ms'
           ORDER BY job.id LIMIT $3`,
    values: [waiting.map(({ id }) => id), UNSEEN_AFTER_MS, UNSEEN_PER_ROUND],
  });
  const unseen: Seen[] = [];
  for (const { id, hash, final } of rows) {
    const number = await blockOf(chain, hash);
    if (number === undefined || number > final) continue;
    unseen.push({ id, txHash: hash, final: true, lost: WHY });
  }
  return unseen;
}
