// Whether a passkey's answer proves that the person of an account is at this browser, now.
import {
  generateAuthenticationOptions,
  verifyAuthenticationResponse,
} from "@simplewebauthn/server";
import { decodeClientDataJSON } from "@simplewebauthn/server/helpers";
import type { z } from "zod";
import type { PasskeyProof } from "../api/passkeys.ts";
import type { Sql } from "../platform/db/client.ts";
import type { PasskeyDeps } from "./add-passkey.ts";
import { CHALLENGE_TTL_MS, consumeChallenge, createChallenge } from "./passkey-challenge.ts";
import { findPasskey, type Passkey } from "./passkeys.ts";
import { checked, invalid } from "./relying-party.ts";

/** Names no passkey: the browser offers those that it has, and nobody learns who has one. */
export async function passkeySignInOptions(deps: PasskeyDeps, browserToken: string) {
  const { challenge } = await createChallenge(deps, { browserToken });
  return generateAuthenticationOptions({
    rpID: deps.party.id,
    challenge: new Uint8Array(Buffer.from(challenge, "base64url")),
    timeout: CHALLENGE_TTL_MS,
    userVerification: "required",
  });
}

/** The account's wallet. */
export async function verifyPasskey(
  deps: PasskeyDeps,
  given: { browserToken: string | undefined; proof: z.output<typeof PasskeyProof> },
): Promise<`0x${string}`> {
  const { browserToken, proof } = given;
  const open =
    browserToken === undefined ? undefined : await consumeChallenge(deps, { browserToken });
  if (open === undefined) throw invalid("There is no open sign-in by passkey here.");
  const passkey = await findPasskey(deps.db, proof.id);
  if (passkey === undefined) throw invalid("This passkey is not known here.");
  if (proof.response.userHandle !== passkey.userHandle) {
    throw invalid("The passkey names another account.");
  }
  const newCounter = await checked(() => verify(deps, { passkey, proof, open }));
  await moveCounter(deps.db, { passkey, newCounter, now: deps.clock.now() });
  return passkey.address;
}

async function verify(
  { party }: PasskeyDeps,
  given: {
    passkey: Passkey;
    proof: z.output<typeof PasskeyProof>;
    open: { challenge: string };
  },
): Promise<number> {
  const { passkey, proof, open } = given;
  // Our pages are never inside another site's; some browsers do not say inside which.
  if (decodeClientDataJSON(proof.response.clientDataJSON).crossOrigin === true) {
    throw invalid("The passkey was asked inside a page of another site.");
  }
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: { clientExtensionResults: {}, ...proof } as never,
    expectedChallenge: open.challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
    credential: {
      id: passkey.id,
      publicKey: new Uint8Array(passkey.publicKey),
      counter: Number(passkey.counter),
    },
  });
  if (!verified) throw invalid("The passkey's signature does not hold.");
  return authenticationInfo.newCounter;
}

/** A counter that does not rise is a copy's; of two proofs at once only one finds it lower. */
async function moveCounter(
  sql: Sql,
  { passkey, newCounter, now }: { passkey: Passkey; newCounter: number; now: Date },
): Promise<void> {
  const { rowCount } = await sql.query({
    text: `UPDATE sale.passkey SET counter = $2, last_used_at = $3
           WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))`,
    values: [passkey.id, newCounter, now],
  });
  if (rowCount === 0) throw invalid("The passkey was used elsewhere meanwhile.");
}
