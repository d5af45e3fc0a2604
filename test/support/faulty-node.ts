// A node that loses logs, lies about a block, lags, hangs up, is late and talks nonsense, as a seed says.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { toHex } from "viem";
import { systemClock } from "#server/platform/clock.ts";
import type { Chance } from "./seeded.ts";

type Hex = `0x${string}`;
type Call = { id: number; method: string; params: unknown[] };
type Answer = { id: number; result?: unknown };
type Raw = Record<string, unknown> & { blockNumber?: Hex; number?: Hex; topics?: Hex[] };

/** How it lies about a block: gives it another hash, or one of its logs another topic or price. */
export type Lie = "hash" | "topic" | "data";

export interface Faults {
  /** Of a thousand logs. */
  dropped: number;
  /** Of a thousand requests each. */
  reset: number;
  late: number;
  garbage: number;
  lateMsMax: number;
}

export interface FaultyNode {
  url: string;
  wsUrl: string;
  /** How often it did what. */
  did: Record<string, number>;
  faults: Faults;
  lieAbout(block: bigint, lie: Lie): void;
  /** So many blocks behind from now on. */
  lag(blocks: number): void;
  /** As an honest node from now on. */
  heal(): void;
  close(): Promise<void>;
}

const NONE: Faults = { dropped: 0, reset: 0, late: 0, garbage: 0, lateMsMax: 0 };
const IN_ALL = 1_000;

export async function openFaultyNode(options: {
  url: string;
  chance: Chance;
  faults?: Partial<Faults>;
}): Promise<FaultyNode> {
  const { chance } = options;
  const target = new URL(options.url);
  const did: Record<string, number> = {};
  const note = (what: string) => {
    did[what] = (did[what] ?? 0) + 1;
  };
  const node = {
    ...{ did, faults: { ...NONE, ...options.faults } },
    lie: undefined as { block: bigint; lie: Lie } | undefined,
    lag: 0,
  };
  const happens = (share: number, what: string): boolean => {
    const isNow = chance(IN_ALL) < share;
    if (isNow) note(what);
    return isNow;
  };
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const { reset, late, garbage, lateMsMax } = node.faults;
    if (happens(late, "late")) await systemClock.sleep(chance(lateMsMax));
    if (happens(reset, "reset")) return void request.socket.destroy();
    const asked = JSON.parse(body) as Call | Call[];
    const calls = await lagging({ target, lag: node.lag, note }, [asked].flat());
    const said = (await ask(target, JSON.stringify(calls))) as Answer[];
    const answers = said.map((one, at) => changed({ node, note, happens }, calls[at] as Call, one));
    const text = JSON.stringify(Array.isArray(asked) ? answers : answers[0]);
    if (happens(garbage, "garbage")) return nonsense(response, text, chance);
    response.setHeader("content-type", "application/json").end(text);
  }

  const sockets = passWords(server, target, () => happens(node.faults.reset, "socket reset"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, wsUrl: `ws://127.0.0.1:${port}`, did },
    faults: node.faults,
    lieAbout: (block, lie) => {
      node.lie = { block, lie };
    },
    lag: (blocks) => {
      node.lag = blocks;
    },
    heal: () => {
      Object.assign(node.faults, NONE);
      node.lie = undefined;
      node.lag = 0;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** WebSockets go through as they are, until one is cut. Answers those that are open. */
function passWords(server: Server, target: URL, isCut: () => boolean): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("upgrade", (request, socket: Socket, head) => {
    const upstream = connect(Number(target.port), target.hostname, () => {
      const lines = request.rawHeaders.flatMap((name, at, all) =>
        at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : [],
      );
      upstream.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const [each, other] of [
      [upstream, socket],
      [socket, upstream],
    ] as const) {
      sockets.add(each);
      each.on("error", () => undefined);
      each.on("close", () => {
        sockets.delete(each);
        other.destroy();
      });
    }
    upstream.on("data", () => {
      if (isCut()) socket.destroy();
    });
  });
  return sockets;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

async function ask(target: URL, body: string): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(target, { method: "POST", headers, body });
  return response.json();
}

/** The questions as they would be about a chain that ends some blocks before this one does. */
async function lagging(
  { target, lag, note }: { target: URL; lag: number; note: (what: string) => void },
  calls: readonly Call[],
): Promise<Call[]> {
  if (lag === 0) return [...calls];
  const question = { jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] };
  const { result } = (await ask(target, JSON.stringify(question))) as { result: Hex };
  const head = BigInt(result) - BigInt(lag);
  const atMost = (at: unknown): unknown =>
    at === "latest" || (String(at).startsWith("0x") && BigInt(String(at)) > head)
      ? toHex(head)
      : at;
  return calls.map((call) => {
    const [first] = call.params;
    if (call.method === "eth_blockNumber" || first === "latest") note("lagging head");
    if (call.method === "eth_getLogs") {
      const filter = first as { fromBlock: Hex; toBlock: Hex };
      return { ...call, params: [{ ...filter, toBlock: atMost(filter.toBlock) }] };
    }
    const isKnown = first === "latest" || atMost(first) === first;
    // Nobody has this one.
    const at = isKnown ? atMost(first) : "0xffffffff";
    return call.method === "eth_getBlockByNumber" ? { ...call, params: [at, false] } : call;
  });
}

interface Mind {
  node: { faults: Faults; lie: { block: bigint; lie: Lie } | undefined; lag: number };
  note: (what: string) => void;
  happens: (share: number, what: string) => boolean;
}

/** What it says where another node says `one`. */
function changed(mind: Mind, call: Call, one: Answer): Answer {
  const { node, note } = mind;
  const { result } = one;
  if (call.method === "eth_getLogs" && Array.isArray(result)) {
    return { ...one, result: logsOf(mind, result as Raw[]) };
  }
  if (call.method === "eth_blockNumber") {
    return { ...one, result: toHex(BigInt(result as Hex) - BigInt(node.lag)) };
  }
  if (call.method === "eth_getBlockReceipts" && node.lie?.lie === "hash") {
    return call.params[0] === hashOf(node.lie.block) ? { ...one, result: null } : one;
  }
  if (call.method !== "eth_getBlockByNumber" || result === null || result === undefined) return one;
  const header = result as Raw;
  if (node.lie?.lie === "hash" && BigInt(header.number ?? 0) === node.lie.block) {
    note("another hash");
    return { ...one, result: { ...header, hash: hashOf(node.lie.block) } };
  }
  return one;
}

function logsOf(mind: Mind, logs: readonly Raw[]): Raw[] {
  const { node, happens, note } = mind;
  return logs.flatMap((log) => {
    if (happens(node.faults.dropped, "dropped log")) return [];
    if (node.lie === undefined || BigInt(log.blockNumber ?? 0) !== node.lie.block) return [log];
    const { lie, block } = node.lie;
    if (lie === "hash") return [{ ...log, blockHash: hashOf(block) }];
    const topics = log.topics ?? [];
    if (lie === "topic" && topics.length > 1) {
      note("another topic");
      return [{ ...log, topics: [...topics.slice(0, -1), toHex(block + 7n, { size: 32 })] }];
    }
    if (lie === "data" && log.data !== "0x") {
      note("other data");
      return [
        {
          ...log,
          data: String(log.data).replace(/[0-9a-f]$/, (digit) => (digit === "1" ? "2" : "1")),
        },
      ];
    }
    return [log];
  });
}

function hashOf(block: bigint): Hex {
  return `0x${block.toString(16).padStart(64, "e")}`;
}

/** What a gateway, a cut connection or a mixed-up cache would send. */
function nonsense(response: ServerResponse, text: string, chance: Chance): void {
  const json = () => response.setHeader("content-type", "application/json");
  switch (chance(6)) {
    case 0:
      response.statusCode = 502;
      response.setHeader("content-type", "text/html").end("<html>Bad Gateway</html>");
      return;
    case 1:
      response.setHeader("content-type", "text/html").end("<html>Please log in</html>");
      return;
    case 2:
      json().end(text.slice(0, text.length / 2));
      return;
    case 3:
      json().end(JSON.stringify([]));
      return;
    case 4:
      json().end(text.replaceAll(/"0x[0-9a-f]{1,16}"/g, '"many"'));
      return;
    default:
      json().end(text.replaceAll(/"result":/g, '"answer":'));
  }
}
