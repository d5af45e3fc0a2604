// Mints what an event owes: one process per signing key at a time, batch after batch until nothing is left.
import { Bug } from "../domain/failure.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Chains } from "../platform/chain.ts";
import { fillGap } from "./fill-gap.ts";
import { takeLane } from "./lane.ts";
import { type MintDeps, sendBatch } from "./send-batch.ts";

export interface Minter {
  mintEvent(event: EventRef): Promise<void>;
  /** Events that have paid lines waiting, whoever should have woken us for them. */
  mintWaiting(): Promise<void>;
  /** Sees to it that no transaction of ours waits for a nonce that nobody will send. */
  fillGaps(): Promise<void>;
}

const EVENTS_PER_SWEEP = 100;

export function createMinter(deps: MintDeps & { chains: Chains; holder: string }): Minter {
  const { signer, holder } = deps;
  const turns = new Map<number, Promise<void>>();

  const mintEvent = (event: EventRef): Promise<void> => {
    const chain = deps.chains.get(event.deployment);
    if (chain === undefined) {
      const { deployment } = event;
      deps.log.error({ deployment }, "paid tickets wait for a deployment that is not configured");
      return Promise.resolve();
    }
    const { chainId } = chain.deployment;
    return inTurn(chainId, async () => {
      const lane = await takeLane(deps.db, { chainId, signer: signer.address, holder });
      if (lane === undefined) return;
      while (await sendBatch(deps, { chain, lane, event }));
    });
  };

  /** One step at a time per lane within this process; the lease does the same between processes. */
  const inTurn = (chainId: number, turn: () => Promise<void>): Promise<void> => {
    const before = turns.get(chainId) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(turn);
    turns.set(chainId, mine);
    return mine;
  };

  return {
    mintEvent,
    fillGaps: async () => {
      for (const chain of deps.chains.values()) {
        const { chainId } = chain.deployment;
        await inTurn(chainId, async () => {
          const lane = await takeLane(deps.db, { chainId, signer: signer.address, holder });
          if (lane !== undefined) await fillGap(deps, { chain, lane });
        }).catch((err) => {
          if (err instanceof Bug) throw err;
          deps.log.warn({ err, chainId }, "gaps wait");
        });
      }
    },
    mintWaiting: async () => {
      const { rows } = await deps.db.query<{ deployment: number; event_id: number }>({
        text: `SELECT deployment, event_id FROM sale.mint_line WHERE state = 'queued'
               GROUP BY deployment, event_id ORDER BY min(id) LIMIT $1`,
        values: [EVENTS_PER_SWEEP],
      });
      for (const row of rows) {
        const event = { deployment: row.deployment, eventId: row.event_id };
        try {
          await mintEvent(event);
        } catch (err) {
          if (err instanceof Bug) throw err;
          // One event that cannot be minted must not keep the others waiting.
          deps.log.warn({ err, eventId: formatEventId(event) }, "minting waits");
        }
      }
    },
  };
}
