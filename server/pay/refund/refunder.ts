// Works refunds off: tickets void, money back, seats free; every step by rows, so that any worker goes on.
import { Bug } from "../../domain/failure.ts";
import type { Db } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { RedisClient } from "../../platform/redis.ts";
import { createKeyTurns, type KeyDeps } from "../../platform/tx/key-turns.ts";
import { openTxStore } from "../../platform/tx/sql-tx-store.ts";
import type { PaymentProvider } from "../provider.ts";
import { askCancelled, askReturned } from "./ask-cancelled.ts";
import { closeVoiding } from "./close-voiding.ts";
import { freeSeats, showFreed } from "./free-seats.ts";
import { moveLines, type ToVoid } from "./move-lines.ts";
import { payBackDue } from "./pay-back.ts";
import { closePaidHolders, findFunded, payHolder } from "./pay-holders.ts";
import { voidTickets } from "./void-tickets.ts";

export interface RefundDeps {
  db: Db;
  redis: RedisClient;
  log: Log;
  provider: PaymentProvider | undefined;
  /** Without its key no ticket is made void; what was never minted is paid back all the same. */
  key: Omit<KeyDeps, "log"> | undefined;
}

export interface Refunder {
  /** One round of everything that is due; safe in any number of processes at once. */
  refundDue(): Promise<void>;
  keepMoving(): Promise<void>;
}

/** Of a cancelled event's orders; a worker that is told to stop must be done within seconds. */
const BATCHES_PER_ROUND = 5;

export function createRefunder(deps: RefundDeps): Refunder {
  const { db, log, provider } = deps;
  const key = deps.key === undefined ? undefined : { ...deps.key, log };
  const turns =
    key === undefined ? undefined : createKeyTurns({ ...key, store: openTxStore(key.db) });

  const onChain = async (toVoid: readonly ToVoid[]): Promise<void> => {
    if (key === undefined || turns === undefined) {
      if (toVoid.length > 0) log.error({ events: toVoid.length }, "no key may void tickets");
      return;
    }
    for (const each of toVoid) {
      const chain = key.chains.get(each.event.deployment);
      if (chain === undefined) continue;
      await waitUnlessBug(
        turns.onLane(chain, (lane) => voidTickets(key, { chain, lane, toVoid: each })),
      );
    }
    const short = new Set<string>();
    for (const { event, ticketId } of await findFunded(db)) {
      const chain = key.chains.get(event.deployment);
      const fund = `${event.deployment}:${event.eventId}`;
      if (chain === undefined || short.has(fund)) continue;
      await waitUnlessBug(
        turns.onLane(chain, async (lane) => {
          if (!(await payHolder(key, { chain, lane, ticketId }))) short.add(fund);
        }),
      );
    }
  };

  const waitUnlessBug = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (err) {
      if (err instanceof Bug) throw err;
      // One chain that is away must not keep the others' refunds waiting.
      log.warn({ err }, "refunds wait for the chain");
    }
  };

  return {
    refundDue: async () => {
      for (let batch = 1; batch <= BATCHES_PER_ROUND; batch += 1) {
        if ((await askCancelled(db)) === 0) break;
      }
      await askReturned(db);
      await onChain(await moveLines(deps));
      await closeVoiding(db);
      await closePaidHolders(db);
      if (provider !== undefined) await payBackDue({ db, provider, log });
      await freeSeats(db);
      await showFreed(deps);
    },
    keepMoving: async () => turns?.keepMoving(),
  };
}
