// The steps of a sign-in one by one, for those who want to do one of them wrong.
import type { Hex, PrivateKeyAccount } from "viem";
import { createSiweMessage } from "viem/siwe";
import type { ResponseOf } from "#server/api/routes.ts";

export type Nonce = ResponseOf<"createNonce">;

export interface Begun {
  nonce: Nonce;
  /** The pre-login cookie, as a browser sends it back. */
  cookie: string;
}

export interface Submitted {
  status: number;
  body: { address?: string; code?: string; detail?: string };
  /** The session's cookie with its flags, if there is one. */
  session: string | undefined;
  response: Response;
}

export async function beginSignIn(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(new URL("/v1/auth/nonce", url), { method: "POST", headers });
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return { nonce: (await response.json()) as Nonce, cookie } satisfies Begun;
}

export function writeMessage(
  address: PrivateKeyAccount["address"],
  nonce: Nonce,
  change: Record<string, unknown> = {},
): string {
  return createSiweMessage({
    address,
    chainId: nonce.chainId,
    domain: nonce.domain,
    uri: nonce.uri,
    nonce: nonce.nonce,
    version: "1",
    statement: "Sign in to Stagedoor.",
    issuedAt: new Date(nonce.issuedAt),
    expirationTime: new Date(nonce.expiresAt),
    ...change,
  });
}

export async function submitSignIn(
  url: string,
  signed: { message: string; signature: Hex | string; cookie: string },
): Promise<Submitted> {
  const { message, signature, cookie } = signed;
  const response = await fetch(new URL("/v1/auth/session", url), {
    method: "POST",
    headers: { "content-type": "application/json", cookie },
    body: JSON.stringify({ message, signature }),
  });
  const body = (await response.json()) as Submitted["body"];
  const session = response.headers.getSetCookie().find((line) => line.startsWith("sd_session="));
  return { status: response.status, body, session, response };
}
