// The one reader of randomness: ids, tokens and nonces.
import { randomBytes, randomFillSync, randomInt, randomUUID } from "node:crypto";

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";
const ID_LENGTH = 26;

/** A prefixed id of 130 random bits, for example `ord_4m0k…`. */
export function randomId<P extends string>(prefix: P): `${P}_${string}` {
  let text = "";
  for (let at = 0; at < ID_LENGTH; at += 1) text += ALPHABET[nextByte() % ALPHABET.length];
  return `${prefix}_${text}`;
}

/** Random bytes for ids, fetched many at once: the fetching costs more than they do. */
const pool = new Uint8Array(4_096);
let poolAt = pool.length;

/** Each is given out once. */
function nextByte(): number {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  const byte = pool[poolAt] ?? 0;
  poolAt += 1;
  return byte;
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

/** Both ends are possible. */
export function randomBetween(min: number, max: number): number {
  return randomInt(min, max + 1);
}

/** From 0 to one below. */
export function randomBelow(limit: number): number {
  return randomInt(limit);
}
