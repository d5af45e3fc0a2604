// The routes of passkeys: add, list, delete, and sign in with one.
import type { Handlers } from "../api/handler.ts";
import { Refusal } from "../domain/failure.ts";
import { randomToken } from "../platform/random.ts";
import { addPasskey, passkeyOptions } from "./add-passkey.ts";
import { CHALLENGE_TTL_MS } from "./passkey-challenge.ts";
import { deletePasskey, listPasskeys, type Passkey } from "./passkeys.ts";
import { canHavePasskeys, relyingParty } from "./relying-party.ts";
import type { SessionDeps } from "./session.ts";
import { startSession } from "./start-session.ts";
import { passkeySignInOptions, verifyPasskey } from "./verify-passkey.ts";

export interface PasskeyRouteDeps extends SessionDeps {
  publicUrl: URL;
}

type PasskeyRoute =
  | "createPasskeyOptions"
  | "createPasskey"
  | "listPasskeys"
  | "deletePasskey"
  | "createPasskeyChallenge"
  | "signInWithPasskey";

export function passkeyHandlers(deps: PasskeyRouteDeps): Handlers<PasskeyRoute> {
  const { db } = deps;
  const passkeys = { ...deps, party: relyingParty(deps.publicUrl) };
  const requirePasskeys = () => {
    if (canHavePasskeys(deps.publicUrl)) return;
    throw new Refusal("request/not-found", "This installation's address can have no passkeys.");
  };
  return {
    createPasskeyOptions: async ({ caller }) => {
      requirePasskeys();
      return { body: { ...(await passkeyOptions(passkeys, caller)) } };
    },

    createPasskey: async ({ body, caller, userAgent }) => ({
      body: show(await addPasskey(passkeys, { caller, credential: body, userAgent })),
    }),

    listPasskeys: async ({ caller }) => ({
      body: { passkeys: (await listPasskeys(db, caller.address)).map(show) },
    }),

    deletePasskey: async ({ params: { passkeyId: id }, caller: { address } }) => {
      if (await deletePasskey(db, { id, address })) return { body: undefined };
      throw new Refusal("request/not-found", "There is no such passkey of yours.");
    },

    createPasskeyChallenge: async () => {
      requirePasskeys();
      const browserToken = randomToken();
      return {
        cookies: [{ name: "sd_signin", value: browserToken, maxAgeMs: CHALLENGE_TTL_MS }],
        body: { ...(await passkeySignInOptions(passkeys, browserToken)) },
      };
    },

    signInWithPasskey: async ({ body, cookies, userAgent }) => {
      const proof = { browserToken: cookies.sd_signin, proof: body };
      const address = await verifyPasskey(passkeys, proof);
      return startSession(deps, { address, cookies, userAgent, method: "passkey" });
    },
  };
}

function show({ id, name, backedUp, createdAt, lastUsedAt }: Passkey) {
  return {
    ...{ id, name, backedUp },
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
