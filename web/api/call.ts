// The one place that talks to the API: typed by the server's routes, with a deadline on every call.
import type { BodyOf, ParamsOf, QueryOf, ResponseOf } from "#server/api/routes.ts";
import { ENDPOINTS, type EndpointName } from "./endpoints.ts";
import { ApiFailure } from "./failure.ts";
import { learnServerTime } from "./server-clock.ts";

/** Longer than any answer of a healthy server, shorter than a fan's patience. */
const CALL_TIMEOUT_MS = 10_000;
const MS_PER_SECOND = 1_000;

type Part<K extends string, T> = T extends undefined ? { [P in K]?: never } : { [P in K]: T };
export type CallInput<N extends EndpointName> = Part<"params", ParamsOf<N>> &
  Part<"query", QueryOf<N>> &
  Part<"body", BodyOf<N>> & { key?: string; signal?: AbortSignal };

export async function call<N extends EndpointName>(
  name: N,
  input: CallInput<N>,
): Promise<ResponseOf<N>> {
  const [method, path] = ENDPOINTS[name].split(" ") as [string, string];
  const response = await send(addressOf(path, input.params, input.query), {
    method,
    headers: headersOf(input),
    body: input.body === undefined ? null : JSON.stringify(input.body),
    signal: withTimeout(input.signal),
  });
  learnServerTime(response.headers.get("date"));
  if (!response.ok) throw await failureOf(response);
  return (response.status === 204 ? undefined : await readJson(response)) as ResponseOf<N>;
}

function addressOf(path: string, params: object = {}, query: object = {}): string {
  const filled = Object.entries(params).reduce(
    (address, [name, value]) => address.replace(`:${name}`, encodeURIComponent(String(value))),
    path,
  );
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length === 0 ? filled : `${filled}?${search}`;
}

function headersOf(input: { body?: unknown; key?: string }): Record<string, string> {
  return {
    Accept: "application/json, application/problem+json",
    ...(input.body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(input.key === undefined ? {} : { "Idempotency-Key": input.key }),
  };
}

function withTimeout(signal: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(CALL_TIMEOUT_MS);
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...init, credentials: "same-origin" });
  } catch (cause) {
    throw unreachable(cause);
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw unreachable(cause);
  }
}

function unreachable(cause: unknown): ApiFailure {
  const detail = "No answer from the server.";
  return new ApiFailure({ code: "web/unreachable", retry: "same", detail, cause });
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * MS_PER_SECOND : undefined;
  const problem = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (typeof problem?.code !== "string") {
    // A proxy in front of the server answers for it in its own words.
    const detail = `The server answered ${response.status}.`;
    const retry = response.status >= 500 ? "same" : "never";
    return new ApiFailure({ code: "web/unexpected", retry, detail, retryAfterMs });
  }
  return new ApiFailure({
    code: problem.code as ApiFailure["code"],
    retry: problem.retry as ApiFailure["retry"],
    detail: String(problem.detail ?? problem.title),
    data: problem,
    retryAfterMs,
  });
}
