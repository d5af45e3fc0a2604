// Sends what is due to the chain, as much of one event in a call as goes; one that is refused lets the others pass.
import { Bug } from "../../domain/failure.ts";
import { putOffMs } from "../../domain/job.ts";
import type { Chain } from "../../platform/chain.ts";
import type { Sql } from "../../platform/db/client.ts";
import { TooDear } from "../../platform/tx/fee-cap.ts";
import type { KeyDeps, KeyTurns } from "../../platform/tx/key-turns.ts";
import type { Lane } from "../../platform/tx/lane.ts";
import type { Refused } from "../../platform/tx/refused.ts";
import { sendOnce } from "../../platform/tx/send-once.ts";
import type { Job, JobKind } from "./job-kind.ts";
import { type Group, readDueGroups, readWaiting } from "./read-jobs.ts";

/** Of each deployment. */
const GROUPS_PER_ROUND = 20;
/** Each is a question to the node; what is left over is asked about in the next round. */
const REFUSALS_PER_ROUND = 50;
/** What is put off every ten minutes for most of a year must not end at what the column holds. */
const ONE_MORE_TRY = "least(tries + 1, 32767)";

interface At {
  chain: Chain;
  lane: Lane;
  group: Group;
}

/** Safe in any number of processes: the lane's holder sends, and claims the rows as it does. */
export async function sendJobs<P>(
  deps: KeyDeps,
  onLane: KeyTurns["onLane"],
  kind: JobKind<P>,
): Promise<void> {
  // Side by side: a chain that does not answer must not keep the others waiting.
  await Promise.all(
    [...deps.chains.values()].map((chain) => sendOn(deps, { chain, onLane }, kind)),
  );
}

async function sendOn<P>(
  deps: KeyDeps,
  { chain, onLane }: Pick<KeyTurns, "onLane"> & Pick<At, "chain">,
  kind: JobKind<P>,
): Promise<void> {
  const { id } = chain.deployment;
  for (const group of await readDueGroups(deps.db, kind, id, GROUPS_PER_ROUND)) {
    try {
      await onLane(chain, (lane) => sendGroup(deps, kind, { chain, lane, group }));
    } catch (err) {
      if (err instanceof Bug) throw err;
      // One event's jobs that wait must not keep the others waiting.
      deps.log.warn({ err, kind: kind.name, ...group }, "a job waits");
    }
  }
}

async function sendGroup<P>(deps: KeyDeps, kind: JobKind<P>, at: At): Promise<void> {
  // While one call is under way the others gather for the next one.
  if ((await inFlight(deps.db, kind, at)) >= kind.inFlightMax) return;
  let batches = [await readWaiting(deps, kind, at.group)];
  for (let refusals = 0; batches.length > 0 && refusals < REFUSALS_PER_ROUND; refusals += 1) {
    const [batch = [], ...more] = batches;
    const refused = batch.length === 0 ? undefined : await sendOrWait(deps, kind, at, batch);
    batches = refused === undefined ? more : [...(await part(deps, kind, batch, refused)), ...more];
  }
}

/** What may pass without the one that is refused; halves where nothing names it. */
async function part<P>(
  deps: KeyDeps,
  kind: JobKind<P>,
  batch: readonly Job<P>[],
  refused: Refused & { notYet?: true },
): Promise<Job<P>[][]> {
  const meaning = refused.notYet ? "all-wait" : kind.meaningOf(refused.refusal);
  const named = batch.filter((job) => kind.subjectOf(job) === refused.about);
  if (meaning === "all-wait" || batch.length === 1) {
    await putOff(deps, kind, batch, { ...refused, meaning });
    return [];
  }
  if (refused.about !== undefined && named.length > 0) {
    await putOff(deps, kind, named, { ...refused, meaning });
    return [batch.filter((job) => !named.includes(job))];
  }
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)];
}

/** Fees above the cap and a key without coin last: each job says so, and the log not every time. */
async function sendOrWait<P>(
  deps: KeyDeps,
  kind: JobKind<P>,
  at: At,
  batch: readonly Job<P>[],
): ReturnType<typeof send> {
  try {
    return await send(deps, kind, at, batch);
  } catch (err) {
    if (!(err instanceof TooDear)) throw err;
    return { refusal: err.message, about: undefined, notYet: true };
  }
}

async function send<P>(
  deps: KeyDeps,
  kind: JobKind<P>,
  { chain, lane }: At,
  batch: readonly Job<P>[],
): Promise<(Refused & { notYet?: true }) | undefined> {
  const { db } = deps;
  const call = await kind.callOf({ db, chain, signer: lane.signer }, batch);
  if ("notYet" in call) return { refusal: call.notYet, about: undefined, notYet: true };
  const ids = batch.map(({ id }) => id);
  return sendOnce(
    deps,
    { chain, lane },
    {
      ...call,
      claim: async (sql) => {
        const { rowCount } = await sql.query({
          text: `SELECT 1 FROM sale.chain_job WHERE id = ANY ($1) AND state = 'waiting'
                 ORDER BY id FOR UPDATE`,
          values: [ids],
        });
        return rowCount === ids.length;
      },
      attach: async (sql, txId) => {
        await sql.query({
          text: `UPDATE sale.chain_job SET state = 'sent', tx_id = $2, tries = ${ONE_MORE_TRY},
                        sends = sends + 1, reason = NULL, updated_at = now() WHERE id = ANY ($1)`,
          values: [ids, txId],
        });
      },
    },
  );
}

async function putOff<P>(
  { db, log }: KeyDeps,
  kind: JobKind<P>,
  jobs: readonly Job<P>[],
  { refusal, meaning }: { refusal: string; meaning: ReturnType<JobKind<P>["meaningOf"]> },
): Promise<void> {
  const needsPerson = meaning === "attention";
  const keys = { kind: kind.name, count: jobs.length, refusal };
  if (needsPerson) log.error(keys, "jobs need attention");
  else log.info(keys, "jobs are put off");
  await db.query({
    text: `UPDATE sale.chain_job job
           SET state = $4, reason = $5, tries = ${ONE_MORE_TRY}, updated_at = now(),
               due_at = now() + given.wait_ms * interval '1 ms'
           FROM unnest($1::bigint[], $2::int[]) AS given (id, wait_ms)
           WHERE job.id = given.id AND job.state = 'waiting' AND $3::text = job.kind`,
    values: [
      jobs.map(({ id }) => id),
      jobs.map(({ tries }) => putOffMs(tries)),
      kind.name,
      needsPerson ? "attention" : "waiting",
      refusal,
    ],
  });
}

async function inFlight<P>(sql: Sql, kind: JobKind<P>, { group, lane }: At): Promise<number> {
  const { rows } = await sql.query<{ count: number }>({
    text: `SELECT count(DISTINCT tx.id)::int AS count
           FROM sale.chain_job job JOIN sale.chain_tx tx ON tx.id = job.tx_id
           WHERE job.kind = $1 AND job.state = 'sent' AND job.deployment = $2
             AND job.event_id IS NOT DISTINCT FROM $3
             AND tx.signer = $4 AND tx.state IN ('signed', 'sent')`,
    values: [kind.name, group.deployment, group.eventId, lane.signer],
  });
  return rows[0]?.count ?? 0;
}
