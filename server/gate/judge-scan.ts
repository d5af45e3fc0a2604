// Decides a scan at the door and writes it down; a ticket is admitted once, whoever scans it first (I7).
import { createHash } from "node:crypto";
import { Fault, Refusal } from "../domain/failure.ts";
import { decodePass } from "../domain/pass.ts";
import { type EventRef, unpackTicketId } from "../domain/ticket-id.ts";
import {
  judgePass,
  type RefusalReason,
  type TicketFacts,
  type Verdict,
} from "../domain/verdict.ts";
import type { Chains } from "../platform/chain.ts";
import { type Clock, unixSeconds } from "../platform/clock.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { lockEntry } from "../platform/db/entry-lock.ts";
import { askJobs } from "../queue/job/ask-jobs.ts";
import { checkInKey, checkIns } from "./check-in.ts";
import { readPassFacts } from "./verify-pass.ts";

export interface GateDeps {
  db: Db;
  chains: Chains;
  clock: Clock;
}

export interface ScanWish {
  scanId: string;
  event: EventRef;
  gate: string;
  staff: `0x${string}`;
  pass: string;
}

export interface ScanOutcome {
  decision: Verdict["decision"];
  reason: Verdict["reason"];
  ticketId: bigint | null;
  seat: string | null;
  admittedAt: Date | null;
}

/** The first entry of a ticket; re-entry and several days are further entries. */
const FIRST_ENTRY = 1;
/** Older than this, the mirror may not know that a ticket has moved. */
const MIRROR_AGE_MAX_MS = 60_000;

export async function judgeScan(deps: GateDeps, wish: ScanWish): Promise<ScanOutcome> {
  const passHash = createHash("sha256").update(wish.pass).digest("hex");
  const before = await readScan(deps.db, wish, passHash);
  if (before !== undefined) return before;

  const pass = decodePass(wish.pass);
  const chain = deps.chains.get(wish.event.deployment);
  if (pass === null || chain === undefined) {
    return record(deps.db, { wish, passHash, ticketId: null, verdict: refuse("unreadable") });
  }
  const { ticketId } = pass;
  const ticket = await readTicketFacts(deps, { deployment: wish.event.deployment, ticketId });
  const facts = await readPassFacts(pass, { chain, ticket });
  const verdict = judgePass({
    gateEventId: wish.event.eventId,
    pass: facts,
    ticket,
    nowSeconds: unixSeconds(deps.clock),
  });
  return record(deps.db, { wish, passHash, ticketId, verdict });
}

const ADMITTED: Verdict = { decision: "admit", reason: "admitted" };

function refuse(reason: RefusalReason): Verdict {
  return { decision: "refuse", reason };
}

async function readTicketFacts(
  { db }: Pick<GateDeps, "db">,
  { deployment, ticketId }: { deployment: number; ticketId: bigint },
): Promise<TicketFacts | null> {
  const { rows } = await db.query<{
    age_ms: number;
    owner: string | null;
    nonce: number;
    used: boolean;
    void: boolean;
    cancelled: boolean;
  }>({
    name: "gate-ticket",
    // By the clock that wrote it: ours may be a minute fast, and slow it would hide what is old.
    text: `SELECT (extract(epoch FROM now() - cursor.updated_at) * 1000)::float8 AS age_ms,
                  ticket.owner, ticket.nonce, ticket.used, ticket.void, event.cancelled
           FROM mirror.cursor LEFT JOIN mirror.ticket
             ON ticket.deployment = cursor.deployment AND ticket.ticket_id = $2
           LEFT JOIN mirror.event
             ON event.deployment = ticket.deployment AND event.event_id = ticket.event_id
           WHERE cursor.deployment = $1`,
    values: [deployment, ticketId],
  });
  const row = rows[0];
  if (row === undefined || row.age_ms > MIRROR_AGE_MAX_MS) {
    throw new Fault("chain/mirror-behind", "The mirror has not been renewed for a minute.");
  }
  const { owner, nonce, used, void: voided, cancelled } = row;
  return owner === null ? null : { owner, nonce, used, void: voided, cancelled };
}

interface ScanRow {
  deployment: number;
  event_id: number;
  pass_hash: string;
  decision: Verdict["decision"];
  reason: Verdict["reason"];
  ticket_id: bigint | null;
  seat: string | null;
  admitted_at: Date | null;
}

/** The answer that this scan already has: a scanner that got none sends it again. */
async function readScan(
  db: Sql,
  wish: ScanWish,
  passHash: string,
): Promise<ScanOutcome | undefined> {
  const { rows } = await db.query<ScanRow>({
    name: "scan-by-id",
    text: `SELECT scan.deployment, scan.event_id, scan.pass_hash, scan.decision, scan.reason,
                  scan.ticket_id, admission.admitted_at,
                  seat.section || ', row ' || seat.row || ', seat ' || seat.number AS seat
           FROM sale.scan
           LEFT JOIN sale.admission ON admission.deployment = scan.deployment
                AND admission.ticket_id = scan.ticket_id AND admission.entry = $2
           LEFT JOIN sale.seat ON seat.deployment = scan.deployment
                AND seat.event_id = scan.event_id AND seat.seat = scan.ticket_id & x'fffffffff'::bigint
           WHERE scan.id = $1`,
    values: [wish.scanId, FIRST_ENTRY],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  const { deployment, eventId } = wish.event;
  const sameEvent = row.deployment === deployment && row.event_id === eventId;
  if (row.pass_hash !== passHash || !sameEvent) {
    throw new Refusal("request/key-reused", "This scanId was used for another scan.");
  }
  return {
    decision: row.decision,
    reason: row.reason,
    ticketId: row.ticket_id,
    seat: row.seat,
    admittedAt: row.admitted_at,
  };
}

async function record(
  db: Db,
  scan: { wish: ScanWish; passHash: string; ticketId: bigint | null; verdict: Verdict },
): Promise<ScanOutcome> {
  const { wish, passHash, ticketId } = scan;
  await db.transaction(async (sql) => {
    // A scanner that is impatient sends one scan twice at once;
    // the second waits and finds the first.
    await sql.query({
      text: "SELECT pg_advisory_xact_lock(hashtextextended('scan:' || $1, 0))",
      values: [wish.scanId],
    });
    if ((await readScan(sql, wish, passHash)) !== undefined) return;
    let { decision, reason } = scan.verdict;
    if (decision === "admit" && ticketId !== null) {
      ({ decision, reason } = await admit(sql, wish, ticketId));
    }
    await sql.query({
      text: `INSERT INTO sale.scan
               (id, deployment, event_id, ticket_id, gate, staff, decision, reason, pass_hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [
        wish.scanId,
        wish.event.deployment,
        wish.event.eventId,
        ticketId !== null && unpackTicketId(ticketId).eventId > 0 ? ticketId : null,
        wish.gate,
        wish.staff,
        decision,
        reason,
        passHash,
      ],
    });
  });
  const outcome = await readScan(db, wish, passHash);
  return outcome as ScanOutcome;
}

/** The primary key is the lock: of two gates that scan one ticket at once, one inserts. */
async function admit(sql: Sql, wish: ScanWish, ticketId: bigint): Promise<Verdict> {
  const { deployment } = wish.event;
  await lockEntry(sql, { deployment, ticketIds: [ticketId] });
  if (await isCancelled(sql, wish.event)) return refuse("event_cancelled");
  if (await isTakenBack(sql, { deployment, ticketId })) return refuse("void");
  const { rowCount } = await sql.query({
    text: `INSERT INTO sale.admission (deployment, ticket_id, entry, scan_id, gate)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT (deployment, ticket_id, entry) DO NOTHING`,
    values: [deployment, ticketId, FIRST_ENTRY, wish.scanId, wish.gate],
  });
  if (rowCount !== 1) return refuse("already_admitted");
  await tellChain(sql, wish.event, ticketId);
  return ADMITTED;
}

/** Together with the admission: whoever dies in between has done neither. */
async function tellChain(sql: Sql, event: EventRef, ticketId: bigint): Promise<void> {
  const { deployment, eventId } = event;
  const payload = { ticketId: ticketId.toString(), entry: FIRST_ENTRY };
  await askJobs(sql, checkIns, [{ deployment, key: checkInKey(payload), eventId, payload }]);
}

/** The chain is told a little later; nobody is let in to what will not be. */
async function isCancelled(sql: Sql, event: EventRef): Promise<boolean> {
  const { rows } = await sql.query({
    name: "gate-event-cancelled",
    text: `SELECT 1 FROM sale.event WHERE deployment = $1 AND id = $2 AND state = 'cancelled'`,
    values: [event.deployment, event.eventId],
  });
  return rows.length > 0;
}

/** The chain makes it void a little later; whoever asked for that will be paid. */
async function isTakenBack(
  sql: Sql,
  { deployment, ticketId }: { deployment: number; ticketId: bigint },
): Promise<boolean> {
  const { rows } = await sql.query({
    name: "ticket-taken-back",
    // One that was withdrawn before its mint was never made: its id is another order's by now.
    text: `SELECT 1 FROM sale.refund_line line
           JOIN sale.mint_line mint
             ON mint.order_id = line.order_id AND mint.ticket_id = line.ticket_id
           WHERE line.deployment = $1 AND line.ticket_id = $2 AND line.state <> 'refused'
             AND mint.state <> 'withdrawn'`,
    values: [deployment, ticketId],
  });
  return rows.length > 0;
}
