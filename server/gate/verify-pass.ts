// The two signatures of a pass: the owner's over the session key, the session key's over this code.
import { hexToBytes, recoverTypedDataAddress } from "viem";
import { gateSession, type Pass, signedPart } from "../domain/pass.ts";
import { unpackTicketId } from "../domain/ticket-id.ts";
import type { PassFacts } from "../domain/verdict.ts";

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const DIGEST = { name: "ECDSA", hash: "SHA-256" } as const;

export async function readPassFacts(
  pass: Pass,
  contract: { chainId: number; tickets: `0x${string}` },
): Promise<PassFacts> {
  const [signer, sessionSigned] = await Promise.all([
    recoverOwner(pass, contract),
    isSessionSigned(pass),
  ]);
  return {
    eventId: unpackTicketId(pass.ticketId).eventId,
    nonce: pass.nonce,
    notAfter: pass.notAfter,
    step: pass.step,
    signer,
    sessionSigned,
  };
}

async function recoverOwner(
  pass: Pass,
  contract: { chainId: number; tickets: `0x${string}` },
): Promise<string | null> {
  try {
    const message = gateSession({ ...contract, session: pass });
    const address = await recoverTypedDataAddress({ ...message, signature: pass.ownerSig });
    return address.toLowerCase();
  } catch {
    // Any 65 bytes can be scanned; those that are no signature have no signer.
    return null;
  }
}

async function isSessionSigned(pass: Pass): Promise<boolean> {
  try {
    const bytes = Uint8Array.from(hexToBytes(pass.sessionPub));
    const key = await crypto.subtle.importKey("raw", bytes, CURVE, false, ["verify"]);
    const signature = Uint8Array.from(hexToBytes(pass.sessionSig));
    return await crypto.subtle.verify(DIGEST, key, signature, signedPart(pass));
  } catch {
    return false;
  }
}
