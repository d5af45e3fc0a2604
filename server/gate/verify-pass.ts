// The two signatures of a pass: the owner's over the session key, the session key's over this code.
import { hashTypedData, hexToBytes, recoverTypedDataAddress } from "viem";
import { gateSession, type Pass, signedPart } from "../domain/pass.ts";
import { unpackTicketId } from "../domain/ticket-id.ts";
import type { PassFacts, TicketFacts } from "../domain/verdict.ts";
import { type Chain, onChain } from "../platform/chain.ts";
import { isSignedByContract } from "../platform/wallet-signature.ts";

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const DIGEST = { name: "ECDSA", hash: "SHA-256" } as const;

export async function readPassFacts(
  pass: Pass,
  { chain, ticket }: { chain: Chain; ticket: TicketFacts | null },
): Promise<PassFacts> {
  const [key, sessionSigned] = await Promise.all([
    recoverKey(pass, chain.deployment),
    isSessionSigned(pass),
  ]);
  // Nearly every owner is a plain key, and the chain is not asked about those: the door must open
  // while it is away. Nor is it asked about a pass that is refused whoever has signed it.
  const asks = sessionSigned && ticket !== null && pass.nonce === ticket.nonce;
  const byWallet = asks && key !== ticket.owner && (await isSignedByWallet(pass, chain, ticket));
  return {
    eventId: unpackTicketId(pass.ticketId).eventId,
    nonce: pass.nonce,
    notAfter: pass.notAfter,
    step: pass.step,
    signer: byWallet ? ticket.owner : key,
    sessionSigned,
  };
}

async function recoverKey(
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

/** ERC-1271: an owner with code is asked whether it takes the signature for its own. */
async function isSignedByWallet(
  pass: Pass,
  { client, deployment }: Chain,
  ticket: TicketFacts,
): Promise<boolean> {
  const address = ticket.owner as `0x${string}`;
  return onChain(async () => {
    const code = await client.getCode({ address });
    if (code === undefined || code === "0x") return false;
    const message = gateSession({ ...deployment, session: pass });
    const hash = hashTypedData(message);
    return isSignedByContract({ client }, { address, hash, signature: pass.ownerSig });
  });
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
