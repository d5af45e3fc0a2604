// The receivers of an event's webhooks: add one, list them, give one a new secret, remove it.
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { WebhookType } from "../domain/webhook.ts";
import type { Db } from "../platform/db/client.ts";
import { randomId, randomWebhookSecret } from "../platform/random.ts";
import { parseReceiverUrl } from "./receiver-url.ts";

export interface Endpoint {
  id: string;
  url: string;
  types: WebhookType[];
  state: "active" | "disabled";
  reason: string | null;
  createdAt: Date;
}

const ENDPOINTS_PER_EVENT = 10;
/** While a receiver changes to its new secret, messages carry signatures of both. */
const OLD_SECRET_HOURS = 24;

interface EndpointRow extends Omit<Endpoint, "createdAt"> {
  created_at: Date;
}

const COLUMNS = "id, url, types, state, reason, created_at";

/** The secret is shown here and never again. */
export async function addEndpoint(
  { db, local }: { db: Db; local: boolean },
  wish: { event: EventRef; url: string; types: readonly WebhookType[]; by: string },
): Promise<Endpoint & { secret: string }> {
  const url = parseReceiverUrl(wish.url, { local });
  const { deployment, eventId } = wish.event;
  const secret = randomWebhookSecret();
  const { rows } = await db.query<EndpointRow>({
    text: `INSERT INTO sale.webhook_endpoint
             (id, deployment, event_id, url, types, secret, created_by)
           SELECT $1, $2, $3, $4, $5, $6, $7
           WHERE (SELECT count(*) FROM sale.webhook_endpoint
                  WHERE deployment = $2 AND event_id = $3) < $8
           RETURNING ${COLUMNS}`,
    values: [
      ...[randomId("whk"), deployment, eventId, url.href, wish.types, secret, wish.by],
      ENDPOINTS_PER_EVENT,
    ],
  });
  const [row] = rows;
  if (row === undefined) {
    throw new Refusal("webhook/limit-reached", `An event has ${ENDPOINTS_PER_EVENT} receivers.`, {
      limit: ENDPOINTS_PER_EVENT,
    });
  }
  return { ...present(row), secret };
}

export async function listEndpoints({ db }: { db: Db }, event: EventRef): Promise<Endpoint[]> {
  const { rows } = await db.query<EndpointRow>({
    text: `SELECT ${COLUMNS} FROM sale.webhook_endpoint
           WHERE deployment = $1 AND event_id = $2 ORDER BY created_at, id`,
    values: [event.deployment, event.eventId],
  });
  return rows.map(present);
}

/** Also how a disabled receiver starts again: whoever has the new secret is there. */
export async function renewSecret(
  { db }: { db: Db },
  { event, id }: { event: EventRef; id: string },
): Promise<Endpoint & { secret: string }> {
  const secret = randomWebhookSecret();
  const { rows } = await db.query<EndpointRow>({
    text: `UPDATE sale.webhook_endpoint
           SET previous_secret = secret, previous_until = now() + $5 * interval '1 hour',
               secret = $4, state = 'active', reason = NULL
           WHERE id = $1 AND deployment = $2 AND event_id = $3 RETURNING ${COLUMNS}`,
    values: [id, event.deployment, event.eventId, secret, OLD_SECRET_HOURS],
  });
  return { ...present(requireFound(rows[0])), secret };
}

export async function removeEndpoint(
  { db }: { db: Db },
  { event, id }: { event: EventRef; id: string },
): Promise<void> {
  const { rows } = await db.query<EndpointRow>({
    text: `DELETE FROM sale.webhook_endpoint
           WHERE id = $1 AND deployment = $2 AND event_id = $3 RETURNING ${COLUMNS}`,
    values: [id, event.deployment, event.eventId],
  });
  requireFound(rows[0]);
}

function requireFound(row: EndpointRow | undefined): EndpointRow {
  if (row === undefined) throw new Refusal("request/not-found", "There is no such receiver.");
  return row;
}

function present({ created_at: createdAt, ...row }: EndpointRow): Endpoint {
  return { ...row, createdAt };
}
