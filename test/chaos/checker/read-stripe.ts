// Reads the fake Stripe's books over HTTP, page by page, as its own dashboard would.
import type { Intent } from "./facts.ts";

const PAGE = 100;
const PAGES_MAX = 5_000;
const TIMEOUT_MS = 20_000;

interface StoredIntent {
  id: string;
  status: string;
  amount_received: number;
  amount_capturable: number;
  metadata: Record<string, string>;
}

interface StoredRefund {
  id: string;
  status: string;
  amount: number;
  payment_intent: string;
}

export async function readStripe(apiUrl: string): Promise<Intent[]> {
  const intents = await readAll<StoredIntent>(apiUrl, "/v1/payment_intents");
  const refunds = await readAll<StoredRefund>(apiUrl, "/v1/refunds");
  const refunded = new Map<string, bigint>();
  for (const { payment_intent: id, amount, status } of refunds) {
    if (status === "failed") continue;
    refunded.set(id, (refunded.get(id) ?? 0n) + BigInt(amount));
  }
  return intents.map(({ id, status, amount_received, amount_capturable, metadata }) => ({
    ...{ id, status, orderId: metadata.orderId ?? "" },
    received: BigInt(amount_received),
    capturable: BigInt(amount_capturable),
    refunded: refunded.get(id) ?? 0n,
  }));
}

async function readAll<T extends { id: string }>(apiUrl: string, path: string): Promise<T[]> {
  const all: T[] = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const url = new URL(path, apiUrl);
    url.searchParams.set("limit", String(PAGE));
    const last = all.at(-1);
    if (last !== undefined) url.searchParams.set("starting_after", last.id);
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`Stripe answered ${answer.status} to ${path}`);
    const { data, has_more: hasMore } = (await answer.json()) as { data: T[]; has_more: boolean };
    all.push(...data);
    if (!hasMore) return all;
  }
  throw new Error(`Stripe has more than ${PAGES_MAX} pages of ${path}`);
}
