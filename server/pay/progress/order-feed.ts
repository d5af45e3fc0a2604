// An order's tickets on their way, as they move: one reader of the database for all who listen here.
import type { EventStream } from "../../api/handler.ts";
import { Fault, Refusal } from "../../domain/failure.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/client.ts";
import { HELLO_FRAME } from "../../platform/event-frames.ts";
import type { Log } from "../../platform/log.ts";
import type { Metrics } from "../../platform/metrics.ts";
import { nameOf } from "./order-frames.ts";
import { isBuyersOrder, readProgress } from "./read-progress.ts";
import { greet, tell, type Watched } from "./watched.ts";

export interface OrderFeedDeps {
  db: Db;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  stopping: AbortSignal;
}

export interface ListenWish {
  orderId: string;
  buyer: string;
  sessionId: string;
  /** Of the last event that the listener has seen. */
  after: string | undefined;
}

export interface OrderFeed {
  listen(wish: ListenWish): Promise<EventStream>;
}

/** In one process; each is a socket and asks for its order twice a second. */
const LISTENERS_MAX = 5_000;
/** A browser opens six connections to a host, for all of its tabs. */
export const LISTENERS_PER_SESSION_MAX = 6;
const RETRY_AFTER_SECONDS = 15;
/** What no block tells: a line was sent, or closed by the worker. */
const ROUND_MS = 500;
/** However many listen, the database does other things four fifths of the time. */
const REST_FACTOR = 4;
const ORDERS_PER_READ = 500;

export function createOrderFeed(deps: OrderFeedDeps): OrderFeed {
  const { db, clock, metrics, stopping } = deps;
  const watching = new Set<Watched>();
  const hub = createHub(deps, watching);

  const requireRoom = (sessionId: string): void => {
    if (watching.size >= LISTENERS_MAX || stopping.aborted) throw tooMany();
    const own = [...watching].filter((each) => each.sessionId === sessionId).length;
    if (own >= LISTENERS_PER_SESSION_MAX) throw tooManyOfOne();
  };

  return {
    listen: async ({ orderId, buyer, sessionId, after }) => {
      requireRoom(sessionId);
      const found = (await isBuyersOrder(db, { orderId, buyer }))
        ? (await readProgress(db, [orderId])).get(orderId)
        : undefined;
      if (found === undefined) {
        throw new Refusal("request/not-found", `There is no order ${orderId}.`);
      }
      // Others may have come while this was read.
      requireRoom(sessionId);
      return {
        listen: (listener) => {
          const nowMs = clock.monotonicMs();
          const times = { sinceMs: nowMs, saidMs: nowMs };
          const at = { known: found, name: nameOf(found) };
          const watched: Watched = { orderId, sessionId, listener, ...at, ...times };
          watching.add(watched);
          metrics.orderListeners.set(watching.size);
          greet(watched, after);
          hub.start();
          return () => {
            watching.delete(watched);
            metrics.orderListeners.set(watching.size);
          };
        },
      };
    },
  };
}

/** Reads and tells as long as somebody listens; a new block of the mirror is told at once. */
function createHub(
  { db, clock, log, stopping }: OrderFeedDeps,
  watching: ReadonlySet<Watched>,
): { start: () => void } {
  let wakeUp = new AbortController();
  let isRunning = false;
  let hears = false;

  async function round(): Promise<void> {
    const orderIds = [...new Set([...watching].map(({ orderId }) => orderId))];
    for (let at = 0; at < orderIds.length; at += ORDERS_PER_READ) {
      const found = await readProgress(db, orderIds.slice(at, at + ORDERS_PER_READ));
      for (const watched of watching) {
        const progress = found.get(watched.orderId);
        if (progress !== undefined) tell(watched, progress, clock.monotonicMs());
      }
    }
  }

  async function run(): Promise<void> {
    while (watching.size > 0 && !stopping.aborted) {
      // Before the round: what a block tells while it reads is read once more.
      const wake = new AbortController();
      wakeUp = wake;
      const startedMs = clock.monotonicMs();
      await round().catch((err: unknown) => {
        if (stopping.aborted) return;
        if (!(err instanceof Fault)) throw err;
        // Everybody keeps listening to an order as it was, and hears of it once it can be read.
        log.warn({ err }, "the order feed waits for the database");
      });
      const restMs = (clock.monotonicMs() - startedMs) * REST_FACTOR;
      // No block ends this one: some chains have many in a second.
      await clock.sleep(restMs, stopping);
      const leftMs = Math.max(0, ROUND_MS - restMs);
      await clock.sleep(leftMs, AbortSignal.any([wake.signal, stopping]));
    }
    isRunning = false;
    if (stopping.aborted) for (const { listener } of watching) listener.end(HELLO_FRAME);
  }

  return {
    start: () => {
      if (!hears) db.listen("mirror", () => wakeUp.abort(), stopping);
      hears = true;
      if (isRunning) return;
      isRunning = true;
      void run();
    },
  };
}

function tooMany(): Fault {
  const data = { retryAfter: RETRY_AFTER_SECONDS };
  return new Fault("server/unavailable", "Too many listen here; ask for the order.", { data });
}

function tooManyOfOne(): Refusal {
  return new Refusal(
    "request/rate-limited",
    `${LISTENERS_PER_SESSION_MAX} connections are what one session may listen with.`,
    { policy: "order-listeners", retryAfter: RETRY_AFTER_SECONDS },
  );
}
