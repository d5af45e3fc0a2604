// A fan, or a gate, as a program: signs in with a key and calls the API over HTTP like any client.

import type { PrivateKeyAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createSiweMessage } from "viem/siwe";
import { type Call, createClient as createApiClient, type Endpoints } from "#server/api/client.ts";
import type { Route } from "#server/api/route.ts";
import { type ResponseOf, ROUTES, type RouteName } from "#server/api/routes.ts";
import { randomUuid } from "#server/platform/random.ts";

const TRY_TIMEOUT_MS = 15_000;
const TRIES_MAX = 5;

export interface Client {
  account: PrivateKeyAccount;
  call: Call<RouteName>;
  signIn(): Promise<ResponseOf<"signIn">>;
}

const ENDPOINTS = Object.fromEntries(
  Object.entries(ROUTES).map(([name, { method, path }]) => [name, `${method} ${path}`]),
) as Endpoints<RouteName>;

export function createClient(
  baseUrl: string,
  key: `0x${string}`,
  options: { waitMsMax?: number } = {},
): Client {
  const account = privateKeyToAccount(key);
  const call = createApiClient({
    baseUrl: new URL(baseUrl).origin,
    endpoints: ENDPOINTS,
    fetch: withCookies(),
    newKey: randomUuid,
    timeoutMs: TRY_TIMEOUT_MS,
    triesMax: TRIES_MAX,
    ...options,
    parse: (name, answer) => (ROUTES[name] as Route).response?.parse(answer),
  });
  return {
    account,
    call,
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
      return call("signIn", { body: { message, signature } });
    },
  };
}

/** Keeps what the server sets and sends it along, as a browser does; Node's fetch does not. */
function withCookies(): (address: string, init: RequestInit) => Promise<Response> {
  const cookies = new Map<string, string>();
  return async (address, init) => {
    const headers = new Headers(init.headers);
    headers.set("cookie", [...cookies].map((pair) => pair.join("=")).join("; "));
    const response = await fetch(address, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (cookie.split(";")[0] ?? "").split("=");
      cookies.set(name, value);
    }
    return response;
  };
}
