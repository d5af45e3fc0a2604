// Shares what lies in an event's pot out among its payees, by itself: each filling of the pot once.
import { encodeFunctionData } from "viem";
import { z } from "zod";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { type Chain, type Chains, onChain } from "../platform/chain.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import type { PayoutTerms } from "../platform/env.ts";
import { askJobs } from "../queue/job/ask-jobs.ts";
import type { Job, JobCall, JobKind, NotYet, Seen } from "../queue/job/job-kind.ts";
import { whyNotWorth } from "./worth.ts";

const Filling = z.strictObject({
  /** What had been shared out before: no two fillings of a pot begin at the same sum. */
  distributed: z.string().regex(/^\d{1,78}$/),
});
type Filling = z.output<typeof Filling>;

const POTS_PER_ROUND = 200;
/** The pot is empty by another hand, or the mirror has not seen yet who is paid now. */
const PASSING = new Set(["PayoutsPotEmpty", "PayoutsSplitUnknown"]);

export function royaltyPayouts(terms: PayoutTerms): JobKind<Filling> {
  return {
    name: "royalties",
    payload: Filling,
    perCallMax: 1,
    gatherMs: 0,
    inFlightMax: 1,
    callOf: async ({ db, chain, signer }, [job]) => callOf({ db, chain, signer, terms }, job),
    meaningOf: (refusal) => (PASSING.has(refusal) ? "all-wait" : "attention"),
    subjectOf: () => undefined,
    look: ({ db, chain }, jobs) => look(db, chain.deployment.id, jobs),
  };
}

/** Asks for each pot that is not empty, unless its event was paid out a short time ago. */
export async function askRoyalties(
  { db, chains }: { db: Db; chains: Chains },
  kind: JobKind<Filling>,
  { everyMinutes }: PayoutTerms,
): Promise<number> {
  const { rows } = await db.query<{ deployment: number; eventId: number; distributed: bigint }>({
    text: `SELECT pot.deployment, pot.event_id AS "eventId", pot.distributed FROM mirror.pot
           WHERE pot.collected > pot.distributed AND pot.deployment = ANY ($1)
             AND EXISTS (SELECT 1 FROM mirror.split_share share
                         WHERE share.deployment = pot.deployment AND share.event_id = pot.event_id)
             AND NOT EXISTS (SELECT 1 FROM sale.chain_job job
                             WHERE job.deployment = pot.deployment AND job.event_id = pot.event_id
                               AND job.kind = 'royalties'
                               AND (job.created_at > now() - $2 * interval '1 minute'
                                    OR job.key = pot.event_id || ':' || pot.distributed))
           LIMIT $3`,
    values: [withModules(chains), everyMinutes, POTS_PER_ROUND],
  });
  return askJobs(
    db,
    kind,
    rows.map(({ deployment, eventId, distributed }) => ({
      ...{ deployment, eventId, key: `${eventId}:${distributed}` },
      payload: { distributed: distributed.toString() },
    })),
  );
}

/** Whose contracts for money are known. */
export function withModules(chains: Chains): number[] {
  return [...chains.values()].flatMap(({ deployment }) =>
    deployment.modules === undefined ? [] : [deployment.id],
  );
}

async function callOf(
  given: { db: Db; chain: Chain; signer: `0x${string}`; terms: PayoutTerms },
  job: Job<Filling> | undefined,
): Promise<JobCall | NotYet> {
  const { db, chain, signer, terms } = given;
  const { modules, id } = chain.deployment;
  const eventId = job?.eventId ?? 0;
  const { rows } = await db.query<Shares>({
    text: `SELECT pot.currency, array_agg(share.payee ORDER BY position) AS payees,
                  array_agg(share.share_bps ORDER BY position) AS shares,
                  max(share.version) AS version
           FROM mirror.pot JOIN mirror.split_share share USING (deployment, event_id)
           WHERE pot.deployment = $1 AND pot.event_id = $2 GROUP BY pot.currency`,
    values: [id, eventId],
  });
  const [shares] = rows;
  if (modules === undefined || shares === undefined) return { notYet: "the mirror has no pot" };
  const { version, payees, shares: bps, currency } = shares;
  const split = { version: BigInt(version), payees, shares: bps };
  const pot = [BigInt(eventId), currency] as const;
  const to = modules.resale;
  const amount = await onChain(() =>
    chain.client.readContract({ address: to, abi: resaleAbi, functionName: "potOf", args: pot }),
  );
  const data = encodeFunctionData({
    ...{ abi: resaleAbi, functionName: "distribute" },
    args: [...pot, split],
  });
  const { gasPercentMax } = terms;
  const why = await whyNotWorth(chain, signer, {
    ...{ eventId, amount, currency, to, data, gasPercentMax },
  });
  if (why !== undefined && amount > 0n) return { notYet: why };
  return { to, data, intent: `share out the royalties of event ${eventId}` };
}

interface Shares {
  currency: `0x${string}`;
  payees: `0x${string}`[];
  shares: number[];
  version: number;
}

/** The distribution that began where the job did, whoever asked for it. */
async function look(sql: Sql, deployment: number, jobs: readonly Job<Filling>[]): Promise<Seen[]> {
  const { rows } = await sql.query<Seen>({
    text: `SELECT given.id, paid.tx_hash AS "txHash",
                  paid.block_number <= cursor.final_number AS final
           FROM unnest($2::bigint[], $3::int[], $4::numeric[]) AS given (id, event_id, distributed)
           JOIN mirror.cursor ON cursor.deployment = $1
           JOIN LATERAL (
             SELECT tx_hash, block_number,
                    sum(sum(amount)) OVER (ORDER BY block_number, log_index) - sum(amount) AS before
             FROM mirror.royalty
             WHERE royalty.deployment = $1 AND royalty.event_id = given.event_id
             GROUP BY block_number, log_index, tx_hash) AS paid ON paid.before = given.distributed`,
    values: [
      deployment,
      jobs.map(({ id }) => id),
      jobs.map(({ eventId }) => eventId),
      jobs.map(({ payload }) => payload.distributed),
    ],
  });
  return rows;
}
