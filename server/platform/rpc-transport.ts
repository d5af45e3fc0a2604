// Sends the questions of one moment to a node in one request, at the end of that moment.
import {
  createTransport,
  HttpRequestError,
  ResponseBodyTooLargeError,
  RpcRequestError,
  TimeoutError,
  type Transport,
} from "viem";
import { atEndOfTurn } from "./turn.ts";

interface Limits {
  /** Until the head of the answer. */
  headMs: number;
  /** Until its last byte: a range of logs is megabytes, and some nodes never end one. */
  wholeMs: number;
  /** A range of logs is some 14 MB; an answer without end must not fill the memory. */
  bytesMax: number;
}

const LIMITS: Limits = { headMs: 5_000, wholeMs: 20_000, bytesMax: 64 * 1024 * 1024 };
/** A hundred headers are one request; providers refuse more than some hundreds. */
const CALLS_MAX = 100;
const RPC_RETRIES = 1;
/** A node may answer with a page of any size; this much of it is kept to be read by people. */
const WORDS_MAX = 500;
/**
 * Who asks, how often, or whether anybody is there: whatever else such an answer says, it is none
 * to the call. A call's own error has any other status; also 403, of a method not paid for.
 */
const STATUS_OF_NODE: ReadonlySet<number> = new Set([401, 407, 408, 429, 502, 503, 504]);

interface Question {
  method: string;
  params?: unknown;
}

interface Call {
  question: Question;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

interface Node {
  url: string;
  headers: Record<string, string>;
  limits: Limits;
}

/** The library's own waits for a timer of a millisecond, and a fan waits with it. */
export function rpcTransport(address: string, limits = LIMITS): Transport {
  const node = { ...readAddress(address), limits };
  let waiting: Call[] = [];
  const send = () => {
    const calls = waiting;
    waiting = [];
    for (let at = 0; at < calls.length; at += CALLS_MAX) {
      void answer(node, calls.slice(at, at + CALLS_MAX));
    }
  };
  const request = (question: Question) =>
    new Promise<unknown>((resolve, reject) => {
      if (waiting.length === 0) atEndOfTurn(send);
      waiting.push({ question, resolve, reject });
    });
  // Where there are other nodes they are asked first, which is theirs to say who has them.
  return ({ retryCount = RPC_RETRIES }) =>
    createTransport(
      {
        ...{ key: "rpc", name: "JSON-RPC over HTTP", type: "http" },
        ...{ retryCount, timeout: limits.headMs },
        request: request as never,
      },
      { url: node.url },
    );
}

/** Fetch refuses addresses with a name or a password in them. */
function readAddress(address: string): Omit<Node, "limits"> {
  const url = new URL(address);
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (url.username !== "" || url.password !== "") {
    const [name, password] = [url.username, url.password].map(decodeURIComponent);
    headers.authorization = `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
    url.username = "";
    url.password = "";
  }
  return { url: url.toString(), headers };
}

async function answer(node: Node, calls: readonly Call[]): Promise<void> {
  try {
    const asked = calls.map(({ question: { method, params } }, id) => {
      return { jsonrpc: "2.0", id, method, params };
    });
    // There are nodes that know no lists.
    settle(node, calls, await post(node, asked.length === 1 ? asked[0] : asked));
  } catch (error) {
    for (const { reject } of calls) reject(error);
  }
}

function settle({ url }: Node, calls: readonly Call[], said: unknown): void {
  const answers = new Map<string, Said>();
  for (const one of Array.isArray(said) ? said : []) {
    // Some write numbers as text. Of two with the same number the first one counts.
    if (isSaid(one) && !answers.has(String(one.id))) answers.set(String(one.id), one);
  }
  // What refuses a list may do so in one word.
  const toAll = isSaid(said) && (calls.length === 1 || said.error !== undefined) ? said : undefined;
  for (const [id, { question, resolve, reject }] of calls.entries()) {
    const its = toAll ?? answers.get(String(id));
    if (its === undefined) reject(new Error("The node left out an answer."));
    else if (its.error) {
      const error = { ...its.error, message: inShort(its.error.message) };
      reject(new RpcRequestError({ body: { ...question }, error, url }));
    } else resolve(its.result);
  }
}

interface Said {
  id?: unknown;
  result?: unknown;
  error?: { code: number; message: string };
}

function isSaid(value: unknown): value is Said {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function post({ url, headers, limits }: Node, asked: unknown): Promise<unknown> {
  const body = asked as Record<string, unknown>;
  const ends = new AbortController();
  let timer = setTimeout(() => ends.abort(), limits.headMs);
  try {
    const response = await fetch(url, {
      ...{ method: "POST", headers, body: JSON.stringify(asked), signal: ends.signal },
    });
    clearTimeout(timer);
    timer = setTimeout(() => ends.abort(), limits.wholeMs);
    const said = await readJson(response, limits.bytesMax);
    const { status, statusText } = response;
    if (response.ok || (hasReason(said) && !STATUS_OF_NODE.has(status))) return said;
    const details = inShort(reasonOf(said) ?? statusText);
    // Without its headers: one that says "again in an hour" would be waited for by the library.
    throw new HttpRequestError({ body, details, status, url });
  } catch (cause) {
    if (ends.signal.aborted) throw new TimeoutError({ body, url });
    if (cause instanceof HttpRequestError || cause instanceof ResponseBodyTooLargeError) {
      throw cause;
    }
    throw new HttpRequestError({ body, cause: cause as Error, url });
  } finally {
    clearTimeout(timer);
  }
}

/** A refusal that says why, whatever its status; of a list, one of the answers may be it. */
function hasReason(said: unknown): boolean {
  if (Array.isArray(said)) return said.some(hasReason);
  if (!isSaid(said)) return false;
  return typeof said.error?.code === "number" && typeof said.error.message === "string";
}

function reasonOf(said: unknown): string | undefined {
  if (Array.isArray(said)) return reasonOf(said.find(hasReason));
  return isSaid(said) && said.error ? JSON.stringify(said.error) : undefined;
}

function inShort(words: string): string {
  return String(words).slice(0, WORDS_MAX);
}

async function readJson(response: Response, bytesMax: number): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop ends the connection.
    if (size > bytesMax) throw new ResponseBodyTooLargeError({ maxSize: bytesMax, size });
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks, size).toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (response.ok) throw error;
    return { error: text };
  }
}
