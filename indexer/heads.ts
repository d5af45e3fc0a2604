// Hears of new blocks over a node's WebSocket. Only a hint to look at once: whoever polls misses nothing.
import type { Clock } from "#server/platform/clock.ts";
import type { Log } from "#server/platform/log.ts";
import { type Header, readHeader } from "./header.ts";

/** A node that restarts is back within seconds; meanwhile blocks are found by asking. */
const RECONNECT_MS = 1_000;
const OPEN_LIMIT_MS = 5_000;
/** A connection that died without a word looks like a chain without blocks. */
const SILENCE_MAX_MS = 60_000;
/** A header is some two kilobytes of JSON. */
const MESSAGE_LENGTH_MAX = 65_536;
const SUBSCRIBE = JSON.stringify({
  ...{ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["newHeads"] },
});

export interface HeadsOptions {
  url: string;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** Without the header where what was told has none. */
  onHead: (header: Header | undefined) => void;
}

/** Resolves with the signal. */
export async function watchHeads(options: HeadsOptions): Promise<void> {
  const { clock, log, signal, url } = options;
  let isLost = false;
  while (!signal.aborted) {
    const heard = await listen(options);
    if (signal.aborted) return;
    // A node that is away for an hour is one line, and so is its return.
    if (heard || !isLost) log.warn({ host: hostOf(url) }, "no word of new blocks; asking for them");
    isLost = true;
    await clock.sleep(RECONNECT_MS, signal);
  }
}

/** Until the connection ends; true when a block was heard of. */
function listen({ url, log, signal, onHead }: HeadsOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    let heard = false;
    let timer: NodeJS.Timeout | undefined;
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      socket.onmessage = null;
      socket.close();
      resolve(heard);
    };
    const within = (limitMs: number) => {
      clearTimeout(timer);
      timer = setTimeout(end, limitMs);
    };
    within(OPEN_LIMIT_MS);
    signal.addEventListener("abort", end, { once: true });
    socket.onopen = () => socket.send(SUBSCRIBE);
    socket.onerror = end;
    socket.onclose = end;
    socket.onmessage = ({ data }) => {
      const said = read(data);
      if (said === "refused") return end();
      if (said === "other") return;
      within(SILENCE_MAX_MS);
      if (said === "subscribed") {
        log.info({ host: hostOf(url) }, "hears of new blocks");
        return;
      }
      heard = true;
      onHead(said.header);
    };
  });
}

type Said = "subscribed" | "refused" | "other" | { header: Header | undefined };

/** What a node sends is not ours: anything may come. */
function read(data: unknown): Said {
  if (typeof data !== "string" || data.length > MESSAGE_LENGTH_MAX) return "other";
  try {
    const message = JSON.parse(data) as {
      id?: unknown;
      result?: unknown;
      method?: unknown;
      params?: { result?: unknown };
    } | null;
    if (message?.method === "eth_subscription") {
      return { header: readHeader(message.params?.result) };
    }
    if (message?.id !== 1) return "other";
    return typeof message.result === "string" ? "subscribed" : "refused";
  } catch {
    return "other";
  }
}

/** An address may hold a provider's key. */
function hostOf(url: string): string {
  return new URL(url).host;
}
