// Adds a passkey to the account of a wallet that is signed in (WebAuthn registration).
import { generateRegistrationOptions, verifyRegistrationResponse } from "@simplewebauthn/server";
import type { z } from "zod";
import type { Caller } from "../api/handler.ts";
import type { NewPasskey } from "../api/passkeys.ts";
import { Refusal } from "../domain/failure.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { randomToken } from "../platform/random.ts";
import type { RedisClient } from "../platform/redis.ts";
import { deviceName } from "./device.ts";
import { CHALLENGE_TTL_MS, consumeChallenge, createChallenge } from "./passkey-challenge.ts";
import { listPasskeys, PASSKEYS_PER_WALLET_MAX, type Passkey } from "./passkeys.ts";
import { checked, invalid, type RelyingParty } from "./relying-party.ts";

export interface PasskeyDeps {
  db: Db;
  redis: RedisClient;
  clock: Clock;
  party: RelyingParty;
}

/** EdDSA, ES256 and RS256 (COSE): what every authenticator in use has one of. */
const ALGORITHMS = [-8, -7, -257];

export async function passkeyOptions(deps: PasskeyDeps, caller: Caller) {
  const { db, party } = deps;
  const known = await listPasskeys(db, caller.address);
  // One handle per account, and nothing that says whose: authenticators show and sync it.
  const userHandle = known[0]?.userHandle ?? randomToken();
  const { challenge } = await createChallenge(deps, { sessionId: caller.sessionId }, userHandle);
  const { address } = caller;
  return generateRegistrationOptions({
    rpID: party.id,
    rpName: party.name,
    userName: `${address.slice(0, 6)}…${address.slice(-4)}`,
    userID: bytesOf(userHandle),
    challenge: bytesOf(challenge),
    timeout: CHALLENGE_TTL_MS,
    attestationType: "none",
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: known.map(({ id, transports }) => ({ id, transports })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
}

export async function addPasskey(
  deps: PasskeyDeps,
  given: { caller: Caller; credential: z.output<typeof NewPasskey>; userAgent: string },
): Promise<Passkey> {
  const { db, party } = deps;
  const { caller, credential, userAgent } = given;
  const open = await consumeChallenge(deps, { sessionId: caller.sessionId });
  if (open === undefined) throw invalid("No passkey was asked for here, or too long ago.");
  const { verified, registrationInfo } = await checked(() =>
    verifyRegistrationResponse({
      response: { clientExtensionResults: {}, ...credential } as never,
      expectedChallenge: open.challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    }),
  );
  if (!verified) throw invalid("The passkey's answer does not hold.");
  const { id, publicKey, counter } = registrationInfo.credential;
  const passkey: Passkey = {
    ...{ id, publicKey, counter: BigInt(counter), address: caller.address },
    userHandle: open.userHandle,
    name: deviceName(userAgent),
    transports: credential.response.transports ?? [],
    backedUp: registrationInfo.credentialBackedUp,
    createdAt: deps.clock.now(),
    lastUsedAt: null,
  };
  await db.transaction((sql) => insert(sql, passkey));
  return passkey;
}

async function insert(sql: Sql, passkey: Passkey): Promise<void> {
  const { address } = passkey;
  // Two that are added at once must not both be the last that fits.
  await sql.query({
    text: "SELECT pg_advisory_xact_lock(hashtextextended('passkeys:' || $1, 0))",
    values: [address],
  });
  if ((await listPasskeys(sql, address)).length >= PASSKEYS_PER_WALLET_MAX) {
    const detail = `There are ${PASSKEYS_PER_WALLET_MAX} passkeys, which is the limit.`;
    throw new Refusal("auth/limit-reached", detail, { limit: PASSKEYS_PER_WALLET_MAX });
  }
  const { rowCount } = await sql.query({
    text: `INSERT INTO sale.passkey (id, address, user_handle, name, public_key, counter,
                                     transports, backed_up, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
    values: [
      ...[passkey.id, address, passkey.userHandle, passkey.name, passkey.publicKey],
      ...[passkey.counter, passkey.transports, passkey.backedUp, passkey.createdAt],
    ],
  });
  if (rowCount === 0) throw invalid("This passkey is known already.");
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64url, "base64url"));
}
