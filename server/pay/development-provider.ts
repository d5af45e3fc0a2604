// A payment provider that asks no bank. It refuses to be made anywhere but on a local chain (D12).
import { Bug } from "../domain/failure.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { gatherWork, type Outcome } from "../platform/db/gather-work.ts";
import { LOCAL_CHAIN_ID } from "../platform/development.ts";
import type { Env } from "../platform/env.ts";
import type {
  Authorisation,
  Charge,
  ListWindow,
  PaymentProvider,
  ProviderMoney,
  ProviderPayment,
} from "./provider.ts";

const PAGE_PAYMENTS = 1_000;
/** What a capture that must not be comes back by; a payment has one of those. */
const VOID_KEY = "void";

/** Its books are tables of their own, which only its list is read from. */
export function createDevelopmentProvider(
  env: Pick<Env, "nodeEnv" | "deployments">,
  db: Db,
): PaymentProvider {
  const local = env.deployments.every(({ chainId }) => chainId === LOCAL_CHAIN_ID);
  if (env.nodeEnv !== "development" || !local) {
    throw new Bug("the development payment provider was loaded outside development");
  }
  // A bank's own computers are not what fans wait for here.
  const wants = ({ paymentId }: { paymentId: string }) => [paymentId];
  const noteCharge = gatherWork(db, { run: noteCharges, wants });
  const noteCapture = gatherWork(db, { run: noteCaptures, wants });
  return {
    name: "development",
    authorise: (charge) => authorise(charge, noteCharge),
    // What its answer was not heard of is given back: nobody waits at a page for it.
    check: async () => ({ standing: "ended", reason: "The card was not authorised." }),
    close: async () => ({ standing: "ended", reason: "The card was not authorised." }),
    capture: (payment) => noteCapture(payment),
    void: (payment) => giveUp(db, payment),
    payBack: async (payment, { refundId, attempt, amount }) => {
      await giveBack(db, payment, { key: `${refundId}:${attempt}`, amount });
      return { standing: "paid", providerRef: `dev_${refundId}` };
    },
    list: (window) => list(db, window),
  };
}

async function authorise(
  charge: Charge,
  note: (charge: Charge) => Promise<void>,
): Promise<Authorisation> {
  const providerRef = `dev_${charge.paymentId}`;
  if (charge.source === "declines") {
    return { outcome: "declined", providerRef, reason: "The card was declined." };
  }
  await note(charge);
  return { outcome: "authorised", providerRef };
}

async function noteCharges(sql: Sql, charges: readonly Charge[]): Promise<Outcome<void>[]> {
  await sql.query({
    name: "development-authorise",
    text: `INSERT INTO sale.development_payment (payment_id, currency, authorised, captured)
           SELECT id, currency, amount, 0
           FROM unnest($1::text[], $2::text[], $3::numeric[]) AS given (id, currency, amount)
           ON CONFLICT (payment_id) DO UPDATE SET authorised = EXCLUDED.authorised
             WHERE development_payment.captured = 0`,
    values: valuesOf(charges),
  });
  return charges.map(() => ({ done: undefined }));
}

/** Captured twice, it is captured once. */
async function noteCaptures(
  sql: Sql,
  payments: readonly ProviderPayment[],
): Promise<Outcome<void>[]> {
  await sql.query({
    name: "development-capture",
    text: `INSERT INTO sale.development_payment (payment_id, currency, authorised, captured)
           SELECT id, currency, 0, amount
           FROM unnest($1::text[], $2::text[], $3::numeric[]) AS given (id, currency, amount)
           ON CONFLICT (payment_id) DO UPDATE SET authorised = 0, captured = EXCLUDED.captured`,
    values: valuesOf(payments),
  });
  return payments.map(() => ({ done: undefined }));
}

function valuesOf(some: readonly Pick<ProviderPayment, "paymentId" | "currency" | "amount">[]) {
  return [
    some.map(({ paymentId }) => paymentId),
    some.map(({ currency }) => currency),
    some.map(({ amount }) => amount),
  ];
}

async function giveUp(db: Sql, payment: ProviderPayment): Promise<void> {
  const { rows } = await db.query<{ kept: bigint }>({
    text: `UPDATE sale.development_payment SET authorised = 0 WHERE payment_id = $1
           RETURNING captured - (
             SELECT coalesce(sum(amount), 0) FROM sale.development_refund refund
             WHERE refund.payment_id = development_payment.payment_id) AS kept`,
    values: [payment.paymentId],
  });
  const kept = rows[0]?.kept ?? 0n;
  if (kept > 0n) await giveBack(db, payment, { key: VOID_KEY, amount: kept });
}

async function giveBack(
  db: Sql,
  { paymentId }: ProviderPayment,
  { key, amount }: { key: string; amount: bigint },
): Promise<void> {
  await db.query({
    text: `INSERT INTO sale.development_refund (payment_id, key, amount) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING`,
    values: [paymentId, key, amount],
  });
}

async function* list(db: Sql, { since, until }: ListWindow): AsyncGenerator<ProviderMoney[]> {
  let after = "";
  for (;;) {
    const { rows } = await db.query<
      Pick<ProviderMoney, "authorised" | "captured" | "refunded" | "currency"> & { id: string }
    >({
      text: `SELECT payment_id AS id, currency, authorised, captured,
                    (SELECT coalesce(sum(amount), 0) FROM sale.development_refund refund
                     WHERE refund.payment_id = payment.payment_id) AS refunded
             FROM sale.development_payment payment
             WHERE payment_id > $1 AND (created_at BETWEEN $2 AND $3 OR EXISTS (
                 SELECT 1 FROM sale.development_refund refund
                 WHERE refund.payment_id = payment.payment_id
                   AND refund.created_at BETWEEN $2 AND $3))
             ORDER BY payment_id LIMIT $4`,
      values: [after, since, until, PAGE_PAYMENTS],
    });
    yield rows.map(({ id, ...money }) => ({
      ...{ ...money, ref: `dev_${id}`, paymentId: id, isForeign: false, isOurMode: true },
    }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_PAYMENTS) return;
    after = last.id;
  }
}
