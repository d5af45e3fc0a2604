// Writes the end of the audit log on chain now and then: who changes the log afterwards cannot change that (I13).
import { z } from "zod";
import type { Chain } from "../platform/chain.ts";
import type { Db } from "../platform/db/client.ts";
import type { PayoutTerms } from "../platform/env.ts";
import { blockOf } from "../platform/tx/block-of.ts";
import { askJobs } from "../queue/job/ask-jobs.ts";
import type { Job, JobKind, Seen } from "../queue/job/job-kind.ts";
import { encodeAnchor } from "./anchor-data.ts";

const AnchorPayload = z.strictObject({
  number: z.int().min(1),
  rows: z.string().regex(/^\d{1,19}$/),
  head: z.string().regex(/^[0-9a-f]{64}$/),
});
type AnchorPayload = z.output<typeof AnchorPayload>;

/** To the key itself, of nothing: what it says is all that it is for. */
export const auditAnchors: JobKind<AnchorPayload> = {
  name: "anchor",
  payload: AnchorPayload,
  perCallMax: 1,
  gatherMs: 0,
  inFlightMax: 1,
  callOf: async ({ signer }, jobs) => {
    const { number, rows, head } = (jobs[0] as Job<AnchorPayload>).payload;
    const data = encodeAnchor({ number, rows: BigInt(rows), head });
    return { to: signer, data, intent: `anchor ${rows} rows of the audit log` };
  },
  meaningOf: () => "attention",
  subjectOf: () => undefined,
  look,
};

/** On the first chain of the list, if the log has grown since the last anchor. */
export async function askAnchor(
  db: Db,
  deployment: number,
  { anchorEveryMinutes }: PayoutTerms,
): Promise<number> {
  const { rows } = await db.query<AnchorPayload>({
    text: `SELECT coalesce(last.number, 0) + 1 AS number, head.id::text AS rows, head.hash AS head
           FROM (SELECT id, hash FROM sale.audit ORDER BY id DESC LIMIT 1) AS head
           LEFT JOIN (
             SELECT (payload->>'number')::int AS number, (payload->>'rows')::bigint AS rows,
                    created_at
             FROM sale.chain_job WHERE kind = 'anchor' AND deployment = $1
             ORDER BY id DESC LIMIT 1) AS last ON true
           WHERE last.number IS NULL
              OR last.rows < head.id AND last.created_at <= now() - $2 * interval '1 minute'`,
    values: [deployment, anchorEveryMinutes],
  });
  return askJobs(
    db,
    auditAnchors,
    // By its number, so that of two workers that see different ends one is too late.
    rows.map((payload) => ({ deployment, key: `${payload.number}`, eventId: null, payload })),
  );
}

/** No log tells of it, so its receipt does. */
async function look(
  { db, chain }: { db: Db; chain: Chain },
  jobs: readonly Job<AnchorPayload>[],
): Promise<Seen[]> {
  const { rows } = await db.query<{ final: bigint }>({
    text: "SELECT final_number AS final FROM mirror.cursor WHERE deployment = $1",
    values: [chain.deployment.id],
  });
  const final = rows[0]?.final ?? -1n;
  const seen: Seen[] = [];
  for (const { id, sentHash: txHash } of jobs) {
    const number = txHash === null ? undefined : await blockOf(chain, txHash);
    if (txHash === null || number === undefined) continue;
    seen.push({ id, txHash, final: number <= final });
  }
  return seen;
}
