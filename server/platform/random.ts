// The one reader of randomness: ids, tokens and nonces.
import { randomBytes, randomUUID } from "node:crypto";

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";
const ID_LENGTH = 26;

/** A prefixed id of 130 random bits, for example `ord_4m0k…`. */
export function randomId<P extends string>(prefix: P): `${P}_${string}` {
  const bytes = randomBytes(ID_LENGTH);
  let text = "";
  for (const byte of bytes) text += ALPHABET[byte % ALPHABET.length];
  return `${prefix}_${text}`;
}

export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

/** EIP-4361 wants at least eight alphanumeric characters. */
export function randomNonce(): string {
  return randomBytes(16).toString("hex");
}

export function randomUuid(): string {
  return randomUUID();
}

/** From 0 to 1: what spreads retries that failed together. */
export function randomSpread(): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32;
}

/** A key for HMAC-SHA-256 in the form that Standard Webhooks gives it. */
export function randomWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}
