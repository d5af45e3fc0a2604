// Takes a buyer's authorisation of a voucher's price, tried before it is kept; a worker sends it on.
import { zeroAddress } from "viem";
import { Refusal } from "../../domain/failure.ts";
import { VOUCHER_PROVIDER } from "../../domain/money.ts";
import type { PaymentState } from "../../domain/order.ts";
import { RELAYS_PER_ORDER } from "../../domain/voucher.ts";
import type { Chains } from "../../platform/chain.ts";
import { onChain } from "../../platform/chain.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import { findStored, once } from "../../platform/db/keyed.ts";
import { readRefused } from "../../platform/tx/refused.ts";
import type { PaymentAnswer } from "../take-payment.ts";
import { type RelayConsent, relayCall } from "./relay-call.ts";
import { findVoucher, presentVoucher, type SignedVoucher } from "./voucher-row.ts";

interface RelayDeps {
  db: Db;
  chains: Chains;
}

interface Wish {
  orderId: string;
  buyer: `0x${string}`;
  consent: RelayConsent;
  key: string;
}

interface OpenPayment {
  id: string;
  state: PaymentState;
  amount: bigint;
  currency: string;
  deployment: number;
  lapsed: boolean;
  /** How often it was relayed. */
  sent: number | null;
}

export async function askRelay(deps: RelayDeps, wish: Wish): Promise<PaymentAnswer> {
  const { db } = deps;
  const { orderId, buyer, consent, key } = wish;
  const body = { orderId, provider: "relay", consent };
  const request = { owner: buyer, key, route: "createPayment", body };
  const stored = await findStored<PaymentAnswer>(db, request);
  if (stored !== undefined) return stored;
  const payment = await readPayment(db, wish);
  const signed = await findVoucher(db, orderId);
  if (signed === undefined) throw noVoucher();
  const isOpen = payment.state === "authorised";
  // One that is on its way may have bought the order by now: then the contract refuses it.
  const isFirst = signed.relay === null || signed.relay.state === "refused";
  if (isOpen && isFirst) await requireTaken(deps, { payment, signed, consent });
  return once(db, request, async (sql) => {
    const { state } = isOpen ? await keep(sql, wish) : payment;
    const { id, amount, currency, deployment } = payment;
    const chainId = deps.chains.get(deployment)?.deployment.chainId ?? 0;
    const left = state === "authorised" ? await findVoucher(sql, orderId) : undefined;
    return {
      ...{ id, orderId, state, amount: amount.toString(), currency, redirectUrl: null },
      voucher: left === undefined ? null : presentVoucher(left, chainId),
    };
  });
}

async function readPayment(sql: Sql, { orderId, buyer }: Wish): Promise<OpenPayment> {
  const { rows } = await sql.query<OpenPayment & { provider: string | null }>({
    text: `SELECT p.id, p.provider, p.state, p.amount, p.currency, o.deployment,
                  o.expires_at <= now() AS lapsed,
                  (SELECT relay_sent FROM sale.voucher v WHERE v.payment_id = p.id) AS sent
           FROM sale.order o LEFT JOIN sale.payment p ON p.order_id = o.id
             AND p.state IN ('started', 'authorised', 'captured')
           WHERE o.id = $1 AND o.buyer = $2`,
    values: [orderId, buyer],
  });
  const [row] = rows;
  if (row === undefined) throw new Refusal("request/not-found", `There is no order ${orderId}.`);
  if (row.provider !== VOUCHER_PROVIDER) throw noVoucher();
  if (row.state === "authorised" && row.lapsed) {
    throw new Refusal("order/expired", "The voucher has run out; nothing was charged.");
  }
  return row;
}

/** All of it, as the worker will send it: a key of ours pays the gas, whatever comes of it. */
async function requireTaken(
  { chains }: RelayDeps,
  given: { payment: OpenPayment; signed: SignedVoucher; consent: RelayConsent },
): Promise<void> {
  const { payment, signed, consent } = given;
  if ((payment.sent ?? 0) >= RELAYS_PER_ORDER) {
    const detail = "Its relays reverted too often: send the voucher's transaction.";
    throw new Refusal("pay/other-way", detail, { why: "relays-spent" });
  }
  if (signed.token === zeroAddress) {
    const detail = "A chain's coin cannot be authorised: send the voucher's transaction.";
    throw new Refusal("pay/other-way", detail, { why: "coin" });
  }
  const chain = chains.get(payment.deployment);
  if (chain === undefined) throw noVoucher();
  const { boxOffice: to, signer: account } = signed;
  try {
    const data = relayCall(signed, consent);
    await onChain(() => chain.client.call({ account, to, data }));
  } catch (error) {
    const refused = readRefused(error);
    if (refused === undefined) throw error;
    const { refusal: reason } = refused;
    throw new Refusal("pay/declined", `The contracts refuse it: ${reason}.`, { reason });
  }
}

/** One that is on its way stays as it is; one that was refused makes room for another. */
async function keep(sql: Sql, { orderId, consent }: Wish): Promise<{ state: PaymentState }> {
  await sql.query({ text: "SELECT 1 FROM sale.order WHERE id = $1 FOR UPDATE", values: [orderId] });
  await sql.query({
    text: `UPDATE sale.voucher v SET relay_state = 'waiting', relay_why = NULL, valid_after = $2,
                  valid_before = $3, authorisation = $4
           FROM sale.payment p
           WHERE v.order_id = $1 AND p.id = v.payment_id AND p.state = 'authorised'
             AND (v.relay_state IS NULL OR v.relay_state = 'refused')`,
    values: [orderId, consent.validAfter, consent.validBefore, consent.signature],
  });
  const { rows } = await sql.query<{ state: PaymentState }>({
    text: `SELECT p.state FROM sale.voucher v JOIN sale.payment p ON p.id = v.payment_id
           WHERE v.order_id = $1`,
    values: [orderId],
  });
  const [payment] = rows;
  if (payment === undefined) throw noVoucher();
  if (payment.state === "voided") throw new Refusal("order/expired", "The order has ended.");
  return payment;
}

function noVoucher(): Refusal {
  const detail = "Ask for a voucher first: what is authorised is its price, under its hash.";
  return new Refusal("pay/other-way", detail, { why: "no-voucher" });
}
