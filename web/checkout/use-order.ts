// An order on the screen: by the server's events while they come, else by asking again and again.
import { useEffect, useEffectEvent, useMemo, useState } from "react";
import { call } from "../api/call.ts";
import { followOrder, type OrderNews } from "../api/order-feed.ts";
import { type Loaded, useLoaded } from "../api/use-loaded.ts";
import type { Order } from "../api/wire.ts";
import { type KnownLines, withKnown, withNews } from "./ticket-stages.ts";

/** The chain answers within seconds, and a fan is watching. */
const MINT_POLL_MS = 500;
/** It may be paid in another tab. */
const CLAIMED_POLL_MS = 2_000;
/** A person has to look at it; that takes minutes. */
const ATTENTION_POLL_MS = 10_000;
/** Blocks come on top of it, and nothing depends on how soon the fan hears of them. */
const FINAL_POLL_MS = 3_000;

function pollMs({ state, lines }: Order): number | null {
  switch (state) {
    case "claimed":
      return CLAIMED_POLL_MS;
    case "paid":
      return MINT_POLL_MS;
    case "attention":
      return ATTENTION_POLL_MS;
    case "fulfilled":
      return lines.every(({ stage }) => stage === "final") ? null : FINAL_POLL_MS;
    default:
      return null;
  }
}

export interface OrderOnScreen extends Loaded<Order> {
  known: KnownLines;
}

export function useOrder(orderId: string): OrderOnScreen {
  const [isLive, setLive] = useState(false);
  const [known, setKnown] = useState<KnownLines>(new Map());
  const [told, setTold] = useState<Order["state"]>();
  const loaded = useLoaded(
    `order:${orderId}`,
    (signal) => call("getOrder", { params: { orderId }, signal }),
    // An answer may be older than the event that it was asked for because of.
    (order) => (isLive && (told ?? order.state) === order.state ? null : pollMs(order)),
  );
  const { data, reload } = loaded;
  const isKnown = data !== undefined;

  useEffect(() => {
    if (data !== undefined) setKnown((last) => withNews(last, data));
  }, [data]);

  const onNews = useEffectEvent((news: OrderNews) => {
    setKnown((last) => withNews(last, news));
    setTold(news.state);
    // What else comes with another state is not in the event.
    if (news.state !== data?.state) reload();
  });
  const onLive = useEffectEvent((next: boolean) => {
    if (next === isLive) return;
    setLive(next);
    // Nothing was asked while events came.
    if (!next) reload();
  });
  useEffect(() => {
    if (!isKnown) return;
    const stop = new AbortController();
    const follower = {
      onNews: (news: OrderNews) => onNews(news),
      onLive: (next: boolean) => !stop.signal.aborted && onLive(next),
    };
    void followOrder(orderId, follower, stop.signal);
    return () => stop.abort();
  }, [orderId, isKnown]);

  const order = useMemo(() => data && withKnown(data, known), [data, known]);
  return { ...loaded, data: order, known };
}
