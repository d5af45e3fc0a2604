// Follows an order's tickets by the server's events; says when they do not come, so that somebody asks instead.

import { untilVisible, wait } from "./wait.ts";
import type { Order, OrderLine } from "./wire.ts";

/** What an event tells of: all lines, or those that changed. */
export interface OrderNews {
  state: Order["state"];
  lines: readonly Pick<OrderLine, "seat" | "stage" | "txHash">[];
}

export interface OrderFollower {
  onNews: (news: OrderNews) => void;
  /** False: whoever wants to know asks for the order until it is true again. */
  onLive: (isLive: boolean) => void;
}

/** A server that refuses has its reasons for a while; the page asks for the order meanwhile. */
const RETRY_MS = 15_000;

/** Until the signal ends it, or the last ticket is final. */
export async function followOrder(
  orderId: string,
  follower: OrderFollower,
  signal: AbortSignal,
): Promise<void> {
  if (typeof EventSource === "undefined") return;
  while (!signal.aborted) {
    await untilVisible(signal);
    if (signal.aborted) return;
    const why = await listen(orderId, follower, signal);
    follower.onLive(false);
    if (why === "end") return;
    if (why === "away") await wait(RETRY_MS, signal);
  }
}

/** Resolves with the reason why the connection is over. */
function listen(
  orderId: string,
  { onNews, onLive }: OrderFollower,
  signal: AbortSignal,
): Promise<"end" | "away" | "hidden"> {
  const source = new EventSource(`/v1/orders/${encodeURIComponent(orderId)}/events`);
  return new Promise((resolve) => {
    const end = (why: "end" | "away" | "hidden") => {
      source.close();
      signal.removeEventListener("abort", onAbort);
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("offline", onOffline);
      resolve(why);
    };
    const onAbort = () => end("end");
    // A browser has six connections to a host for all of its tabs.
    const onVisibility = () => document.hidden && end("hidden");
    const onOffline = () => onLive(false);
    signal.addEventListener("abort", onAbort);
    window.addEventListener("offline", onOffline);
    document.addEventListener("visibilitychange", onVisibility);
    const hear = ({ data }: MessageEvent<string>) => onNews(JSON.parse(data) as OrderNews);
    source.addEventListener("open", () => onLive(true));
    source.addEventListener("order", hear);
    source.addEventListener("change", hear);
    source.addEventListener("end", () => end("end"));
    source.addEventListener("poll", () => end("away"));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) return end("away");
      // It connects again by itself and goes on from the last event.
      onLive(false);
    });
  });
}
