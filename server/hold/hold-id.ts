// The id of a hold: random, or made of the caller's Idempotency-Key, so that a retry finds its own hold.
import { hash } from "node:crypto";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import { randomId } from "../platform/random.ts";

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";
/** Of 26 characters so many tell the key, which hold.lua looks for; the others tell the body. */
const KEY_LENGTH = 16;
const BODY_LENGTH = 10;

export interface KeyedHold {
  event: EventRef;
  owner: string;
  key: string | undefined;
  body: unknown;
}

/** Only its owner can do anything with a hold, so its id need not be a secret. */
export function holdIdOf({ event, owner, key, body }: KeyedHold): string {
  if (key === undefined) return randomId("hld");
  const whose = JSON.stringify([formatEventId(event), owner, key]);
  return `hld_${letters(whose, KEY_LENGTH)}${letters(JSON.stringify(body), BODY_LENGTH)}`;
}

export function hasSameKey(one: string, other: string): boolean {
  const length = "hld_".length + KEY_LENGTH;
  return one.slice(0, length) === other.slice(0, length);
}

function letters(text: string, length: number): string {
  const bytes = hash("sha256", text, "buffer").subarray(0, length);
  return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
