// A nonce lane: the right to use one signing key, held by one process at a time and fenced.
import type { Sql } from "../db/client.ts";

export interface Lane {
  chainId: number;
  signer: `0x${string}`;
  holder: string;
  /** Rises with every new holder: a process that slept through its lease finds a higher one. */
  fence: bigint;
}

/**
 * How long fans wait after a crash. A batch may take longer: its transaction locks the row
 * meanwhile.
 */
const LEASE_MS = 3_000;

export async function takeLane(sql: Sql, lane: Omit<Lane, "fence">): Promise<Lane | undefined> {
  const { rows } = await sql.query<{ fence: bigint }>({
    text: `INSERT INTO sale.nonce_lane AS lane (chain_id, signer, next_nonce, holder, fence, leased_until)
           VALUES ($1, $2, 0, $3, 1, now() + $4 * interval '1 ms')
           ON CONFLICT (chain_id, signer) DO UPDATE
             SET holder = $3, leased_until = EXCLUDED.leased_until,
                 fence = lane.fence + CASE WHEN lane.holder = $3 THEN 0 ELSE 1 END
             WHERE lane.holder = $3 OR lane.holder IS NULL OR lane.leased_until <= now()
           RETURNING fence`,
    values: [lane.chainId, lane.signer, lane.holder, LEASE_MS],
  });
  const fence = rows[0]?.fence;
  return fence === undefined ? undefined : { ...lane, fence };
}

/** Locks the lane for this transaction and answers its next nonce; undefined when it is lost. */
export async function lockLane(sql: Sql, lane: Lane): Promise<bigint | undefined> {
  const { rows } = await sql.query<{ next_nonce: bigint }>({
    text: `UPDATE sale.nonce_lane SET leased_until = now() + $5 * interval '1 ms'
           WHERE chain_id = $1 AND signer = $2 AND holder = $3 AND fence = $4
           RETURNING next_nonce`,
    values: [lane.chainId, lane.signer, lane.holder, lane.fence, LEASE_MS],
  });
  return rows[0]?.next_nonce;
}

export async function setNextNonce(sql: Sql, lane: Lane, nextNonce: bigint): Promise<void> {
  await sql.query({
    text: "UPDATE sale.nonce_lane SET next_nonce = $3 WHERE chain_id = $1 AND signer = $2",
    values: [lane.chainId, lane.signer, nextNonce],
  });
}

/** So that another process need not wait for the lease to end. */
export async function leaveLanes(sql: Sql, holder: string): Promise<void> {
  await sql.query({
    text: "UPDATE sale.nonce_lane SET holder = NULL, leased_until = NULL WHERE holder = $1",
    values: [holder],
  });
}
