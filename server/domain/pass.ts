// The gate pass: 179 bytes that prove, at the door and on chain, who holds a ticket at this moment.
import { bytesToHex, hexToBytes, type TypedDataDomain } from "viem";
import { decodeBase45, encodeBase45 } from "./base45.ts";

/**
 * version 1 | ticket 8 | nonce 2 | notAfter 4 | step 2 |
 * sessionPub 33 | ownerSig 65 | sessionSig 64.
 * The owner's wallet signs a session key once; the session key
 * signs every code shown on the screen.
 */
export interface Pass extends PassSession {
  step: number;
  ownerSig: `0x${string}`;
  sessionSig: `0x${string}`;
}

export interface PassSession {
  ticketId: bigint;
  nonce: number;
  notAfter: number;
  /** Compressed P-256 public key. */
  sessionPub: `0x${string}`;
}

const VERSION = 1;
const SIGNED_LENGTH = 50;
const PASS_LENGTH = 179;
/** The contract's ids have 63 bits; the eight bytes of a code hold more, and a column does not. */
const TICKET_ID_END = 2n ** 63n;

/** What the session key signs: everything before the two signatures. */
export function signedPart(pass: PassSession & { step: number }): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIGNED_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setBigUint64(1, pass.ticketId);
  view.setUint16(9, pass.nonce);
  view.setUint32(11, pass.notAfter);
  view.setUint16(15, pass.step);
  bytes.set(hexToBytes(pass.sessionPub, { size: 33 }), 17);
  return bytes;
}

export function encodePass(pass: Pass): string {
  const bytes = new Uint8Array(PASS_LENGTH);
  bytes.set(signedPart(pass), 0);
  bytes.set(hexToBytes(pass.ownerSig, { size: 65 }), SIGNED_LENGTH);
  bytes.set(hexToBytes(pass.sessionSig, { size: 64 }), SIGNED_LENGTH + 65);
  return encodeBase45(bytes);
}

/** null for anything that is not a pass of this version, whatever was scanned. */
export function decodePass(text: string): Pass | null {
  const bytes = decodeBase45(text);
  if (bytes === null || bytes.length !== PASS_LENGTH || bytes[0] !== VERSION) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const ticketId = view.getBigUint64(1);
  if (ticketId >= TICKET_ID_END) return null;
  return {
    ticketId,
    nonce: view.getUint16(9),
    notAfter: view.getUint32(11),
    step: view.getUint16(15),
    sessionPub: bytesToHex(bytes.subarray(17, SIGNED_LENGTH)),
    ownerSig: bytesToHex(bytes.subarray(SIGNED_LENGTH, SIGNED_LENGTH + 65)),
    sessionSig: bytesToHex(bytes.subarray(SIGNED_LENGTH + 65)),
  };
}

/** What the owner's wallet signs, once per session; the contract recovers the same message. */
export function gateSession({
  chainId,
  tickets,
  session,
}: {
  chainId: number;
  tickets: `0x${string}`;
  session: PassSession;
}) {
  return {
    domain: ticketsDomain(chainId, tickets),
    types: GATE_SESSION_TYPES,
    primaryType: "GateSession" as const,
    message: {
      ticket: session.ticketId,
      nonce: session.nonce,
      notAfter: session.notAfter,
      sessionPub: session.sessionPub,
    },
  };
}

const GATE_SESSION_TYPES = {
  GateSession: [
    { name: "ticket", type: "uint256" },
    { name: "nonce", type: "uint16" },
    { name: "notAfter", type: "uint32" },
    { name: "sessionPub", type: "bytes" },
  ],
} as const;

function ticketsDomain(chainId: number, tickets: `0x${string}`): TypedDataDomain {
  return { name: "Stagedoor Tickets", version: "1", chainId, verifyingContract: tickets };
}
