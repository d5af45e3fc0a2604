// The facts of the chain as they are mirrored, for who listens; each goes on from where it was, in any process.
import type { z } from "zod";
import type { FactsQuery } from "../../api/facts.ts";
import type { EventStream, Listener } from "../../api/handler.ts";
import { Fault } from "../../domain/failure.ts";
import type { Chains } from "../../platform/chain.ts";
import type { Sql } from "../../platform/db/client.ts";
import { HELLO_FRAME } from "../../platform/event-frames.ts";
import type { Metrics } from "../../platform/metrics.ts";
import { catchUp } from "./catch-up.ts";
import type { Reader } from "./fact-audience.ts";
import { SLOW_FRAME } from "./fact-frames.ts";
import { FactHub, type HubDeps } from "./fact-hub.ts";
import { createFactRoom } from "./fact-room.ts";
import { type FactWish, wishOf } from "./fact-wish.ts";
import { type Position, parsePosition } from "./position.ts";
import { createTurns } from "./turns.ts";

export interface FactFeedDeps extends HubDeps {
  chains: Chains;
  metrics: Metrics;
}

export interface FactFeed {
  listen(wish: {
    query: z.output<typeof FactsQuery>;
    lastEventId: string | undefined;
    network: string;
  }): EventStream;
}

/** Of those who catch up, against the twenty connections of the process. */
const READS_MAX = 4;

export function createFactFeed(deps: FactFeedDeps): FactFeed {
  const { chains } = deps;
  const room = createFactRoom(deps);
  const takeHub = createHubs(deps);
  const turns = createTurns(READS_MAX);
  const inTurn: Sql = { query: (statement) => turns(() => deps.db.query(statement)) };
  return {
    listen: ({ query, lastEventId, network }) => {
      const wish = wishOf(query, chains);
      const from = beginningOf(lastEventId ?? query.after, wish.deployment);
      room.require(network);
      return {
        listen: (listener) => {
          const leaveRoom = room.enter(network, listener);
          const { hub, leaveHub } = takeHub(wish.deployment);
          const leave = join({ ...deps, db: inTurn }, { hub, listener, wish, from });
          return () => {
            leave();
            leaveRoom();
            leaveHub();
          };
        },
      };
    },
  };
}

/** One for each deployment that somebody listens to. */
function createHubs(deps: HubDeps) {
  const hubs = new Map<number, { hub: FactHub; listeners: number }>();
  return (deployment: number): { hub: FactHub; leaveHub: () => void } => {
    const kept = hubs.get(deployment) ?? { hub: new FactHub(deps, deployment), listeners: 0 };
    hubs.set(deployment, kept);
    kept.listeners += 1;
    kept.hub.open();
    let isIn = true;
    const leaveHub = () => {
      if (!isIn) return;
      isIn = false;
      kept.listeners -= 1;
      if (kept.listeners === 0) kept.hub.close();
    };
    return { hub: kept.hub, leaveHub };
  };
}

/** Brings the listener among the others; answers how it leaves them. */
function join(
  deps: Omit<FactFeedDeps, "db"> & { db: Sql },
  given: { hub: FactHub; listener: Listener; wish: FactWish; from: Position | undefined },
): () => void {
  const { db, clock, metrics, log, stopping } = deps;
  const { hub, listener, wish, from } = given;
  const left = new AbortController();
  const drop = () => {
    if (left.signal.aborted) return;
    metrics.factListenersDropped.inc();
    listener.end(SLOW_FRAME);
  };
  const over = AbortSignal.any([left.signal, stopping]);
  const follow = (at: Position | undefined) =>
    void catchUp({ db, clock, over }, { hub, reader, from: at }).catch((err: unknown) => {
      if (over.aborted) return;
      if (!(err instanceof Fault)) throw err;
      // It comes back with what it has seen last.
      log.warn({ err }, "a listener to facts cannot catch up");
      listener.end(HELLO_FRAME);
    });
  const reader: Reader = { ...wish, listener, drop, fallBehind: follow };
  listener.send(HELLO_FRAME);
  follow(from);
  return () => {
    left.abort();
    hub.leave(reader);
  };
}

/** Undefined for now. */
function beginningOf(text: string | undefined, deployment: number): Position | undefined {
  if (text === undefined || text === "") return undefined;
  return parsePosition(text, deployment);
}
