// A fan, or a gate, as a program: signs in with a key and calls the API over HTTP like any client.

import type { PrivateKeyAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createSiweMessage } from "viem/siwe";
import type { z } from "zod";
import type { Problem } from "#server/api/problem.ts";
import { type ParamsOf, type ResponseOf, ROUTES, type RouteName } from "#server/api/routes.ts";

const REQUEST_TIMEOUT_MS = 15_000;
const RETRIES_MAX = 5;
const RETRY_DELAY_MS = 500;

type BodyIn<N extends RouteName> = (typeof ROUTES)[N] extends { body: infer S extends z.ZodType }
  ? z.input<S>
  : undefined;
type QueryIn<N extends RouteName> = (typeof ROUTES)[N] extends { query: infer S extends z.ZodType }
  ? z.input<S>
  : undefined;

export interface Call<N extends RouteName> {
  params?: ParamsOf<N>;
  body?: BodyIn<N>;
  query?: Partial<QueryIn<N>>;
  key?: string;
}

/** An answer that was a problem document. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.problem = problem;
  }
}

export interface Client {
  account: PrivateKeyAccount;
  call<N extends RouteName>(name: N, call?: Call<N>): Promise<ResponseOf<N>>;
  signIn(): Promise<ResponseOf<"signIn">>;
  /** What the client sends to be known again, for requests that are made by hand. */
  cookie(): string;
}

export function createClient(baseUrl: string, key: `0x${string}`): Client {
  const account = privateKeyToAccount(key);
  const cookies = new Map<string, string>();

  const cookie = () => [...cookies].map((pair) => pair.join("=")).join("; ");

  async function send<N extends RouteName>(name: N, call: Call<N>): Promise<ResponseOf<N>> {
    const { method } = ROUTES[name];
    const response = await fetch(urlOf(baseUrl, name, call), {
      method,
      headers: {
        cookie: cookie(),
        ...(call.body === undefined ? {} : { "content-type": "application/json" }),
        ...(call.key === undefined ? {} : { "idempotency-key": call.key }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (cookie.split(";")[0] ?? "").split("=");
      cookies.set(name, value);
    }
    if (response.status === 204) return undefined as ResponseOf<N>;
    const answer: unknown = await response.json();
    if (!response.ok) throw new ProblemError(answer as Problem);
    return answer as ResponseOf<N>;
  }

  /** Does what the problem document says: `same` means send it again. */
  async function call<N extends RouteName>(name: N, given: Call<N> = {}): Promise<ResponseOf<N>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(name, given);
      } catch (error) {
        const again = error instanceof ProblemError && error.problem.retry === "same";
        if (!again || attempt === RETRIES_MAX) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
      }
    }
  }

  return {
    account,
    call,
    cookie,
    signIn: async () => {
      const nonce = await call("createNonce");
      const message = createSiweMessage({
        address: account.address,
        chainId: nonce.chainId,
        domain: nonce.domain,
        uri: nonce.uri,
        nonce: nonce.nonce,
        version: "1",
        statement: "Sign in to Stagedoor.",
        issuedAt: new Date(nonce.issuedAt),
        expirationTime: new Date(nonce.expiresAt),
      });
      const signature = await account.signMessage({ message });
      return call("signIn", { body: { message, signature } as BodyIn<"signIn"> });
    },
  };
}

function urlOf<N extends RouteName>(baseUrl: string, name: N, call: Call<N>): URL {
  const params = (call.params ?? {}) as Record<string, string>;
  const path = ROUTES[name].path.replace(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(params[key] ?? ""),
  );
  const url = new URL(path, baseUrl);
  for (const [key, value] of Object.entries(call.query ?? {})) {
    url.searchParams.set(key, String(value));
  }
  return url;
}
