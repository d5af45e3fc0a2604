// The routes of sign-in.
import type { Cookie, Handlers } from "../api/handler.ts";
import { Refusal } from "../domain/failure.ts";
import type { Chains } from "../platform/chain.ts";
import { consumeNonce, createNonce, NONCE_TTL_MS } from "./nonce.ts";
import { rolesOf } from "./role.ts";
import {
  createSession,
  findSession,
  revokeSession,
  SESSION_TTL_MS,
  type SessionDeps,
} from "./session.ts";
import { verifySignIn } from "./verify-message.ts";

export interface AuthDeps extends SessionDeps {
  chains: Chains;
  publicUrl: URL;
}

type AuthRoute = "createNonce" | "signIn" | "getSession" | "signOut";

export function authHandlers(deps: AuthDeps): Handlers<AuthRoute> {
  const { publicUrl } = deps;
  return {
    createNonce: async () => {
      const made = await createNonce(deps);
      const [first] = deps.chains.values();
      return {
        cookies: [{ name: "sd_signin", value: made.browserToken, maxAgeMs: NONCE_TTL_MS }],
        body: {
          nonce: made.nonce,
          domain: publicUrl.host,
          uri: publicUrl.origin,
          chainId: first?.deployment.chainId ?? 0,
          issuedAt: made.issuedAt.toISOString(),
          expiresAt: made.expiresAt.toISOString(),
        },
      };
    },

    signIn: async ({ body, cookies, userAgent }) => {
      const browserToken = cookies.sd_signin;
      const nonce = browserToken === undefined ? null : await consumeNonce(deps, browserToken);
      if (nonce === null) throw new Refusal("auth/nonce-used", "There is no open sign-in here.");
      const address = await verifySignIn(
        deps,
        { message: body.message, signature: body.signature as `0x${string}` },
        { nonce, domain: publicUrl.host, uri: publicUrl.origin },
      );
      // A new token at every login: one planted before it is worth nothing after it.
      if (cookies.sd_session !== undefined) await revokeSession(deps, cookies.sd_session);
      const { token, expiresAt } = await createSession(deps, { address, userAgent });
      return {
        cookies: [
          takeBack("sd_signin"),
          { name: "sd_session", value: token, maxAgeMs: SESSION_TTL_MS },
        ],
        body: { address, expiresAt: expiresAt.toISOString(), roles: await rolesOf(deps, address) },
      };
    },

    getSession: async ({ caller, cookies }) => {
      const session = await findSession(deps, cookies.sd_session ?? "");
      return {
        body: {
          address: caller.address,
          expiresAt: session?.expiresAt ?? deps.clock.now().toISOString(),
          roles: await rolesOf(deps, caller.address),
        },
      };
    },

    signOut: async ({ cookies }) => {
      await revokeSession(deps, cookies.sd_session ?? "");
      return { cookies: [takeBack("sd_session")], body: undefined };
    },
  };
}

function takeBack(name: Cookie["name"]): Cookie {
  return { name, value: "", maxAgeMs: 0 };
}
