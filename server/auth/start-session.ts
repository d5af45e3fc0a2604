// What every way of signing in ends with: a session with a cookie of its own, and none of the old ones.
import type { Cookie } from "../api/handler.ts";
import { rolesOf } from "./role.ts";
import {
  createSession,
  endSession,
  SESSION_TTL_MS,
  type SessionDeps,
  type SignInMethod,
} from "./session.ts";

export async function startSession(
  deps: SessionDeps,
  given: {
    address: `0x${string}`;
    method: SignInMethod;
    cookies: Readonly<Record<string, string | undefined>>;
    userAgent: string;
  },
) {
  const { address, method, cookies, userAgent } = given;
  // A new token at every sign-in: one planted before it is worth nothing after it.
  if (cookies.sd_session !== undefined) await endSession(deps, cookies.sd_session);
  const { token, expiresAt } = await createSession(deps, { address, userAgent, method });
  const made: Cookie[] = [
    takeBack("sd_signin"),
    { name: "sd_session", value: token, maxAgeMs: SESSION_TTL_MS },
  ];
  const roles = await rolesOf(deps, address);
  return { cookies: made, body: { address, expiresAt: expiresAt.toISOString(), roles } };
}

export function takeBack(name: Cookie["name"]): Cookie {
  return { name, value: "", maxAgeMs: 0 };
}
