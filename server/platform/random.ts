// The one reader of randomness: ids, tokens and nonces.
import { randomBytes, randomInt, randomUUID } from "node:crypto";

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

/** Both ends are possible. */
export function randomBetween(min: number, max: number): number {
  return randomInt(min, max + 1);
}

/** From 0 to one below. */
export function randomBelow(limit: number): number {
  return randomInt(limit);
}
