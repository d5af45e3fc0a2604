// Which screen an address means, and how to go to another without leaving the page.
import { useSyncExternalStore } from "react";

export type Place =
  | { screen: "events" }
  | { screen: "event"; eventId: string }
  | { screen: "hold"; eventId: string; holdId: string }
  | { screen: "queue"; eventId: string }
  | { screen: "order"; orderId: string }
  | { screen: "tickets" }
  | { screen: "ticket"; ticketId: string }
  | { screen: "nowhere" };

export const paths = {
  events: () => "/",
  event: (eventId: string) => `/events/${eventId}`,
  hold: (eventId: string, holdId: string) => `/events/${eventId}/holds/${holdId}`,
  queue: (eventId: string) => `/events/${eventId}/queue`,
  order: (orderId: string) => `/orders/${orderId}`,
  tickets: () => "/tickets",
  ticket: (ticketId: string) => `/tickets/${ticketId}`,
} as const;

const SCREENS: readonly [URLPattern: RegExp, (parts: string[]) => Place][] = [
  [/^\/$/, () => ({ screen: "events" })],
  [/^\/events\/([^/]+)$/, ([eventId = ""]) => ({ screen: "event", eventId })],
  [
    /^\/events\/([^/]+)\/holds\/([^/]+)$/,
    ([eventId = "", holdId = ""]) => ({ screen: "hold", eventId, holdId }),
  ],
  [/^\/events\/([^/]+)\/queue$/, ([eventId = ""]) => ({ screen: "queue", eventId })],
  [/^\/orders\/([^/]+)$/, ([orderId = ""]) => ({ screen: "order", orderId })],
  [/^\/tickets$/, () => ({ screen: "tickets" })],
  [/^\/tickets\/([^/]+)$/, ([ticketId = ""]) => ({ screen: "ticket", ticketId })],
];

export function placeOf(path: string): Place {
  for (const [pattern, place] of SCREENS) {
    const match = pattern.exec(path);
    if (match !== null) return place(match.slice(1));
  }
  return { screen: "nowhere" };
}

const listeners = new Set<() => void>();
let moves = 0;

export function usePath(): string {
  return useSyncExternalStore(listen, () => window.location.pathname);
}

/** `replace` where the screen left behind makes no sense to come back to. */
export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace === true) window.history.replaceState(null, "", path);
  else window.history.pushState(null, "", path);
  window.scrollTo(0, 0);
  announce();
}

/** False on the screen that was opened first: its heading must not take the focus from the page. */
export function hasMoved(): boolean {
  return moves > 0;
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", announce);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("popstate", announce);
  };
}

function announce(): void {
  moves += 1;
  for (const listener of listeners) listener();
}
