// The routes of sign-in with Ethereum, and of the sessions that it begins.
import type { Handlers } from "../api/handler.ts";
import { Refusal } from "../domain/failure.ts";
import type { Chains } from "../platform/chain.ts";
import { consumeNonce, createNonce, NONCE_TTL_MS } from "./nonce.ts";
import { rolesOf } from "./role.ts";
import {
  type Device,
  endDevice,
  endOtherDevices,
  endSession,
  findSession,
  listDevices,
  type SessionDeps,
} from "./session.ts";
import { startSession, takeBack } from "./start-session.ts";
import { verifySignIn } from "./verify-message.ts";

export interface AuthDeps extends SessionDeps {
  chains: Chains;
  publicUrl: URL;
}

type AuthRoute =
  | "createNonce"
  | "signIn"
  | "getSession"
  | "signOut"
  | "listSessions"
  | "endSession"
  | "endOtherSessions";

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
      const begun = browserToken === undefined ? null : await consumeNonce(deps, browserToken);
      if (begun === null) throw new Refusal("auth/nonce-used", "There is no open sign-in here.");
      const address = await verifySignIn(
        deps,
        { message: body.message, signature: body.signature as `0x${string}` },
        { ...begun, domain: publicUrl.host, uri: publicUrl.origin },
      );
      return startSession(deps, { address, cookies, userAgent, method: "wallet" });
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
      await endSession(deps, cookies.sd_session ?? "");
      return { cookies: [takeBack("sd_session")], body: undefined };
    },

    listSessions: async ({ caller: { address, sessionId } }) => {
      const devices = await listDevices(deps, address);
      return { body: { sessions: devices.map((device) => show(device, sessionId)) } };
    },

    endSession: async ({ params: { sessionId }, caller: { address } }) => {
      if (await endDevice(deps, { address, sessionId })) return { body: undefined };
      throw new Refusal("request/not-found", "There is no such session of yours.");
    },

    endOtherSessions: async ({ caller }) => {
      await endOtherDevices(deps, caller);
      return { body: undefined };
    },
  };
}

function show({ createdAt, lastSeenAt, expiresAt, ...device }: Device, current: string) {
  return {
    ...device,
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    current: device.id === current,
  };
}
