// Makes a gate pass as a fan's phone does: a session key signed by the wallet, a code signed by that key.
import { bytesToHex, type PrivateKeyAccount } from "viem";
import { encodePass, gateSession, type PassSession, signedPart } from "#server/domain/pass.ts";
import { stepAt } from "#server/domain/verdict.ts";
import { systemClock, unixSeconds } from "#server/platform/clock.ts";

const SESSION_SECONDS = 12 * 60 * 60;

export interface PassMaker {
  /** The text of the code that the screen would show at this moment, or at another one. */
  codeAt(seconds?: number): Promise<string>;
}

export async function openPassSession(
  account: PrivateKeyAccount,
  ticket: { ticketId: bigint; nonce: number; chainId: number; tickets: `0x${string}` },
): Promise<PassMaker> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ]);
  const session: PassSession = {
    ticketId: ticket.ticketId,
    nonce: ticket.nonce,
    notAfter: unixSeconds(systemClock) + SESSION_SECONDS,
    sessionPub: bytesToHex(compress(await crypto.subtle.exportKey("raw", keys.publicKey))),
  };
  const { chainId, tickets } = ticket;
  const ownerSig = await account.signTypedData(gateSession({ chainId, tickets, session }));
  return {
    codeAt: async (seconds = unixSeconds(systemClock)) => {
      const step = stepAt(seconds);
      const signature = await crypto.subtle.sign(
        { name: "ECDSA", hash: "SHA-256" },
        keys.privateKey,
        signedPart({ ...session, step }),
      );
      const sessionSig = bytesToHex(new Uint8Array(signature));
      return encodePass({ ...session, step, ownerSig, sessionSig });
    },
  };
}

/** x with the parity of y in front: 33 bytes instead of 65. */
function compress(raw: ArrayBuffer): Uint8Array {
  const point = new Uint8Array(raw);
  const compressed = new Uint8Array(33);
  compressed[0] = 2 + ((point[64] ?? 0) & 1);
  compressed.set(point.subarray(1, 33), 1);
  return compressed;
}
