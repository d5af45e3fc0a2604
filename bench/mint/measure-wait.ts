// How long a fan waits for a ticket when nobody else does: from a paid line to `included`.
import { randomInt } from "node:crypto";
import { systemClock } from "#server/platform/clock.ts";
import type { House } from "#test/support/house.ts";
import { oweLines } from "#test/support/owed-lines.ts";
import { EVENT_ID, openLine } from "./open-line.ts";

export interface WaitReport {
  /** Of each ticket. */
  tookMs: number[];
}

const TICKETS = 20;
const WARM_UP_TICKETS = 3;
const GAS_LIMIT = 60_000_000;
const POLL_MS = 5;
const WAIT_LIMIT_MS = 20_000;
/** So that the fans come at any moment between two blocks, and the queue is idle again. */
const PAUSE_MS = [1_200, 2_200] as const;

process.once("message", async () => {
  const line = await openLine({ keys: 1, gasLimit: GAS_LIMIT });
  await line.startWorker();
  const tookMs: number[] = [];
  for (let at = 0; at < WARM_UP_TICKETS + TICKETS; at += 1) {
    await systemClock.sleep(randomInt(...PAUSE_MS));
    tookMs.push(await waitForTicket(line.house, at));
  }
  await line.close();
  process.send?.({ tookMs: tookMs.slice(WARM_UP_TICKETS) } satisfies WaitReport);
  process.disconnect();
});

async function waitForTicket(house: House, at: number): Promise<number> {
  const { deployment } = house.event;
  const startedMs = performance.now();
  await oweLines(house, { eventId: EVENT_ID, from: at, count: 1 });
  await house.queue.wake({ deployment, eventId: EVENT_ID });
  for (;;) {
    const { rows } = await house.db.query<{ open: number }>({
      name: "count-open",
      text: "SELECT count(*)::int AS open FROM sale.mint_line WHERE state <> 'minted'",
    });
    const tookMs = performance.now() - startedMs;
    if (rows[0]?.open === 0) return tookMs;
    if (tookMs > WAIT_LIMIT_MS) throw new Error("The ticket is not minted.");
    await systemClock.sleep(POLL_MS);
  }
}
