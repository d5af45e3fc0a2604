// Refuses to sign what would cost more than is allowed, or than the key has: it waits instead.
import { Fault } from "../../domain/failure.ts";
import { brokenCap, type FeeCaps } from "../../domain/outbid.ts";
import type { Chain } from "../chain.ts";
import type { Sql } from "../db/client.ts";
import type { Lane } from "./lane.ts";
import type { TxRows } from "./tx-store.ts";

/** A ticket is some 50,000 gas: at 100 gwei it costs this, and ten thousand of them that. */
export const CAPS_DEFAULT: FeeCaps = {
  perTicket: 5_000_000_000_000_000n,
  perHour: 50_000_000_000_000_000_000n,
};

/** Lasts for minutes or hours: whoever tries again and again need not say so each time. */
export class TooDear extends Fault {}

export interface Spending {
  chain: Chain;
  lane: Lane;
  /** Gas limit times fee. */
  feeMax: bigint;
  tickets: number;
  /** The transaction whose place it takes: only one of the two is ever paid. */
  instead?: bigint;
}

/** Counted by what could be paid: what was paid is known only later, and is never more. */
export async function requireAffordable(rows: TxRows, spending: Spending): Promise<void> {
  const { chain, lane, feeMax, tickets, instead } = spending;
  const spent = await rows.sumSpent(lane, instead);
  const caps = chain.deployment.fees ?? CAPS_DEFAULT;
  const broken = brokenCap({ feeMax, tickets, spent }, caps);
  if (broken === undefined) return;
  const words = broken === "perTicket" ? "a ticket" : "an hour";
  throw new TooDear("server/unavailable", `The chain's fees are above the cap for ${words}.`);
}

/**
 * A node estimates gas for a key without coin too. Its transaction would be stored, and
 * what waits for it bound to it, though another key could have sent it.
 */
export async function requireCoin(
  rows: TxRows,
  { lane, feeMax, coin }: Pick<Spending, "lane" | "feeMax"> & { coin: bigint },
): Promise<void> {
  if ((await rows.sumOpen(lane)) + feeMax <= coin) return;
  throw new TooDear(
    "server/unavailable",
    `The key ${lane.signer} has too little coin for its fees.`,
  );
}

export async function sumSpent(
  sql: Sql,
  { chainId, signer }: Lane,
  instead: bigint | undefined,
): Promise<bigint> {
  const { rows } = await sql.query<{ spent: bigint }>({
    text: `SELECT coalesce(sum(fee_max), 0) AS spent FROM sale.chain_tx
           WHERE chain_id = $1 AND signer = $2 AND created_at > now() - interval '1 hour'
             AND id IS DISTINCT FROM $3`,
    values: [chainId, signer, instead ?? null],
  });
  return rows[0]?.spent ?? 0n;
}

export async function sumOpen(sql: Sql, { chainId, signer }: Lane): Promise<bigint> {
  const { rows } = await sql.query<{ open: bigint }>({
    text: `SELECT coalesce(sum(fee_max), 0) AS open FROM sale.chain_tx
           WHERE chain_id = $1 AND signer = $2 AND state IN ('signed', 'sent')`,
    values: [chainId, signer],
  });
  return rows[0]?.open ?? 0n;
}
