// What must agree between our payments and the provider's own list of them: each rule as one set-wise query.
import type { ProviderLook } from "./look-at-provider.ts";
import { PATIENCE, type Rule } from "./rules.ts";

/** A capture that was posted just now may be newer than the list. */
const SETTLED = "interval '5 minutes'";
const kept = "kept.captured - kept.refunded";
const standing = "coalesce('is ' || p.state || ' here', 'is unknown here')";

/** Of `look`, `money` and `kept`, which is the money of each payment, as SOURCES has them. */
export const PROVIDER_RULES: readonly Rule[] = [
  {
    name: "charged-not-known",
    means: "the provider keeps money of ours for a payment that does not count as captured (I2)",
    sql: `SELECT coalesce(p.id, kept.ref) AS subject,
                 kept.ref || ' keeps ' || ${kept} || ' ' || kept.currency || ' of '
                   || kept.payment_id || ', which ' || ${standing} AS detail,
                 p.owes_void OR p.state IN ('started', 'authorised')
                   AND p.created_at > now() - ${PATIENCE} AS explained
          FROM kept CROSS JOIN look
          LEFT JOIN sale.payment p ON p.id = kept.payment_id AND p.provider = look.provider
          WHERE ${kept} > 0 AND p.state IS DISTINCT FROM 'captured'
            AND (p.id IS NOT NULL OR NOT kept.is_foreign)`,
  },
  {
    name: "authorised-not-awaited",
    means: "the provider may still take money for a payment that ended here; the worker voids it",
    sql: `SELECT coalesce(p.id, kept.ref) AS subject,
                 kept.ref || ' may take ' || kept.authorised || ' ' || kept.currency || ' for '
                   || kept.payment_id || ', which ' || ${standing} AS detail,
                 p.owes_void AS explained
          FROM kept CROSS JOIN look
          LEFT JOIN sale.payment p ON p.id = kept.payment_id AND p.provider = look.provider
          WHERE kept.authorised > 0
            AND (p.id IS NULL AND NOT kept.is_foreign
                 OR p.state IN ('voided', 'declined') AND p.updated_at < look.asked_at)`,
  },
  {
    name: "captured-not-charged",
    means: "a payment counts as captured, and the provider has taken nothing for it",
    sql: `SELECT p.id AS subject, p.order_id || ': ' || p.amount || ' ' || p.currency
                   || ' since ' || p.updated_at AS detail, false AS explained
          FROM look JOIN sale.payment p ON p.provider = look.provider
          LEFT JOIN kept ON kept.payment_id = p.id
          WHERE p.state = 'captured' AND p.amount > 0 AND coalesce(kept.captured, 0) = 0
            AND p.created_at >= look.since AND p.updated_at < look.asked_at - ${SETTLED}`,
  },
  {
    name: "charge-differs",
    means:
      "the provider has taken another amount or currency than was captured, or in another mode",
    sql: `SELECT p.id AS subject, p.order_id || ': captured ' || p.amount || ' ' || p.currency
                   || ', taken ' || kept.captured || ' ' || kept.currency
                   || CASE WHEN kept.is_our_mode THEN '' ELSE ' in another mode' END AS detail,
                 false AS explained
          FROM look JOIN sale.payment p ON p.provider = look.provider
          JOIN kept ON kept.payment_id = p.id
          WHERE p.state = 'captured' AND kept.captured > 0
            AND (kept.captured <> p.amount OR kept.currency <> p.currency
                 OR NOT kept.is_our_mode)`,
  },
  {
    name: "refunded-there-not-here",
    means: "the provider gave back more than was taken back here: its tickets may still be valid",
    sql: `SELECT p.id AS subject, p.order_id || ': given back ' || kept.refunded || ', booked '
                   || coalesce(back.paid, 0) AS detail,
                 kept.refunded <= coalesce(back.paid, 0) + coalesce(back.paying, 0) AS explained
          FROM look JOIN sale.payment p ON p.provider = look.provider
          JOIN kept ON kept.payment_id = p.id
          LEFT JOIN back ON back.payment_id = p.id
          WHERE p.state = 'captured' AND kept.refunded > coalesce(back.paid, 0)`,
  },
  {
    name: "refunded-here-not-there",
    means: "more counts as paid back than the provider gave back",
    sql: `SELECT p.id AS subject, p.order_id || ': booked ' || back.settled || ', given back '
                   || kept.refunded AS detail, false AS explained
          FROM look JOIN sale.payment p ON p.provider = look.provider
          JOIN kept ON kept.payment_id = p.id
          JOIN back ON back.payment_id = p.id
          WHERE p.state = 'captured' AND kept.refunded < back.settled`,
  },
];

/** Before a rule; the list is a parameter, because the moment of the database is read only. */
export const SOURCES = `
  look AS (SELECT $2::text AS provider, $3::timestamptz AS since, $4::timestamptz AS asked_at),
  money AS (
    SELECT * FROM jsonb_to_recordset($5::jsonb) AS listed (
      ref text, payment_id text, is_foreign boolean, authorised numeric, captured numeric,
      refunded numeric, currency text, is_our_mode boolean)),
  kept AS MATERIALIZED (
    SELECT payment_id, string_agg(ref, ' ' ORDER BY ref) AS ref, bool_and(is_foreign) AS is_foreign,
           sum(authorised) AS authorised, sum(captured) AS captured, sum(refunded) AS refunded,
           string_agg(DISTINCT currency, ' ') AS currency, bool_and(is_our_mode) AS is_our_mode
    FROM money GROUP BY payment_id),
  back AS MATERIALIZED (
    SELECT payment_id, sum(amount) FILTER (WHERE paid_at IS NOT NULL) AS paid,
           sum(amount) FILTER (WHERE paid_at IS NULL AND state = 'paying') AS paying,
           coalesce(sum(amount) FILTER (WHERE paid_at < $4::timestamptz - ${SETTLED}), 0) AS settled
    FROM sale.refund WHERE payment_id IS NOT NULL GROUP BY payment_id)`;

export function sourceValues({ provider, since, askedAt, money }: ProviderLook): unknown[] {
  const listed = money.map((one) => ({
    ...{ ref: one.ref, payment_id: one.paymentId, is_foreign: one.isForeign },
    authorised: one.authorised.toString(),
    captured: one.captured.toString(),
    refunded: one.refunded.toString(),
    ...{ currency: one.currency, is_our_mode: one.isOurMode },
  }));
  return [provider, since, askedAt, JSON.stringify(listed)];
}
