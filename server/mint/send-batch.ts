// Mints one batch of an event: choose, simulate, sign, store, and only then broadcast.
import { keccak256 } from "viem";
import type { EventRef } from "../domain/ticket-id.ts";
import { type Chain, onChain } from "../platform/chain.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import type { Log } from "../platform/log.ts";
import type { Metrics } from "../platform/metrics.ts";
import { broadcast } from "./broadcast.ts";
import { chooseLines, type MintLine } from "./choose-lines.ts";
import { type Lane, lockLane, setNextNonce } from "./lane.ts";
import type { Signer } from "./signer.ts";
import { type Simulation, simulateMint } from "./simulate.ts";

export interface MintDeps {
  db: Db;
  signer: Signer;
  metrics: Metrics;
  log: Log;
}

/**
 * While a transaction is under way the next lines gather; more than this only makes blocks fuller.
 */
const IN_FLIGHT_MAX = 4;
/** What simulation saw may cost a little more in the block that includes it. */
const GAS_MARGIN_PERCENT = 115n;

interface StoredTx {
  id: bigint;
  raw: `0x${string}`;
  hash: `0x${string}`;
}

/**
 * True when something was done, so that there may be more; false when there is nothing to do now.
 */
export async function sendBatch(
  deps: MintDeps,
  { chain, lane, event }: { chain: Chain; lane: Lane; event: EventRef },
): Promise<boolean> {
  const { db, log } = deps;
  const stored = await db.transaction(async (sql) => {
    const nextNonce = await lockLane(sql, lane);
    if (nextNonce === undefined || (await inFlight(sql, lane)) >= IN_FLIGHT_MAX) return undefined;
    const chosen = await chooseLines(sql, event);
    if (chosen.length === 0) return undefined;
    const target = { chain, from: lane.signer, eventId: event.eventId };
    const { mintable, poisoned } = await simulateMint(target, chosen);
    await setAside(sql, poisoned);
    for (const { line, reason } of poisoned) {
      log.error({ lineId: line.id, ticketId: line.ticketId, reason }, "a line needs attention");
    }
    if (mintable === undefined) return "set aside" as const;
    return store(sql, deps, { chain, lane, event, nextNonce, mintable });
  });
  if (stored === undefined) return false;
  if (stored === "set aside") return true;
  await broadcast({ db, chain, log }, stored);
  deps.metrics.mintTransactions.inc();
  return true;
}

async function inFlight(sql: Sql, { chainId, signer }: Lane): Promise<number> {
  const { rows } = await sql.query<{ count: bigint }>({
    text: `SELECT count(*) FROM sale.chain_tx
           WHERE chain_id = $1 AND signer = $2 AND state IN ('signed', 'sent')`,
    values: [chainId, signer],
  });
  return Number(rows[0]?.count ?? 0n);
}

async function setAside(sql: Sql, poisoned: Simulation["poisoned"]): Promise<void> {
  if (poisoned.length === 0) return;
  await sql.query({
    text: `UPDATE sale.mint_line SET state = 'attention', reason = bad.reason, updated_at = now()
           FROM unnest($1::bigint[], $2::text[]) AS bad (id, reason) WHERE mint_line.id = bad.id`,
    values: [poisoned.map(({ line }) => line.id), poisoned.map(({ reason }) => reason)],
  });
}

/**
 * The nonce, the bytes and the lines that they mint become true together, before anybody sees them.
 */
async function store(
  sql: Sql,
  { signer }: MintDeps,
  batch: {
    chain: Chain;
    lane: Lane;
    event: EventRef;
    nextNonce: bigint;
    mintable: NonNullable<Simulation["mintable"]>;
  },
): Promise<StoredTx> {
  const { chain, lane, event, mintable } = batch;
  const { client, deployment } = chain;
  const [used, fees] = await onChain(() =>
    Promise.all([
      client.getTransactionCount({ address: lane.signer, blockTag: "latest" }),
      client.estimateFeesPerGas({ type: "eip1559", chain: null }),
    ]),
  );
  const nonce = batch.nextNonce > BigInt(used) ? batch.nextNonce : BigInt(used);
  const raw = await signer.sign({
    type: "eip1559",
    chainId: deployment.chainId,
    to: deployment.tickets,
    nonce: Number(nonce),
    data: mintable.data,
    gas: (mintable.gas * GAS_MARGIN_PERCENT) / 100n,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
  });
  const hash = keccak256(raw);
  const { rows } = await sql.query<{ id: bigint }>({
    text: `INSERT INTO sale.chain_tx (deployment, chain_id, signer, nonce, intent, raw, hash)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
    values: [
      event.deployment,
      deployment.chainId,
      lane.signer,
      nonce,
      describe(event, mintable.lines),
      raw,
      hash,
    ],
  });
  const id = rows[0]?.id as bigint;
  await sql.query({
    text: "UPDATE sale.mint_line SET state = 'sent', tx_id = $2, updated_at = now() WHERE id = ANY($1)",
    values: [mintable.lines.map((line) => line.id), id],
  });
  await setNextNonce(sql, lane, nonce + 1n);
  return { id, raw, hash };
}

function describe({ eventId }: EventRef, lines: readonly MintLine[]): string {
  return `mint ${lines.length} tickets of event ${eventId}`;
}
