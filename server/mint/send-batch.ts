// Mints one batch of an event: choose, simulate, sign, store, and only then broadcast.
import { formatEther } from "viem";
import type { EventRef } from "../domain/ticket-id.ts";
import type { Chain } from "../platform/chain.ts";
import type { Sql } from "../platform/db/client.ts";
import type { Log } from "../platform/log.ts";
import type { Metrics } from "../platform/metrics.ts";
import { broadcast } from "../platform/tx/broadcast.ts";
import type { Lane } from "../platform/tx/lane.ts";
import type { Signer } from "../platform/tx/signer.ts";
import {
  askChain,
  type ChainFacts,
  claimNonce,
  gasLimitOf,
  storeTx,
} from "../platform/tx/store-tx.ts";
import type { StoredTx } from "../platform/tx/tx-store.ts";
import type { LinesInHand, MintLine } from "./choose-lines.ts";
import type { MintRows, MintStore } from "./mint-store.ts";
import { type Simulation, simulateMint } from "./simulate.ts";

export interface MintDeps {
  store: MintStore;
  signer: Signer;
  metrics: Metrics;
  log: Log;
}

/** While a transaction is under way the next lines gather; more would only make blocks fuller. */
const IN_FLIGHT_MAX = 4;

interface Target {
  chain: Chain;
  lane: Lane;
  event: EventRef;
  inHand: LinesInHand;
}

/** more: look again. none: nothing for this event now. lost: the lane is another process's now. */
export type BatchOutcome = "more" | "none" | "lost";

export async function sendBatch(deps: MintDeps, target: Target): Promise<BatchOutcome> {
  const { event, inHand } = target;
  const chosen = await deps.store.chooseLines(event, inHand);
  if (chosen.length === 0) return "none";
  // Another key took some while they were read: it sends those.
  if (chosen.some(({ id }) => inHand.has(id))) return "more";
  for (const { id } of chosen) inHand.add(id);
  try {
    return await sendLines(deps, target, chosen);
  } finally {
    for (const { id } of chosen) inHand.delete(id);
  }
}

async function sendLines(
  deps: MintDeps,
  target: Target,
  chosen: MintLine[],
): Promise<BatchOutcome> {
  const { store, log } = deps;
  const { chain, lane, event } = target;
  const from = lane.signer;
  const { mintable, poisoned } = await simulateMint(
    { chain, from, eventId: event.eventId },
    chosen,
  );
  // Not those that another process has sent since they were read.
  const aside = await store.setAside(poisoned);
  for (const { line, reason } of poisoned) {
    if (!aside.has(line.id)) continue;
    log.error({ lineId: line.id, ticketId: line.ticketId, reason }, "a line needs attention");
  }
  if (mintable === undefined) return poisoned.length > 0 ? "more" : "none";
  const facts = await askChain(chain, lane.signer);
  const stored = await store.transaction((rows) =>
    storeBatch(rows, deps, { ...target, facts, mintable }),
  );
  // Whoever has a line locked is about to send it: looking again at once would only burn time.
  if (stored === "taken") return "none";
  if (stored === "lane lost") return "lost";
  await broadcast({ store, chain, log }, stored);
  count(deps.metrics, { chain, facts, mintable });
  return "more";
}

function count(
  metrics: Metrics,
  batch: Pick<Target, "chain"> & {
    facts: ChainFacts;
    mintable: NonNullable<Simulation["mintable"]>;
  },
): void {
  const { chain, facts, mintable } = batch;
  const tickets = BigInt(mintable.lines.length);
  const fee = (mintable.gas * facts.maxFeePerGas) / tickets;
  metrics.mintTransactions.inc();
  metrics.mintBatchTickets.observe(Number(tickets));
  metrics.mintGasPerTicket.observe(Number(mintable.gas / tickets));
  const deployment = String(chain.deployment.id);
  metrics.mintFeePerTicket.set({ deployment }, Number(formatEther(fee)));
}

/** Relays have a limit of their own: fans' signatures must not keep paid tickets waiting. */
export async function hasRoom(store: MintStore, lane: Lane): Promise<boolean> {
  return (await store.countInFlight(lane)) < IN_FLIGHT_MAX;
}

export async function countInFlight(sql: Sql, { chainId, signer }: Lane): Promise<number> {
  const { rows } = await sql.query<{ count: bigint }>({
    text: `SELECT count(*) FROM sale.chain_tx
           WHERE chain_id = $1 AND signer = $2 AND state IN ('signed', 'sent')
             AND NOT EXISTS (SELECT 1 FROM sale.voucher WHERE relay_tx = chain_tx.id)`,
    values: [chainId, signer],
  });
  return Number(rows[0]?.count ?? 0n);
}

export async function setAside(
  sql: Sql,
  poisoned: Simulation["poisoned"],
): Promise<ReadonlySet<bigint>> {
  if (poisoned.length === 0) return new Set();
  const { rows } = await sql.query<{ id: bigint }>({
    text: `UPDATE sale.mint_line SET state = 'attention', reason = bad.reason, updated_at = now()
           FROM unnest($1::bigint[], $2::text[]) AS bad (id, reason)
           WHERE mint_line.id = bad.id AND mint_line.state = 'queued' RETURNING mint_line.id`,
    values: [poisoned.map(({ line }) => line.id), poisoned.map(({ reason }) => reason)],
  });
  return new Set(rows.map(({ id }) => id));
}

/** The nonce, the bytes and the lines that they mint become true together. */
async function storeBatch(
  rows: MintRows,
  { signer }: MintDeps,
  batch: Target & { facts: ChainFacts; mintable: NonNullable<Simulation["mintable"]> },
): Promise<StoredTx | "taken" | "lane lost"> {
  const { chain, lane, event, facts, mintable } = batch;
  const nonce = await claimNonce(rows, lane, facts);
  if (nonce === undefined) return "lane lost";
  if (!(await rows.claimLines(mintable.lines))) return "taken";
  const stored = await storeTx(rows, signer, {
    ...{ chain, lane, nonce, facts },
    draft: {
      intent: `mint ${mintable.lines.length} tickets of event ${event.eventId}`,
      to: chain.deployment.tickets,
      data: mintable.data,
      gas: gasLimitOf(mintable.gas),
      tickets: mintable.lines.length,
    },
  });
  await rows.markLinesSent(mintable.lines, stored.id);
  return stored;
}
