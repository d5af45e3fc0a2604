// Mints what an event owes: one process per signing key at a time, batch after batch until nothing is left.
import { Bug } from "../domain/failure.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import { createKeyTurns, type KeyDeps, type KeyTurns } from "../platform/tx/key-turns.ts";
import { type MintDeps, sendBatch } from "./send-batch.ts";

export interface Minter {
  mintEvent(event: EventRef): Promise<void>;
  /** Events that have paid lines waiting, whoever should have woken us for them. */
  mintWaiting(): Promise<void>;
  keepMoving(): Promise<void>;
  /** For what else goes by the key that mints: one lane, one turn at a time. */
  onLane: KeyTurns["onLane"];
}

const EVENTS_PER_SWEEP = 100;

export function createMinter(deps: MintDeps & KeyDeps): Minter {
  const turns = createKeyTurns(deps);

  const mintEvent = (event: EventRef): Promise<void> => {
    const chain = deps.chains.get(event.deployment);
    if (chain === undefined) {
      const { deployment } = event;
      deps.log.error({ deployment }, "paid tickets wait for a deployment that is not configured");
      return Promise.resolve();
    }
    return turns.onLane(chain, async (lane) => {
      while (await sendBatch(deps, { chain, lane, event }));
    });
  };

  return {
    mintEvent,
    keepMoving: turns.keepMoving,
    onLane: turns.onLane,
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
