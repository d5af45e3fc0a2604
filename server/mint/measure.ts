// Shows how the mint pipeline does: what waits, for how long, and how far the keys' coin still goes.
import { formatEther } from "viem";
import { type Chains, onChain } from "../platform/chain.ts";
import type { Db } from "../platform/db/client.ts";
import type { Log } from "../platform/log.ts";
import type { Metrics } from "../platform/metrics.ts";

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
  const ages = rows.filter(({ state }) => state !== "attention").map(({ age }) => age);
  metrics.mintOldestSeconds.set(Math.max(0, ...ages));
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

/** A key without coin stops the whole house, and nothing else tells of it before the night. */
export async function measureSigner(
  { chains, metrics, log }: { chains: Chains; metrics: Metrics; log: Log },
  signer: `0x${string}`,
): Promise<void> {
  const seen = new Set<number>();
  for (const { client, deployment } of chains.values()) {
    const { chainId } = deployment;
    if (seen.has(chainId)) continue;
    seen.add(chainId);
    try {
      const [coin, fees] = await onChain(() =>
        Promise.all([
          client.getBalance({ address: signer }),
          client.estimateFeesPerGas({ type: "eip1559", chain: null }),
        ]),
      );
      const tickets = ticketsFor(coin, fees.maxFeePerGas);
      const label = { chain: String(chainId), signer };
      metrics.signerCoin.set(label, Number(formatEther(coin)));
      metrics.signerTickets.set(label, Number(tickets));
      if (tickets < TICKETS_LOW) {
        log.error({ ...label, coin: formatEther(coin), tickets }, "a signing key is low on coin");
      }
    } catch (err) {
      // A chain that is away is told of by whoever needs it.
      log.debug({ err, chainId }, "a key's coin could not be looked up");
    }
  }
}

function ticketsFor(coin: bigint, maxFeePerGas: bigint): bigint {
  const each = GAS_PER_TICKET * maxFeePerGas;
  return coin / (each > 0n ? each : 1n);
}
