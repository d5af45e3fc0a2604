// Repairs what is safe to repair of the books, and keeps the rest as incidents until it is gone.
import type { Db } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { Metrics } from "../../platform/metrics.ts";
import type { PaymentProvider } from "../provider.ts";
import { type Difference, findDifferences, findProviderDifferences } from "./find-differences.ts";
import { lookAtProvider } from "./look-at-provider.ts";
import { PROVIDER_RULES } from "./provider-rules.ts";
import { RULES, type Rule } from "./rules.ts";

interface BookDeps {
  db: Db;
  log: Log;
  metrics: Metrics;
}

/** What is older was held against the list when it was younger, and was settled then. */
const PROVIDER_DAYS = 2;

/** Answers how many incidents of the books there are now. */
export async function sweepBooks(deps: BookDeps): Promise<number> {
  const { differences } = await findDifferences(deps.db);
  return keep(deps, RULES, differences);
}

/** The same for the provider's own list; asked apart, because the answer may take long. */
export async function sweepProvider(
  deps: BookDeps & { provider: Pick<PaymentProvider, "name" | "list"> },
): Promise<number> {
  const look = await lookAtProvider(deps, PROVIDER_DAYS);
  const { differences } = await findProviderDifferences(deps.db, look);
  return keep(deps, PROVIDER_RULES, differences);
}

async function keep(
  { db, log, metrics }: BookDeps,
  rules: readonly Rule[],
  differences: readonly Difference[],
): Promise<number> {
  const unexplained = differences.filter(({ explained }) => !explained);
  const repaired = await repair(db, unexplained);
  for (const { rule, subject } of repaired) log.warn({ rule, subject }, "the books are repaired");
  const left = unexplained.filter((difference) => !repaired.includes(difference));
  for (const incident of await store(db, rules, left)) log.error({ ...incident }, "an incident");
  metrics.incidents.set(await countOpen(db));
  return left.length;
}

async function countOpen(db: Db): Promise<number> {
  const { rows } = await db.query<{ count: bigint }>({
    text: "SELECT count(*) AS count FROM sale.incident WHERE ended_at IS NULL",
  });
  return Number(rows[0]?.count ?? 0n);
}

/**
 * They can only give an order what it paid for: the outbox takes a ticket once, and a claim is made
 * lasting for the order that has it and for no other. And what ended here can only end there too:
 * an authorisation is cancelled by the sweep of payments, which tries until it is.
 */
async function repair(db: Db, found: readonly Difference[]): Promise<Difference[]> {
  const repaired: Difference[] = [];
  for (const difference of found) {
    const text = REPAIRS[difference.rule];
    if (text === undefined) continue;
    const { rowCount } = await db.query({ text, values: [difference.subject] });
    if ((rowCount ?? 0) > 0) repaired.push(difference);
  }
  return repaired;
}

const REPAIRS: Record<string, string> = {
  "ticket-not-owed": `
    INSERT INTO sale.mint_line
      (deployment, event_id, order_id, ticket_id, owner, class, unit_price, state)
    SELECT o.deployment, o.event_id, o.id, line.ticket_id, o.buyer, line.class, line.unit_price,
           -- What its buyer minted is not to be minted again; the mirror closes it.
           CASE WHEN EXISTS (SELECT 1 FROM sale.payment p WHERE p.order_id = o.id
                               AND p.provider = 'voucher' AND p.state = 'captured')
                THEN 'sent' ELSE 'queued' END
    FROM sale.order o JOIN sale.order_line line ON line.order_id = o.id
    JOIN sale.claim ON claim.deployment = o.deployment AND claim.event_id = o.event_id
      AND claim.seat = line.seat AND claim.order_id = o.id
    WHERE o.id = $1 AND o.state IN ('paid', 'fulfilled', 'attention')
      AND NOT EXISTS (SELECT 1 FROM sale.mint_line mint
                      WHERE mint.order_id = o.id AND mint.ticket_id = line.ticket_id)
      AND NOT EXISTS (SELECT 1 FROM sale.refund_line back
                      WHERE back.order_id = o.id AND back.seat = line.seat)
    ON CONFLICT DO NOTHING`,
  "sold-seat-not-claimed": `
    UPDATE sale.claim SET expires_at = 'infinity'
    FROM sale.order o JOIN sale.order_line line ON line.order_id = o.id
    WHERE o.id = $1 AND claim.order_id = o.id AND claim.seat = line.seat
      AND claim.expires_at <> 'infinity'
      AND o.state IN ('paid', 'fulfilled', 'attention')
      AND NOT EXISTS (SELECT 1 FROM sale.refund_line back
                      WHERE back.order_id = o.id AND back.seat = claim.seat)`,
  "authorised-not-awaited": `
    UPDATE sale.payment SET owes_void = true, updated_at = now()
    WHERE id = $1 AND state IN ('voided', 'declined') AND provider_ref IS NOT NULL`,
};

/** Answers those that were not known; incidents of other rules stay as they are. */
async function store(
  db: Db,
  rules: readonly Rule[],
  found: readonly Difference[],
): Promise<Pick<Difference, "rule" | "subject" | "detail">[]> {
  const once = new Map(found.map((one) => [`${one.rule} ${one.subject}`, one]));
  const values = [
    [...once.values()].map(({ rule }) => rule),
    [...once.values()].map(({ subject }) => subject),
    [...once.values()].map(({ detail }) => detail),
  ];
  await db.query({
    text: `UPDATE sale.incident SET ended_at = now()
           WHERE ended_at IS NULL AND rule = ANY ($3) AND NOT EXISTS (
             SELECT 1 FROM unnest($1::text[], $2::text[]) AS found (rule, subject)
             WHERE found.rule = incident.rule AND found.subject = incident.subject)`,
    values: [...values.slice(0, 2), rules.map(({ name }) => name)],
  });
  const { rows } = await db.query<{ rule: string; subject: string; detail: string }>({
    text: `INSERT INTO sale.incident (rule, subject, detail)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
           ON CONFLICT (rule, subject) DO UPDATE
             SET detail = EXCLUDED.detail, seen_at = now(), ended_at = NULL
             WHERE incident.ended_at IS NOT NULL
           RETURNING rule, subject, detail`,
    values,
  });
  return rows;
}
