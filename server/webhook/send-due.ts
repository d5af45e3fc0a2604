// Sends the messages that are due, those of one order one after the other, and notes what became of each.
import { retryWaitMs } from "../domain/webhook-retry.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db/client.ts";
import type { Log } from "../platform/log.ts";
import { randomSpread } from "../platform/random.ts";
import type { Answer, Post } from "./post-webhook.ts";
import { webhookHeaders } from "./sign-webhook.ts";

export interface SendDeps {
  db: Db;
  clock: Clock;
  log: Log;
  post: Post;
}

interface DueRow {
  endpoint_id: string;
  message_id: string;
  order_id: string;
  attempts: number;
  url: string;
  secret: string;
  previous_secret: string | null;
  body: string;
}

/** Posted side by side; a slow receiver holds up one place of these, for 15 seconds at most. */
const SENT_AT_ONCE = 20;
/** One slow receiver must not fill all places. */
const SENT_PER_ENDPOINT = 4;
/** Longer than a post may take: whoever died with a message in hand gives it back after this. */
const IN_HAND_MS = 60_000;
const HTTP_GONE = 410;

/** Answers how many were tried; until that is none there may be more. */
export async function sendDue(deps: SendDeps): Promise<number> {
  const due = await takeDue(deps.db);
  await Promise.all(due.map((row) => sendOne(deps, row)));
  return due.length;
}

/**
 * A message waits for the ones before it of its order, so that nobody hears of a refund before the
 * payment. What is in hand stays `waiting` with a later time: the ones after it stay behind it.
 */
async function takeDue(db: Db): Promise<DueRow[]> {
  const { rows } = await db.query<DueRow>({
    name: "webhooks-due",
    text: `WITH first AS (
             SELECT d.endpoint_id, d.message_id, d.due_at,
                    row_number() OVER (PARTITION BY d.endpoint_id ORDER BY d.due_at) AS place
             FROM sale.webhook_delivery d
             WHERE d.state = 'waiting' AND d.due_at <= now() AND NOT EXISTS (
               SELECT FROM sale.webhook_delivery earlier
               WHERE earlier.endpoint_id = d.endpoint_id AND earlier.order_id = d.order_id
                 AND earlier.seq < d.seq AND earlier.state = 'waiting')),
           chosen AS (
             SELECT d.endpoint_id, d.message_id
             FROM sale.webhook_delivery d JOIN first USING (endpoint_id, message_id)
             WHERE first.place <= $2 AND d.state = 'waiting' AND d.due_at <= now()
             ORDER BY first.due_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
           UPDATE sale.webhook_delivery d
           SET attempts = d.attempts + 1, due_at = now() + $3 * interval '1 ms'
           FROM chosen, sale.webhook_endpoint e, sale.webhook_message m
           WHERE d.endpoint_id = chosen.endpoint_id AND d.message_id = chosen.message_id
             AND e.id = d.endpoint_id AND m.id = d.message_id
           RETURNING d.endpoint_id, d.message_id, d.order_id, d.attempts, e.url, e.secret, m.body,
                     CASE WHEN e.previous_until > now() THEN e.previous_secret END
                       AS previous_secret`,
    values: [SENT_AT_ONCE, SENT_PER_ENDPOINT, IN_HAND_MS],
  });
  return rows;
}

async function sendOne({ db, clock, log, post }: SendDeps, row: DueRow): Promise<void> {
  const secrets = [row.secret, ...(row.previous_secret === null ? [] : [row.previous_secret])];
  const message = { id: row.message_id, body: row.body };
  const headers = webhookHeaders(message, { secrets, nowMs: clock.now().getTime() });
  const answer = await post({ url: new URL(row.url), headers, body: row.body });
  const isTaken = answer.status !== undefined && answer.status >= 200 && answer.status < 300;
  const waitMs = isTaken
    ? undefined
    : retryWaitMs(row.attempts, { spread: randomSpread(), askedMs: answer.retryAfterMs });
  const isGone = answer.status === HTTP_GONE;
  await db.transaction(async (sql) => {
    await sql.query({
      text: `INSERT INTO sale.webhook_attempt (endpoint_id, message_id, status, error, took_ms)
             VALUES ($1, $2, $3, $4, $5)`,
      values: [row.endpoint_id, row.message_id, ...valuesOf(answer)],
    });
    await sql.query({
      text: `UPDATE sale.webhook_delivery
             SET state = $3, due_at = now() + $4 * interval '1 ms'
             WHERE endpoint_id = $1 AND message_id = $2 AND state = 'waiting'`,
      values: [
        row.endpoint_id,
        row.message_id,
        isTaken ? "delivered" : waitMs === undefined || isGone ? "failed" : "waiting",
        waitMs ?? 0,
      ],
    });
    if (isGone) await disable(sql, row.endpoint_id);
  });
  if (isGone) log.warn({ endpointId: row.endpoint_id }, "a receiver is gone and hears no more");
}

function valuesOf({ status, error, tookMs }: Answer) {
  return [status ?? null, error ?? null, tookMs];
}

/** 410 is the receiver's own word that it wants nothing more. */
async function disable(sql: Pick<Db, "query">, endpointId: string): Promise<void> {
  await sql.query({
    text: `UPDATE sale.webhook_endpoint
           SET state = 'disabled', reason = 'the receiver answered 410 Gone' WHERE id = $1`,
    values: [endpointId],
  });
  await sql.query({
    text: `UPDATE sale.webhook_delivery SET state = 'failed'
           WHERE endpoint_id = $1 AND state = 'waiting'`,
    values: [endpointId],
  });
}
