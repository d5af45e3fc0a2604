// Pays an event's money out to its organiser when the contract lets go of it: never before, never of a cancelled one.
import { encodeFunctionData } from "viem";
import { z } from "zod";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { Fault } from "../domain/failure.ts";
import { type Chain, type Chains, onChain } from "../platform/chain.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import type { PayoutTerms } from "../platform/env.ts";
import { readRefused } from "../platform/tx/refused.ts";
import { type Asked, askJobs } from "../queue/job/ask-jobs.ts";
import type { Job, JobCall, JobKind, NotYet, Seen } from "../queue/job/job-kind.ts";
import { withModules } from "./share-royalties.ts";
import { whyNotWorth } from "./worth.ts";

const Release = z.strictObject({
  /** What had been paid out before: no two releases of an event begin at the same sum. */
  released: z.string().regex(/^\d{1,78}$/),
});
type Release = z.output<typeof Release>;

/** Each is a question to the node. */
const EVENTS_PER_ROUND = 20;
/** As the contracts have it (SETTLED_AFTER_DOORS). */
const SETTLED_AFTER_DOORS_SECONDS = 3 * 24 * 60 * 60;
/** Postponed meanwhile, or all of it is kept for refunds. */
const PASSING = new Set(["EscrowLocked", "EscrowEmpty"]);

export function escrowReleases(terms: PayoutTerms): JobKind<Release> {
  return {
    name: "escrow",
    payload: Release,
    perCallMax: 1,
    gatherMs: 0,
    inFlightMax: 1,
    callOf: async ({ db, chain, signer }, [job]) => callOf({ db, chain, signer, terms }, job),
    meaningOf: (refusal) => (PASSING.has(refusal) ? "all-wait" : "attention"),
    subjectOf: () => undefined,
    look: ({ db, chain }, jobs) => look(db, chain.deployment.id, jobs),
  };
}

/**
 * By the chain's time, not by ours. What is kept for refunds alone does the contract know, so it is
 * tried before it is asked for: a job that could never be done would wait for ever.
 */
export async function askReleases(
  { db, chains }: { db: Db; chains: Chains },
  kind: JobKind<Release>,
): Promise<number> {
  const { rows } = await db.query<{ deployment: number; eventId: number; released: bigint }>({
    text: `SELECT escrow.deployment, escrow.event_id AS "eventId", escrow.released
           FROM mirror.escrow JOIN mirror.event USING (deployment, event_id)
           JOIN mirror.cursor USING (deployment)
           JOIN mirror.block ON block.deployment = cursor.deployment
             AND block.number = cursor.block_number
           WHERE escrow.held > 0 AND NOT event.cancelled AND escrow.deployment = ANY ($1)
             AND event.doors_at + $2 <= extract(epoch FROM block.mined_at)
             AND NOT EXISTS (SELECT 1 FROM sale.chain_job job
                             WHERE job.deployment = escrow.deployment AND job.kind = 'escrow'
                               AND job.key = escrow.event_id || ':' || escrow.released)
           ORDER BY random() LIMIT $3`,
    values: [withModules(chains), SETTLED_AFTER_DOORS_SECONDS, EVENTS_PER_ROUND],
  });
  const asked: Asked<Release>[] = [];
  const away = new Map<number, Fault>();
  for (const { deployment, eventId, released } of rows) {
    const chain = chains.get(deployment);
    if (chain === undefined || away.has(deployment)) continue;
    try {
      if (!(await wouldPay(chain, eventId))) continue;
    } catch (err) {
      if (!(err instanceof Fault)) throw err;
      // The others' money must not wait for a chain that does not answer.
      away.set(deployment, err);
      continue;
    }
    const payload = { released: released.toString() };
    asked.push({ deployment, eventId, key: `${eventId}:${released}`, payload });
  }
  const count = await askJobs(db, kind, asked);
  for (const fault of away.values()) throw fault;
  return count;
}

async function wouldPay({ client, deployment }: Chain, eventId: number): Promise<boolean> {
  try {
    await onChain(() =>
      client.call({ to: deployment.modules?.boxOffice, data: releaseOf(eventId) }),
    );
    return true;
  } catch (error) {
    if (readRefused(error) === undefined) throw error;
    return false;
  }
}

function releaseOf(eventId: number): `0x${string}` {
  const args = [BigInt(eventId)] as const;
  return encodeFunctionData({ abi: boxOfficeAbi, functionName: "release", args });
}

async function callOf(
  given: { db: Db; chain: Chain; signer: `0x${string}`; terms: PayoutTerms },
  job: Job<Release> | undefined,
): Promise<JobCall | NotYet> {
  const { db, chain, signer, terms } = given;
  const { modules, id } = chain.deployment;
  const eventId = job?.eventId ?? 0;
  const { rows } = await db.query<{ held: bigint; currency: string }>({
    text: `SELECT escrow.held, event.currency
           FROM mirror.escrow JOIN mirror.event USING (deployment, event_id)
           WHERE escrow.deployment = $1 AND escrow.event_id = $2`,
    values: [id, eventId],
  });
  const [escrow] = rows;
  if (modules === undefined || escrow === undefined) return { notYet: "the mirror has no escrow" };
  const [to, data] = [modules.boxOffice, releaseOf(eventId)];
  const { held: amount, currency } = escrow;
  const { gasPercentMax } = terms;
  const why = await whyNotWorth(chain, signer, {
    ...{ eventId, amount, currency, to, data, gasPercentMax },
  });
  if (why !== undefined) return { notYet: why };
  return { to, data, intent: `release the escrow of event ${eventId}` };
}

/** The release that began where the job did, whoever asked for it. */
async function look(sql: Sql, deployment: number, jobs: readonly Job<Release>[]): Promise<Seen[]> {
  const { rows } = await sql.query<Seen>({
    text: `SELECT given.id, paid.tx_hash AS "txHash",
                  paid.block_number <= cursor.final_number AS final
           FROM unnest($2::bigint[], $3::int[], $4::numeric[]) AS given (id, event_id, released)
           JOIN mirror.cursor ON cursor.deployment = $1
           JOIN LATERAL (
             SELECT tx_hash, block_number,
                    sum(amount) OVER (ORDER BY block_number, log_index) - amount AS before
             FROM mirror.escrow_entry entry
             WHERE entry.deployment = $1 AND entry.event_id = given.event_id
               AND entry.kind = 'released') AS paid ON paid.before = given.released`,
    values: [
      deployment,
      jobs.map(({ id }) => id),
      jobs.map(({ eventId }) => eventId),
      jobs.map(({ payload }) => payload.released),
    ],
  });
  return rows;
}
