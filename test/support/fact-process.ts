// A process that tells facts to who listens, with nothing of its own but the database, and what its listeners know.
import type { z } from "zod";
import type { FactEvent, FactHeadEvent, FactUndoneEvent } from "#server/api/facts.ts";
import type { Listener } from "#server/api/handler.ts";
import { createFactFeed } from "#server/lookup/facts/fact-feed.ts";
import { createMirrorHeads } from "#server/lookup/mirror-heads.ts";
import type { Chains } from "#server/platform/chain.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import type { Log } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";

export type FactData = Partial<z.output<typeof FactEvent> & z.output<typeof FactHeadEvent>> &
  Partial<z.output<typeof FactUndoneEvent>>;

export interface SaidFact {
  id: string;
  event: string;
  data: FactData;
}

export interface FactListener {
  events: SaidFact[];
  /** Lines that are no event. */
  rest: string[];
  isEnded(): boolean;
  leave(): void;
}

export type FactProcess = ReturnType<typeof openFactProcess>;

export function openFactProcess(given: { db: Db; chains: Chains; log: Log; clock?: Clock }) {
  const stopping = new AbortController();
  const metrics = createMetrics("facts");
  const deps = { clock: systemClock, ...given, metrics, stopping: stopping.signal };
  const feed = createFactFeed({ ...deps, heads: createMirrorHeads(deps) });

  /** `accepts` says no where a connection would be full. */
  function listen(after?: string, accepts: () => boolean = () => true): FactListener {
    const events: SaidFact[] = [];
    const rest: string[] = [];
    let ended = false;
    let leave: (() => void) | undefined;
    const listener: Listener = {
      send: (frame) => {
        if (ended || !accepts()) return false;
        take(frame, events, rest);
        return true;
      },
      end: (frame) => {
        if (frame !== undefined && !ended) take(frame, events, rest);
        ended = true;
        leave?.();
      },
    };
    const wish = { query: {}, lastEventId: after, network: "here" };
    const left = feed.listen(wish).listen(listener);
    leave = () => {
      ended = true;
      left();
    };
    return { events, rest, isEnded: () => ended, leave };
  }

  return { listen, metrics, stop: () => stopping.abort() };
}

/** A write has one event or several. */
function take(bytes: Uint8Array, events: SaidFact[], rest: string[]): void {
  for (const frame of Buffer.from(bytes).toString().trim().split("\n\n")) {
    const lines = frame.split("\n");
    const of = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const event = of("event");
    const data = JSON.parse(of("data") ?? "{}") as FactData;
    if (event === undefined) rest.push(...lines);
    else events.push({ id: of("id") ?? "", event, data });
  }
}

/** The ids of what somebody knows who forgets what is undone, and all of it at a reset. */
export function replayFacts(events: readonly SaidFact[]): string[] {
  let known: { id: string; block: number }[] = [];
  for (const { id, event, data } of events) {
    if (event === "fact") known.push({ id, block: data.blockNumber ?? 0 });
    if (event === "reset") known = [];
    if (event !== "undone") continue;
    known = known.filter(({ block }) => block <= (data.afterBlock ?? 0));
  }
  return known.map(({ id }) => id);
}
