// Tickets a second from a backlog to `included`, with what the chain's gas or the chain itself allows.
import { encodeFunctionData, type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { anvilAccount } from "#scripts/services/anvil-keys.ts";
import { withBlockLock } from "#scripts/services/block-lock.ts";
import { encodeRuns } from "#server/domain/mint-runs.ts";
import { systemClock } from "#server/platform/clock.ts";
import { rpc } from "#test/support/chain.ts";
import type { House } from "#test/support/house.ts";
import { oweLines, ticketAt } from "#test/support/owed-lines.ts";
import { requireVariable } from "#test/support/variables.ts";
import { EVENT_ID, openLine } from "./open-line.ts";

export interface RateOrder {
  keys: number;
  gasLimit: number;
  backlog: number;
  windowMs: number;
  /** Whether the chain's own ceiling is measured as well. */
  ceiling: boolean;
}

export interface RateReport {
  perSecond: number;
  gasPerTicket: number;
  ceilingPerSecond: number;
}

const POLL_MS = 20;
/** The first blocks fill up one after the other. */
const BLOCKS_BEFORE = 3;
const START_LIMIT_MS = 30_000;
const SEATS_PER_ORDER = 2;
const CEILING_KEY = 10;
const CEILING_TXS = 100;
const BATCH = 100;
/** Behind every place that a backlog has. */
const CEILING_PLACE = 400_000;
const FEE = 100n * 10n ** 9n;

process.once("message", async (order: RateOrder) => {
  process.send?.(await measure(order));
  process.disconnect();
});

async function measure(order: RateOrder): Promise<RateReport> {
  const line = await openLine(order);
  const { house } = line;
  const ceilingPerSecond = order.ceiling ? await measureCeiling(house) : Number.NaN;
  const { backlog: count } = order;
  await oweLines(house, { eventId: EVENT_ID, count, owners: count / SEATS_PER_ORDER });
  await line.startWorker();
  const perSecond = await rateOf(house, order);
  const gasPerTicket = await gasOf(house);
  await line.close();
  return { perSecond, gasPerTicket, ceilingPerSecond };
}

/** Between the moments at which two blocks of tickets became included, while there are more. */
async function rateOf(house: House, { backlog, windowMs }: RateOrder): Promise<number> {
  const seen: { atMs: number; count: number }[] = [];
  const startedMs = performance.now();
  for (;;) {
    const count = await countMinted(house);
    const atMs = performance.now();
    const [last, begin] = [seen.at(-1), seen[BLOCKS_BEFORE]];
    if (count > (last?.count ?? 0) && count < backlog) seen.push({ atMs, count });
    const isOver = begin !== undefined && atMs - begin.atMs >= windowMs;
    if (begin !== undefined && last !== undefined && (isOver || count === backlog)) {
      if (last === begin) throw new Error("The backlog was too small for a rate.");
      return ((last.count - begin.count) * 1_000) / (last.atMs - begin.atMs);
    }
    if (begin === undefined && atMs - startedMs > START_LIMIT_MS)
      throw new Error("Nothing is minted.");
    await systemClock.sleep(POLL_MS);
  }
}

async function countMinted({ db }: House): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: "count-minted",
    text: "SELECT count(*)::int AS count FROM sale.mint_line WHERE state = 'minted'",
  });
  return rows[0]?.count ?? 0;
}

async function gasOf({ db, chain }: House): Promise<number> {
  const { rows } = await db.query<{ hash: Hex; tickets: number }>({
    text: `SELECT tx.hash, count(*)::int AS tickets FROM sale.chain_tx tx
           JOIN sale.mint_line line ON line.tx_id = tx.id
           WHERE tx.state = 'included' GROUP BY tx.hash HAVING count(*) = $1 LIMIT 50`,
    values: [BATCH],
  });
  const receipts = await Promise.all(
    rows.map(({ hash }) => chain.client.getTransactionReceipt({ hash })),
  );
  const gas = receipts.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0);
  return gas / (rows.length * BATCH);
}

/** Batches that were signed before, sent and mined: no database, no reader. */
async function measureCeiling({ chain }: House): Promise<number> {
  const account = privateKeyToAccount(anvilAccount(CEILING_KEY).privateKey);
  const { chainId, tickets: to } = chain.deployment;
  const first = await chain.client.getTransactionCount({ address: account.address });
  const raws = await Promise.all(
    Array.from({ length: CEILING_TXS }, (_, at) =>
      account.signTransaction({
        ...{ type: "eip1559", chainId, to, nonce: first + at, data: batchOf(at) },
        ...{ gas: 8_000_000n, maxFeePerGas: FEE, maxPriorityFeePerGas: 1n },
      }),
    ),
  );
  return withBlockLock(requireVariable("TEST_BLOCK_LOCK"), async () => {
    const startedMs = performance.now();
    for (const raw of raws) await rpc(chain, "eth_sendRawTransaction", [raw]);
    await rpc(chain, "evm_mine");
    const seconds = (performance.now() - startedMs) / 1_000;
    const used = await chain.client.getTransactionCount({ address: account.address });
    if (used !== first + CEILING_TXS) throw new Error(`Only ${used - first} batches were mined.`);
    return (CEILING_TXS * BATCH) / seconds;
  });
}

function batchOf(at: number): Hex {
  const lines = Array.from({ length: BATCH }, (_, nth) => {
    const place = at * BATCH + nth;
    const wallet = Math.floor(place / SEATS_PER_ORDER).toString(16);
    const ticketId = ticketAt(EVENT_ID, CEILING_PLACE + place);
    const owner = `0x${wallet.padStart(40, "c")}` as const;
    return { ticketId, owner };
  });
  const args = [BigInt(EVENT_ID), 0, 4_500, encodeRuns(lines)] as const;
  return encodeFunctionData({ abi: ticketsAbi, functionName: "mintRuns", args });
}
