// What a failure means to a fan, and what to do about it, in plain words.
import type { ApiFailure, FailureCode } from "../api/failure.ts";

export interface Words {
  title: string;
  advice: string;
}

const WORDS: Partial<Record<FailureCode, Words>> = {
  "client/unreachable": {
    title: "We cannot reach the box office",
    advice: "Check your connection. Nothing of yours is lost; we keep trying.",
  },
  "client/unexpected": {
    title: "Something went wrong here",
    advice: "Try again. If it stays like this, the box office can help.",
  },
  "server/unavailable": {
    title: "The box office is busy",
    advice: "A part of it is down for a moment. Nothing of yours is lost; try again shortly.",
  },
  "server/bug": {
    title: "Something broke on our side",
    advice: "It is not your fault. Try again, or tell the box office what you were doing.",
  },
  "chain/unreachable": {
    title: "The blockchain does not answer",
    advice: "Your seats and payments are safe; tickets arrive once it is back.",
  },
  "chain/mirror-behind": {
    title: "Our copy of the blockchain is catching up",
    advice: "Try again in a moment.",
  },
  "request/not-found": {
    title: "There is nothing at this address",
    advice: "Check the link, or start from the events.",
  },
  "request/rate-limited": {
    title: "That was a lot of requests",
    advice: "Many people may share your network. Wait a few seconds, then try again.",
  },
  "hold/proof-required": {
    title: "This sale checks that you are not a robot",
    advice: "Try again; your device solves a small puzzle by itself.",
  },
  "hold/proof-invalid": {
    title: "The check that you are not a robot did not count",
    advice: "Try again; your device solves a new puzzle by itself.",
  },
  "auth/required": {
    title: "You are signed out",
    advice: "Sign in again to go on from here.",
  },
  "auth/nonce-used": {
    title: "This sign-in took too long",
    advice: "Sign in once more; it takes a moment.",
  },
  "auth/signature-invalid": {
    title: "The signature does not fit this wallet",
    advice: "Sign in once more, and sign the message unchanged.",
  },
  "auth/passkey-invalid": {
    title: "This passkey does not sign you in here",
    advice: "It may have been deleted from your account. Sign in with your wallet instead.",
  },
  "auth/limit-reached": {
    title: "There is no room for another one",
    advice: "Delete one that you no longer use, then try again.",
  },
  "auth/forbidden": {
    title: "This belongs to another wallet",
    advice: "Sign in with the wallet that bought it.",
  },
  "hold/seat-taken": {
    title: "Just taken",
    advice: "Somebody was quicker. The map shows what is free now.",
  },
  "hold/none-left": {
    title: "There are no such seats left",
    advice: "Try fewer seats, another price, or seats apart. Held seats may come back.",
  },
  "hold/access-seat": {
    title: "These seats are kept for wheelchair users",
    advice: "Choose other seats, or ask the box office if one of you needs such a place.",
  },
  "hold/area-full": {
    title: "There are not that many places left",
    advice: "Choose fewer, or come back: places that are not paid for become free again.",
  },
  "hold/extended": {
    title: "These seats had more time already",
    advice: "A hold is extended once. Pay before the time is over.",
  },
  "hold/limit-reached": {
    title: "That is more seats than one person may hold",
    advice: "Choose fewer seats, or finish the ones that you hold already.",
  },
  "hold/expired": {
    title: "Your hold has ended",
    advice: "The time ran out and the seats are free again. Nothing was charged.",
  },
  "hold/sale-closed": {
    title: "This event is not on sale",
    advice: "Look at its date and times, or come back later.",
  },
  "order/expired": {
    title: "This order ended without a payment",
    advice: "Nothing was charged and the seats are free again. Choose seats again.",
  },
  "order/wrong-state": {
    title: "This order has moved on",
    advice: "It may have been paid in another tab; this page now shows how it stands.",
  },
  "pay/declined": {
    title: "The payment was declined",
    advice: "Nothing was charged. Your seats are still yours; try again or use another card.",
  },
  "pay/other-way": {
    title: "This order cannot be paid like that",
    advice: "Nothing was charged. Pay in another way, or ask the box office.",
  },
  "pay/not-mintable": {
    title: "The chain would not make these tickets now",
    advice: "Nothing was charged. Try again in a while, or choose other seats.",
  },
};

/** By why: each of them has another way out. */
const OTHER_WAYS: Record<string, Words> = {
  "several-prices": {
    title: "A wallet pays seats of one price at once",
    advice: "Nothing was charged. Make an order for each price when the time of this one is over.",
  },
  "under-way": {
    title: "This order is being paid in another way already",
    advice: "Go on where you began to pay, or choose seats again when its time is over.",
  },
  "relays-spent": {
    title: "Your signature was sent too often",
    advice: "Nothing was charged. Pay by a transaction of your own instead.",
  },
};

export function wordsFor(failure: ApiFailure): Words {
  const why = failure.code === "pay/other-way" ? String(failure.data.why) : "";
  const known = OTHER_WAYS[why] ?? WORDS[failure.code];
  if (known !== undefined) return known;
  return { title: "That did not work", advice: failure.detail };
}
