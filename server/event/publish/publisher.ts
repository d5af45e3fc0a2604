// Puts events on chain, step by step: each is asked for, tried, stored and only then sent, once.
import { Bug } from "../../domain/failure.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Chain } from "../../platform/chain.ts";
import { createKeyTurns, type KeyDeps } from "../../platform/tx/key-turns.ts";
import { openTxStore } from "../../platform/tx/sql-tx-store.ts";
import { eventsWithActs, runActs } from "../act/run-acts.ts";
import { eventsWithReleases, reopenReleases, runReleases } from "./release-units.ts";
import { reopenSteps, vanishedEvents } from "./reopen.ts";
import { runSteps } from "./run-steps.ts";

export interface Publisher {
  publishEvent(event: EventRef): Promise<void>;
  /** Events with steps that wait, whoever should have woken us for them. */
  publishWaiting(): Promise<void>;
  /** Sends again what a reorg, or a chain that lost its state, took away. */
  reopenVanished(): Promise<void>;
  keepMoving(): Promise<void>;
}

const EVENTS_PER_SWEEP = 100;

export function createPublisher(deps: KeyDeps): Publisher {
  const turns = createKeyTurns({ ...deps, store: openTxStore(deps.db) });

  const onEvent = async (event: EventRef, work: (chain: Chain) => Promise<void>) => {
    const chain = deps.chains.get(event.deployment);
    const eventId = formatEventId(event);
    if (chain === undefined) {
      deps.log.error({ eventId }, "an event waits for a deployment that is not configured");
      return;
    }
    try {
      await work(chain);
    } catch (err) {
      if (err instanceof Bug) throw err;
      // One event that cannot be published must not keep the others waiting.
      deps.log.warn({ err, eventId }, "publishing waits");
    }
  };

  const publishEvent = (event: EventRef) =>
    onEvent(event, (chain) =>
      turns.onLane(chain, async (lane) => {
        await runSteps(deps, { chain, lane, event });
        await runReleases(deps, { chain, lane, event });
        await runActs(deps, { chain, lane, event });
      }),
    );

  return {
    publishEvent,
    keepMoving: turns.keepMoving,
    publishWaiting: async () => {
      const { rows } = await deps.db.query<{ deployment: number; event_id: number }>({
        text: `SELECT DISTINCT deployment, event_id FROM sale.publish_step
               WHERE state IN ('waiting', 'sent')
                 OR (state = 'done' AND EXISTS (
                       SELECT 1 FROM sale.event WHERE event.deployment = publish_step.deployment
                         AND event.id = publish_step.event_id AND event.state = 'publishing'))
               ORDER BY deployment, event_id LIMIT $1`,
        values: [EVENTS_PER_SWEEP],
      });
      for (const row of rows) {
        await publishEvent({ deployment: row.deployment, eventId: row.event_id });
      }
      for (const event of await eventsWithReleases(deps.db)) await publishEvent(event);
      for (const event of await eventsWithActs(deps.db)) await publishEvent(event);
    },
    reopenVanished: async () => {
      for (const event of await vanishedEvents(deps.db)) {
        await onEvent(event, (chain) => reopenSteps(deps, { chain, event }));
      }
      await reopenReleases(deps, deps.chains);
    },
  };
}
