// Shows how the mint pipeline does: what waits, for how long, and how far the keys still go.
import { formatEther } from "viem";
import { type Chain, type Chains, onChain } from "../platform/chain.ts";
import type { Db } from "../platform/db/client.ts";
import type { Log } from "../platform/log.ts";
import type { Metrics } from "../platform/metrics.ts";
import { CAPS_DEFAULT } from "../platform/tx/fee-cap.ts";

/** A ticket of a small order; one of a batch is cheaper, so that this errs on the safe side. */
const GAS_PER_TICKET = 60_000n;
/** Fewer than this many at the fee of now, and somebody should send coin before the next sale. */
const TICKETS_LOW = 1_000n;

export async function measureLines(db: Db, metrics: Metrics): Promise<void> {
  const { rows } = await db.query<{ state: string; count: bigint; age: number }>({
    // Two, because each has an index of its own that holds nothing else.
    text: `SELECT state, count(*), extract(epoch FROM now() - min(created_at))::float8 AS age
           FROM sale.mint_line WHERE state IN ('queued', 'sent') GROUP BY state
           UNION ALL
           SELECT state, count(*), extract(epoch FROM now() - min(created_at))::float8
           FROM sale.mint_line WHERE state = 'attention' GROUP BY state`,
  });
  metrics.mintLines.reset();
  for (const { state, count } of rows) metrics.mintLines.set({ state }, Number(count));
  // What was set aside waits for a person, and would hide how the others do.
  const agesOf = (...states: string[]) =>
    rows.filter(({ state }) => states.includes(state)).map(({ age }) => age);
  metrics.mintOldestSeconds.set(Math.max(0, ...agesOf("queued", "sent")));
  metrics.mintQueuedSeconds.set(Math.max(0, ...agesOf("queued")));
}

export async function measureLanes(db: Db, metrics: Metrics): Promise<void> {
  const { rows } = await db.query<{ chain_id: number; signer: string; count: bigint }>({
    text: `SELECT chain_id, signer, count(*) FROM sale.chain_tx
           WHERE state IN ('signed', 'sent') GROUP BY chain_id, signer`,
  });
  metrics.laneWaiting.reset();
  for (const { chain_id: chain, signer, count } of rows) {
    metrics.laneWaiting.set({ chain: String(chain), signer }, Number(count));
  }
}

export interface KeyWatch {
  /** Looks at a key on each chain: its coin, its nonces, and what its next ticket would cost. */
  look(signer: `0x${string}`): Promise<void>;
}

/** A key without coin stops the whole house, and nothing else tells of it before the night. */
export function watchKeys(deps: { db: Db; chains: Chains; metrics: Metrics; log: Log }): KeyWatch {
  const { chains, metrics, log } = deps;
  /** Said once, until there is coin again: the metric goes on saying it. */
  const poor = new Set<string>();

  function sayCoin(label: { chain: string; signer: string }, coin: bigint, tickets: bigint): void {
    const key = `${label.chain} ${label.signer}`;
    metrics.signerCoin.set(label, Number(formatEther(coin)));
    metrics.signerTickets.set(label, Number(tickets));
    const words = { ...label, coin: formatEther(coin), tickets };
    if (tickets >= TICKETS_LOW) {
      if (poor.delete(key)) log.info(words, "a signing key has coin again");
    } else if (!poor.has(key)) {
      poor.add(key);
      log.error(words, "a signing key is low on coin");
    }
  }

  return {
    look: async (signer) => {
      const seen = new Set<number>();
      for (const chain of chains.values()) {
        const { client, deployment } = chain;
        const { chainId } = deployment;
        try {
          const fees = await onChain(() =>
            client.estimateFeesPerGas({ type: "eip1559", chain: null }),
          );
          metrics.feeOfCap.set({ deployment: String(deployment.id) }, feeOfCap(chain, fees));
          if (seen.has(chainId)) continue;
          seen.add(chainId);
          const coin = await onChain(() => client.getBalance({ address: signer }));
          const label = { chain: String(chainId), signer };
          sayCoin(label, coin, ticketsFor(coin, fees.maxFeePerGas));
          metrics.laneGap.set(label, await countMissing(deps.db, chain, signer));
        } catch (err) {
          // A chain that is away is told of by whoever needs it.
          log.debug({ err, chainId }, "a key could not be looked up");
        }
      }
    },
  };
}

function feeOfCap({ deployment }: Chain, { maxFeePerGas }: { maxFeePerGas: bigint }): number {
  const { perTicket } = deployment.fees ?? CAPS_DEFAULT;
  return Number(formatEther(GAS_PER_TICKET * maxFeePerGas)) / Number(formatEther(perTicket));
}

/**
 * The lane first, then the chain, then the rows: what is sent meanwhile is above the one and mined
 * meanwhile below the other, and neither looks like a gap.
 */
async function countMissing(
  db: Db,
  { client, deployment }: Chain,
  signer: `0x${string}`,
): Promise<number> {
  const of = [deployment.chainId, signer];
  const lane = await db.query<{ next_nonce: bigint }>({
    text: "SELECT next_nonce FROM sale.nonce_lane WHERE chain_id = $1 AND signer = $2",
    values: of,
  });
  const next = lane.rows[0]?.next_nonce ?? 0n;
  const used = BigInt(await onChain(() => client.getTransactionCount({ address: signer })));
  if (used >= next) return 0;
  const { rows } = await db.query<{ count: bigint }>({
    text: `SELECT count(DISTINCT nonce) FROM sale.chain_tx
           WHERE chain_id = $1 AND signer = $2 AND nonce >= $3 AND nonce < $4
             AND state IN ('signed', 'sent', 'included')`,
    values: [...of, used, next],
  });
  return Math.max(0, Number(next - used - (rows[0]?.count ?? 0n)));
}

function ticketsFor(coin: bigint, maxFeePerGas: bigint): bigint {
  const each = GAS_PER_TICKET * maxFeePerGas;
  return coin / (each > 0n ? each : 1n);
}
