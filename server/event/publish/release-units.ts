// Puts seats that were kept back on public sale: first their units on chain, then the seats here.
import { encodeFunctionData, TransactionReceiptNotFoundError } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import { type Chain, onChain } from "../../platform/chain.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { KeyDeps } from "../../platform/tx/key-turns.ts";
import type { Lane } from "../../platform/tx/lane.ts";
import { sendOnce } from "../../platform/tx/send-once.ts";

interface ReleaseRow {
  id: bigint;
  class: number;
  units: number;
  state: "waiting" | "sent";
  hash: `0x${string}` | null;
}

/** Longer than any chain of ours takes to be final. */
const REOPEN_WINDOW_HOURS = 2;
const RELEASES_MAX = 100;

export async function eventsWithReleases(sql: Sql): Promise<EventRef[]> {
  const { rows } = await sql.query<EventRef>({
    text: `SELECT DISTINCT deployment, event_id AS "eventId" FROM sale.class_release
           WHERE state IN ('waiting', 'sent') LIMIT $1`,
    values: [RELEASES_MAX],
  });
  return rows;
}

export async function runReleases(
  deps: KeyDeps,
  { chain, lane, event }: { chain: Chain; lane: Lane; event: EventRef },
): Promise<void> {
  const { rows } = await deps.db.query<ReleaseRow>({
    text: `SELECT release.id, class, cardinality(seats) AS units, release.state, tx.hash
           FROM sale.class_release release LEFT JOIN sale.chain_tx tx ON tx.id = release.tx_id
           WHERE release.deployment = $1 AND event_id = $2
             AND release.state IN ('waiting', 'sent') ORDER BY release.id`,
    values: [event.deployment, event.eventId],
  });
  for (const row of rows) {
    if (row.state === "waiting") await send(deps, { chain, lane, event, row });
    else if (row.hash !== null && (await isIncluded(chain, row.hash))) await close(deps.db, row);
  }
}

async function send(
  deps: KeyDeps,
  { chain, lane, event, row }: { chain: Chain; lane: Lane; event: EventRef; row: ReleaseRow },
): Promise<void> {
  const args = [BigInt(event.eventId), row.class, row.units] as const;
  const refused = await sendOnce(
    deps,
    { chain, lane },
    {
      to: chain.deployment.tickets,
      data: encodeFunctionData({ abi: ticketsAbi, functionName: "releaseUnits", args }),
      intent: `release ${row.id} of event ${event.eventId}`,
      claim: async (sql) => (await move(sql, row.id, { from: "waiting", to: "sent" })) === 1,
      attach: async (sql, txId) => {
        const text = "UPDATE sale.class_release SET tx_id = $2 WHERE id = $1";
        await sql.query({ text, values: [row.id, txId] });
      },
    },
  );
  if (refused === undefined) return;
  deps.log.error({ releaseId: row.id, ...refused }, "the contract refuses a release");
  await move(deps.db, row.id, { from: "waiting", to: "attention", reason: refused.refusal });
}

async function move(
  sql: Sql,
  id: bigint,
  { from, to, reason = null }: { from: string; to: string; reason?: string | null },
): Promise<number> {
  const { rowCount } = await sql.query({
    text: `UPDATE sale.class_release SET state = $3, reason = $4, updated_at = now()
           WHERE id = $1 AND state = $2`,
    values: [id, from, to, reason],
  });
  return rowCount ?? 0;
}

/** The seats, the release and its transaction together: whoever sees one sees all. */
async function close(db: Db, { id }: ReleaseRow): Promise<void> {
  await db.query({
    text: `WITH closed AS (
             UPDATE sale.class_release SET state = 'done', updated_at = now()
             WHERE id = $1 AND state = 'sent' RETURNING deployment, event_id, seats, tx_id),
           tx AS (
             UPDATE sale.chain_tx SET state = 'included'
             WHERE id IN (SELECT tx_id FROM closed) AND state IN ('signed', 'sent')),
           seats AS (
             UPDATE sale.seat SET class = 0 FROM closed
             WHERE seat.deployment = closed.deployment AND seat.event_id = closed.event_id
               AND seat.seat = ANY (closed.seats))
           UPDATE sale.event SET version = version + 1, updated_at = now() FROM closed
           WHERE event.deployment = closed.deployment AND event.id = closed.event_id`,
    values: [id],
  });
}

/** Units that a reorg put back are released again, by the same bytes. */
export async function reopenReleases(
  { db, log }: { db: Db; log: Log },
  chains: ReadonlyMap<number, Chain>,
): Promise<void> {
  const { rows } = await db.query<{ id: bigint; deployment: number; hash: `0x${string}` }>({
    text: `SELECT release.id, release.deployment, tx.hash
           FROM sale.class_release release JOIN sale.chain_tx tx ON tx.id = release.tx_id
           WHERE release.state = 'done' AND release.updated_at > now() - $1 * interval '1 hour'
           LIMIT $2`,
    values: [REOPEN_WINDOW_HOURS, RELEASES_MAX],
  });
  for (const { id, deployment, hash } of rows) {
    const chain = chains.get(deployment);
    if (chain === undefined || (await isIncluded(chain, hash))) continue;
    log.warn({ releaseId: id }, "a reorg took a release away; it is sent again");
    await db.query({
      text: `WITH gone AS (
               UPDATE sale.class_release SET state = 'sent', updated_at = now()
               WHERE id = $1 AND state = 'done' RETURNING tx_id)
             UPDATE sale.chain_tx SET state = 'sent', sent_at = to_timestamp(0)
             WHERE id IN (SELECT tx_id FROM gone)`,
      values: [id],
    });
  }
}

/** One that reverted is freed by whoever recovers transactions. */
async function isIncluded({ client }: Chain, hash: `0x${string}`): Promise<boolean> {
  try {
    const { status } = await onChain(() => client.getTransactionReceipt({ hash }));
    return status === "success";
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return false;
    throw error;
  }
}
