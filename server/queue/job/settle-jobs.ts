// Closes jobs by what the mirror shows of them, and opens them again when a reorg takes that away.
import { Bug } from "../../domain/failure.ts";
import type { Chain, Chains } from "../../platform/chain.ts";
import type { Db } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import { findUnseen } from "./find-unseen.ts";
import type { JobKind, Seen } from "./job-kind.ts";
import { readOpen } from "./read-jobs.ts";

interface SettleDeps {
  db: Db;
  chains: Chains;
  log: Log;
}

/** Without the kind's key as well: somebody else may do what is due. */
export async function settleJobs<P>(deps: SettleDeps, kind: JobKind<P>): Promise<void> {
  // Side by side: a node that does not answer must not keep the other chains' jobs open.
  const ended = await Promise.allSettled(
    [...deps.chains.values()].map((chain) => settleOn(deps, kind, chain)),
  );
  const failed = ended.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  if (failed.length > 0) throw failed.find((reason) => reason instanceof Bug) ?? failed[0];
}

async function settleOn<P>(deps: SettleDeps, kind: JobKind<P>, chain: Chain): Promise<void> {
  const { db, log } = deps;
  const jobs = await readOpen(deps, kind, chain.deployment.id);
  if (jobs.length === 0) return;
  const seen = await kind.look({ db, chain }, jobs);
  const shown = new Set(seen.map(({ id }) => id));
  const gone = jobs.filter(({ id, state }) => state === "included" && !shown.has(id));
  await close(
    db,
    seen.filter(({ lost }) => lost === undefined),
  );
  if (gone.length > 0) {
    log.warn(
      { kind: kind.name, count: gone.length },
      "a reorg took jobs away; they are sent again",
    );
    await reopen(
      db,
      gone.map(({ id }) => id),
    );
  }
  const lost = seen.filter((one) => one.lost !== undefined && one.final);
  // The last: it asks the node.
  const unseen = await findUnseen(
    { db, chain },
    jobs.filter(({ id }) => !shown.has(id)),
  );
  await setAside(db, [...lost, ...unseen]);
}

/** The job and its transaction together; the bid that was taken is the transaction from now on. */
async function close(db: Db, seen: readonly Seen[]): Promise<void> {
  if (seen.length === 0) return;
  await db.query({
    text: `WITH seen AS (
             SELECT * FROM unnest($1::bigint[], $2::text[], $3::boolean[])
               AS seen (id, tx_hash, final)),
           closed AS (
             UPDATE sale.chain_job job
             SET state = CASE WHEN seen.final THEN 'done' ELSE 'included' END,
                 tx_hash = seen.tx_hash, reason = NULL, updated_at = now()
             FROM seen WHERE job.id = seen.id AND job.state <> 'done'
               AND (job.state <> 'included' OR seen.final OR job.tx_hash <> seen.tx_hash))
           UPDATE sale.chain_tx tx SET state = 'included', hash = bid.hash, raw = bid.raw
           FROM sale.tx_bid bid
           WHERE bid.hash = ANY ($2) AND tx.id = bid.tx_id
             AND (tx.state <> 'included' OR tx.hash <> bid.hash)`,
    values: [
      seen.map(({ id }) => id),
      seen.map(({ txHash }) => txHash),
      seen.map(({ final }) => final),
    ],
  });
}

async function setAside(db: Db, lost: readonly Seen[]): Promise<void> {
  if (lost.length === 0) return;
  await db.query({
    text: `UPDATE sale.chain_job job
           SET state = 'attention', reason = given.reason, tx_hash = given.tx_hash,
               updated_at = now()
           FROM unnest($1::bigint[], $2::text[], $3::text[]) AS given (id, reason, tx_hash)
           WHERE job.id = given.id AND job.state NOT IN ('done', 'attention')`,
    values: [
      lost.map(({ id }) => id),
      lost.map(({ lost: why }) => why),
      lost.map(({ txHash }) => txHash),
    ],
  });
}

/** The same bytes where there are some that still can be sent; else it begins anew. */
async function reopen(db: Db, ids: readonly bigint[]): Promise<void> {
  await db.query({
    text: `WITH gone AS (
             UPDATE sale.chain_job job
             SET state = CASE WHEN tx.id IS NULL THEN 'waiting' ELSE 'sent' END,
                 tx_id = tx.id, tx_hash = NULL, updated_at = now()
             FROM sale.chain_job old LEFT JOIN sale.chain_tx tx
               ON tx.id = old.tx_id AND tx.state IN ('signed', 'sent', 'included')
             WHERE job.id = ANY ($1) AND old.id = job.id AND job.state = 'included'
             RETURNING job.tx_id)
           UPDATE sale.chain_tx SET state = 'sent', sent_at = to_timestamp(0)
           WHERE id IN (SELECT tx_id FROM gone) AND state = 'included'`,
    values: [ids],
  });
}
