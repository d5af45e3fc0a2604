// Begins the payment of an order by a wallet: its seats are kept, and a voucher for them is signed, once.
import { Fault, Refusal } from "../../domain/failure.ts";
import { VOUCHER_PROVIDER } from "../../domain/money.ts";
import type { OrderState } from "../../domain/order.ts";
import { fitsCurrency, type VoucherLine, voucherOf } from "../../domain/voucher.ts";
import type { Chains } from "../../platform/chain.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import { findStored, once } from "../../platform/db/keyed.ts";
import type { Log } from "../../platform/log.ts";
import type { RedisClient } from "../../platform/redis.ts";
import { reservePayment } from "../begin-payment.ts";
import { secondWayRefused } from "../refuse-second-way.ts";
import { keepSeats } from "../secure-claims.ts";
import type { PaymentAnswer } from "../take-payment.ts";
import { requireMintable } from "./require-mintable.ts";
import { showKept } from "./show-seats.ts";
import { findVoucher, insertVoucher, presentVoucher, type SignedVoucher } from "./voucher-row.ts";
import type { VoucherSigner } from "./voucher-signer.ts";

type Hex = `0x${string}`;

export interface VoucherDeps {
  db: Db;
  redis: RedisClient;
  chains: Chains;
  vouchers: VoucherSigner;
  log: Log;
}

interface Wish {
  orderId: string;
  buyer: Hex;
  key: string;
}

interface OrderFacts {
  deployment: number;
  event_id: number;
  state: OrderState;
  currency: string;
  expires_at: Date;
  open: boolean;
}

/** The chain is asked first, so that no row waits for it; an order gets one voucher in its life. */
export async function giveVoucher(deps: VoucherDeps, wish: Wish): Promise<PaymentAnswer> {
  const { orderId, buyer, key } = wish;
  const body = { orderId, provider: VOUCHER_PROVIDER };
  const request = { owner: buyer, key, route: "createPayment", body };
  const stored = await findStored<PaymentAnswer>(deps.db, request);
  if (stored !== undefined) return stored;
  const facts = await readFacts(deps.db, wish);
  const drafted = facts.open ? await draft(deps, wish, facts) : undefined;
  const answer = await once(deps.db, request, (sql) => give(sql, deps, { wish, facts, drafted }));
  if (answer.state === "authorised") await showKept(deps, orderId);
  return answer;
}

/** open: there is something to sign yet. */
async function readFacts(sql: Sql, { orderId, buyer }: Wish): Promise<OrderFacts> {
  const { rows } = await sql.query<OrderFacts>({
    text: `SELECT deployment, event_id, state, currency, expires_at,
                  state = 'claimed' AND expires_at > now() AND NOT EXISTS (
                    SELECT 1 FROM sale.payment p WHERE p.order_id = o.id
                      AND p.state IN ('started', 'authorised', 'captured')) AS open
           FROM sale.order o WHERE id = $1 AND buyer = $2`,
    values: [orderId, buyer],
  });
  const [facts] = rows;
  if (facts !== undefined) return facts;
  throw new Refusal("request/not-found", `There is no order ${orderId}.`);
}

async function draft(
  { db, chains, vouchers }: VoucherDeps,
  { orderId, buyer }: Wish,
  facts: OrderFacts,
): Promise<SignedVoucher> {
  const { deployment: id, event_id: eventId, currency, expires_at: expiresAt } = facts;
  const chain = chains.get(id);
  const modules = chain?.deployment.modules;
  if (chain === undefined || modules === undefined) {
    throw otherWay("no-box-office", "This event has no box office on chain.");
  }
  const token = chain.deployment.currencies?.[currency];
  if (token === undefined || !fitsCurrency(currency, token)) {
    throw otherWay("no-token", `${currency} cannot be paid on this chain.`);
  }
  const lines = await readLines(db, orderId);
  const voucher = voucherOf({ orderId, eventId, buyer, expiresAt, lines });
  if (voucher === undefined) {
    throw otherWay("several-prices", "A wallet pays places of one class and price at once.");
  }
  const signer = await vouchers.address();
  const faceUnit = await requireMintable(chain, { voucher, modules, token, signer });
  const { boxOffice } = modules;
  const { chainId } = chain.deployment;
  const signature = await vouchers.sign({ chainId, boxOffice }, voucher);
  const amount = BigInt(lines.length) * BigInt(voucher.unitPrice) * faceUnit;
  return { voucher, signer, signature, boxOffice, token, amount, relay: null };
}

async function readLines(sql: Sql, orderId: string): Promise<VoucherLine[]> {
  const { rows } = await sql.query<VoucherLine>({
    text: `SELECT ticket_id AS "ticketId", class, unit_price AS "unitPrice"
           FROM sale.order_line WHERE order_id = $1 ORDER BY seat`,
    values: [orderId],
  });
  return rows;
}

/** Payment, voucher and seats become true together: nobody can buy what is not kept. */
async function give(
  sql: Sql,
  deps: VoucherDeps,
  given: { wish: Wish; facts: OrderFacts; drafted: SignedVoucher | undefined },
): Promise<PaymentAnswer> {
  const { wish, facts, drafted } = given;
  const { orderId, buyer } = wish;
  const { deployment } = facts;
  const payment = await reservePayment(sql, { orderId, buyer, provider: VOUCHER_PROVIDER });
  if (payment.provider !== VOUCHER_PROVIDER) {
    throw await secondWayRefused(sql, payment);
  }
  const { id, amount, currency } = payment;
  const told = { id, orderId, amount: amount.toString(), currency, redirectUrl: null };
  if (payment.state === "captured") return { ...told, state: "captured", voucher: null };
  if (payment.lapsed) {
    throw new Refusal("order/expired", "The voucher has run out, and nothing new is signed.");
  }
  let signed = await findVoucher(sql, orderId);
  if (signed === undefined) {
    // Another payment was under way a moment ago.
    if (drafted === undefined) throw new Fault("server/unavailable", "Try it once more.");
    if (!(await keepSeats(sql, orderId))) {
      throw new Refusal("order/expired", "A seat of this order is gone; nothing was charged.");
    }
    signed = drafted;
    await insertVoucher(sql, { paymentId: id, orderId, deployment }, signed);
    await sql.query({
      text: `UPDATE sale.payment SET state = 'authorised', provider_ref = $2, updated_at = now()
             WHERE id = $1`,
      values: [id, signed.voucher.orderId],
    });
  }
  const chainId = deps.chains.get(deployment)?.deployment.chainId;
  if (chainId === undefined) throw otherWay("no-box-office", "Its chain is not configured here.");
  return { ...told, state: "authorised", voucher: presentVoucher(signed, chainId) };
}

function otherWay(why: string, detail: string): Refusal {
  return new Refusal("pay/other-way", detail, { why });
}
