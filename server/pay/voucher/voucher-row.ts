// The voucher of an order as Postgres has it: signed once, and the same for everybody who asks again.
import { encodeFunctionData, zeroAddress } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { type RelayState, type Voucher, voucherDomain, voucherHash } from "../../domain/voucher.ts";
import type { Sql } from "../../platform/db/client.ts";

type Hex = `0x${string}`;

/** A voucher with its signature, and where and how much it costs. */
export interface SignedVoucher {
  voucher: Voucher;
  signer: Hex;
  signature: Hex;
  boxOffice: Hex;
  /** The zero address is the chain's coin. */
  token: Hex;
  /** In the token's smallest unit. */
  amount: bigint;
  /** Of the buyer's authorisation, where there is one. */
  relay: { state: RelayState; why: string | null } | null;
}

interface VoucherRow {
  order_key: Hex;
  event_id: number;
  box_office: Hex;
  token: Hex;
  amount: bigint;
  class: number;
  unit_price: bigint;
  deadline: bigint;
  payer: Hex;
  runs: Hex;
  signer: Hex;
  signature: Hex;
  relay_state: RelayState | null;
  relay_why: string | null;
}

export async function findVoucher(sql: Sql, orderId: string): Promise<SignedVoucher | undefined> {
  const { rows } = await sql.query<VoucherRow>({
    name: "voucher-of-order",
    text: `SELECT v.order_key, o.event_id, v.box_office, v.token, v.amount, v.class, v.unit_price,
                  v.deadline, v.payer, v.runs, v.signer, v.signature, v.relay_state, v.relay_why
           FROM sale.voucher v JOIN sale.order o ON o.id = v.order_id
           WHERE v.order_id = $1`,
    values: [orderId],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const { signer, signature, box_office: boxOffice, token, amount, payer, runs } = row;
  const voucher = {
    ...{ eventId: BigInt(row.event_id), class: row.class, unitPrice: Number(row.unit_price) },
    ...{ deadline: Number(row.deadline), payer, orderId: row.order_key, runs },
  };
  const { relay_state: state, relay_why: why } = row;
  const relay = state === null ? null : { state, why };
  return { voucher, signer, signature, boxOffice, token, amount, relay };
}

export async function insertVoucher(
  sql: Sql,
  { paymentId, orderId, deployment }: { paymentId: string; orderId: string; deployment: number },
  { voucher, signer, signature, boxOffice, token, amount }: SignedVoucher,
): Promise<void> {
  await sql.query({
    text: `INSERT INTO sale.voucher
             (payment_id, order_id, deployment, order_key, box_office, token, amount, class,
              unit_price, deadline, payer, runs, signer, signature)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    values: [
      ...[paymentId, orderId, deployment, voucher.orderId, boxOffice, token, amount],
      ...[voucher.class, voucher.unitPrice, voucher.deadline, voucher.payer, voucher.runs],
      ...[signer, signature],
    ],
  });
}

/** All that a wallet needs; the transaction is what it sends, once a token is approved. */
export function presentVoucher(signed: SignedVoucher, chainId: number) {
  const { voucher, signer, signature, boxOffice, token, amount, relay } = signed;
  const isCoin = token === zeroAddress;
  const data = encodeFunctionData({
    ...{ abi: boxOfficeAbi, functionName: "buy", args: [voucher, signer, signature] },
  });
  return {
    chainId,
    boxOffice,
    token: isCoin ? null : token,
    amount: amount.toString(),
    deadline: new Date(voucher.deadline * 1_000).toISOString(),
    domain: voucherDomain({ chainId, boxOffice }),
    voucher: {
      ...voucher,
      eventId: voucher.eventId.toString(),
      unitPrice: voucher.unitPrice.toString(),
    },
    ...{ signer, signature },
    transaction: { to: boxOffice, data, value: isCoin ? amount.toString() : "0" },
    authorisation: isCoin ? null : authorisationOf(signed),
    relay,
  };
}

/** What a token's ReceiveWithAuthorization has to say, so that the box office can take it. */
function authorisationOf({ voucher, boxOffice, amount }: SignedVoucher) {
  const value = amount.toString();
  return { from: voucher.payer, to: boxOffice, value, nonce: voucherHash(voucher) };
}

export type PresentedVoucher = ReturnType<typeof presentVoucher>;
