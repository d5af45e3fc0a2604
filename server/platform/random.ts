// The one reader of randomness: ids, tokens and nonces.
import { randomBytes, randomFillSync, randomInt, randomUUID } from "node:crypto";
import { systemClock } from "./clock.ts";

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";
const ID_LENGTH = 26;
/** Milliseconds since 1970 in as many letters of the alphabet, until the year 3084. */
const TIME_LENGTH = 9;

/**
 * A prefixed id of the moment and 85 random bits, for example `ord_1j8s…`. What is made together is
 * together in every index: with ids of chance alone each insert meets a page of its own.
 */
export function randomId<P extends string>(prefix: P): `${P}_${string}` {
  const moment = systemClock.now().getTime().toString(ALPHABET.length);
  let text = moment.padStart(TIME_LENGTH, "0");
  while (text.length < ID_LENGTH) text += ALPHABET[nextByte() % ALPHABET.length];
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
