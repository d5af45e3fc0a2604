// Calls the API by the names of its routes, typed by their schemas: for the page, programs and tests.
import type { z } from "zod";
import type { ErrorCode, Retry } from "./errors.ts";
import type { ResponseOf, ROUTES, RouteName } from "./routes.ts";

/** The API's codes, and what only a caller sees: no answer, or one that is no problem document. */
export type FailureCode = ErrorCode | "client/unreachable" | "client/unexpected";

/** Why a call was not done. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly code: FailureCode;
  readonly retry: Retry;
  readonly detail: string;
  /** The problem document whole, with members such as the seats that are gone. */
  readonly data: Record<string, unknown>;
  /** How long the server asks to wait, if it says. */
  readonly retryAfterMs: number | undefined;

  constructor(options: {
    code: FailureCode;
    retry: Retry;
    detail: string;
    data?: Record<string, unknown>;
    retryAfterMs?: number | undefined;
    cause?: unknown;
  }) {
    super(`${options.code}: ${options.detail}`, { cause: options.cause });
    this.code = options.code;
    this.detail = options.detail;
    this.retry = options.retry;
    this.data = options.data ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}

type Routes = typeof ROUTES;
type Endpoint<N extends RouteName> = `${Routes[N]["method"]} ${Routes[N]["path"]}`;
/**
 * Where routes live. Handed in, because the table of routes itself brings every schema along, and a
 * page that only needs addresses would load them all.
 */
export type Endpoints<N extends RouteName> = { readonly [K in N]: Endpoint<K> };

type Input<R, K extends string> =
  R extends Record<K, infer S extends z.ZodType> ? z.input<S> : undefined;
type Part<K extends string, T> = T extends undefined
  ? { [P in K]?: never }
  : Record<never, never> extends T
    ? { [P in K]?: T }
    : { [P in K]: T };

export type CallInput<N extends RouteName> = Part<"params", Input<Routes[N], "params">> &
  Part<"query", Input<Routes[N], "query">> &
  Part<"body", Input<Routes[N], "body">> & {
    /** The Idempotency-Key of a route that spends. */
    key?: string;
    /** A proof of work, where the sale asks for one. */
    proof?: string | undefined;
    signal?: AbortSignal;
  };
/** Nothing has to be said where a route takes nothing. */
type Arguments<N extends RouteName> =
  Record<never, never> extends CallInput<N> ? [input?: CallInput<N>] : [input: CallInput<N>];

export type Call<N extends RouteName> = <K extends N>(
  name: K,
  ...input: Arguments<K>
) => Promise<ResponseOf<K>>;

export interface ClientOptions<N extends RouteName> {
  /** Left out in a page, whose own origin it is. */
  baseUrl?: string;
  endpoints: Endpoints<N>;
  fetch: (address: string, init: RequestInit) => Promise<Response>;
  /** Makes the Idempotency-Key of a call that brings none. */
  newKey?: () => string;
  /** For each try: longer than any answer of a healthy server. */
  timeoutMs: number;
  /** 1 leaves it to the caller to send the same again. */
  triesMax: number;
  /** When the server asks to wait longer than this, it is for the caller to decide. */
  waitMsMax?: number;
  /** Sees every answer before it is read. */
  onAnswer?: (response: Response) => void;
  /** Programs check what they get; pages trust the server that they came from. */
  parse?: (name: N, answer: unknown) => unknown;
}

const MS_PER_SECOND = 1_000;
/** Where the server does not say how long to wait. */
const RETRY_MS = 500;
const WAIT_MS_MAX = 10_000;

interface AnyInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  key?: string;
  proof?: string | undefined;
  signal?: AbortSignal;
}

export function createClient<N extends RouteName>(options: ClientOptions<N>): Call<N> {
  const call = async (name: N, input: AnyInput = {}): Promise<unknown> => {
    const [method = "", path = ""] = options.endpoints[name].split(" ");
    const address = addressOf(path, input);
    // One key for all tries: the server knows by it that they are one act.
    const key = input.key ?? (method === "POST" ? options.newKey?.() : undefined);
    for (let tries = 1; ; tries += 1) {
      try {
        return await send(options, { name, method, address, input, key });
      } catch (error) {
        const waitMs = waitBefore(error, tries, options);
        if (waitMs === undefined || input.signal?.aborted === true) throw error;
        await wait(waitMs, input.signal);
      }
    }
  };
  return call as Call<N>;
}

function waitBefore(
  error: unknown,
  tries: number,
  { triesMax, waitMsMax = WAIT_MS_MAX }: { triesMax: number; waitMsMax?: number },
): number | undefined {
  if (!(error instanceof ApiFailure) || error.retry !== "same" || tries >= triesMax) {
    return undefined;
  }
  const waitMs = error.retryAfterMs ?? RETRY_MS;
  return waitMs > waitMsMax ? undefined : waitMs;
}

async function send<N extends RouteName>(
  { baseUrl = "", fetch, timeoutMs, onAnswer, parse }: ClientOptions<N>,
  given: { name: N; method: string; address: string; input: AnyInput; key: string | undefined },
): Promise<unknown> {
  const { name, method, address, input, key } = given;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = input.signal ? AbortSignal.any([input.signal, deadline]) : deadline;
  const response = await reach(() =>
    fetch(baseUrl + address, {
      method,
      headers: headersOf(input, key),
      body: input.body === undefined ? null : JSON.stringify(input.body),
      credentials: "same-origin",
      signal,
    }),
  );
  onAnswer?.(response);
  if (!response.ok) throw await failureOf(response);
  if (response.status === 204) return undefined;
  const answer: unknown = await reach(() => response.json());
  return parse === undefined ? answer : parse(name, answer);
}

function addressOf(path: string, { params = {}, query = {} }: AnyInput): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(params[name] ?? "")),
  );
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  );
  return given.length === 0 ? filled : `${filled}?${search}`;
}

function headersOf({ body, proof }: AnyInput, key: string | undefined): Record<string, string> {
  return {
    Accept: "application/json, application/problem+json",
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(key === undefined ? {} : { "Idempotency-Key": key }),
    ...(proof === undefined ? {} : { "Proof-Of-Work": proof }),
  };
}

async function reach<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    const detail = "No answer from the server.";
    throw new ApiFailure({ code: "client/unreachable", retry: "same", detail, cause });
  }
}

export async function failureOf(response: Response): Promise<ApiFailure> {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * MS_PER_SECOND : undefined;
  const problem = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (typeof problem?.code !== "string") {
    // A proxy in front of the server answers for it in its own words.
    const detail = `The server answered ${response.status}.`;
    const retry = response.status >= 500 ? "same" : "never";
    return new ApiFailure({ code: "client/unexpected", retry, detail, retryAfterMs });
  }
  return new ApiFailure({
    code: problem.code as FailureCode,
    retry: problem.retry as Retry,
    detail: String(problem.detail ?? problem.title),
    data: problem,
    retryAfterMs,
  });
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
