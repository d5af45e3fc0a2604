// THE error table: what each failure means to a caller, and the only place that picks a status.
import type { FaultCode, RefusalCode } from "../domain/failure.ts";

/** never: change the request. same: send it again as it is. new: start the step again. */
export type Retry = "never" | "same" | "new";

export interface ErrorEntry {
  status: number;
  retry: Retry;
  /** When to send the same again; a failure may know better than this. */
  retryAfterSeconds?: number;
  title: string;
  /** What to do about it, for the person who reads docs/errors.md. */
  advice: string;
}

export type ErrorCode = RefusalCode | FaultCode | "server/bug";

export const ERRORS = {
  "request/invalid": {
    status: 400,
    retry: "never",
    title: "The request does not fit the route",
    advice: "`errors` names each field by JSON pointer and what it needs.",
  },
  "request/not-found": {
    status: 404,
    retry: "never",
    title: "There is nothing here",
    advice: "Check the path and the id; ids are prefixed (`evt_`, `ord_`, `tkt_`).",
  },
  "request/method-not-allowed": {
    status: 405,
    retry: "never",
    title: "This route does not take that method",
    advice: "The `Allow` header lists the methods that it takes.",
  },
  "request/not-acceptable": {
    status: 406,
    retry: "never",
    title: "The route cannot answer in the form that was asked for",
    advice: "Leave `Accept` out, or let it take what the route answers with; see `/docs`.",
  },
  "request/timeout": {
    status: 408,
    retry: "same",
    title: "The request did not arrive in time",
    advice: "Send it again, whole, on a new connection.",
  },
  "request/too-large": {
    status: 413,
    retry: "never",
    title: "The body is larger than this route takes",
    advice: "Bodies are limited to 64 KiB; a seating plan to 64 MiB, unpacked.",
  },
  "request/headers-too-large": {
    status: 431,
    retry: "never",
    title: "The address and headers are longer than the server takes",
    advice: "Together they are limited to 16 KiB; most often a cookie has grown.",
  },
  "request/content-type": {
    status: 415,
    retry: "never",
    title: "The body is not JSON",
    advice: "Send `Content-Type: application/json`.",
  },
  "request/key-missing": {
    status: 400,
    retry: "never",
    title: "This route spends, so it needs an Idempotency-Key",
    advice: "Make a UUID, store it, and send it with every try of the same request.",
  },
  "request/key-reused": {
    status: 422,
    retry: "never",
    title: "This Idempotency-Key was used for another request",
    advice: "Make a new key for a new request.",
  },
  "request/in-flight": {
    status: 409,
    retry: "same",
    retryAfterSeconds: 1,
    title: "The same request is being handled",
    advice: "Wait a second, then send it again with the same key.",
  },
  "request/origin-refused": {
    status: 403,
    retry: "never",
    title: "A page of another site sent this",
    advice: "Call the API from its own site, or from a program without an `Origin` header.",
  },
  "request/rate-limited": {
    status: 429,
    retry: "same",
    title: "That was too many requests in a short time",
    advice:
      "Wait for `Retry-After`, then send the same request again. `RateLimit` tells what is left " +
      "of each quota that `RateLimit-Policy` names; `policy` is the one that is used up.",
  },
  "auth/required": {
    status: 401,
    retry: "new",
    title: "Sign in first",
    advice: "Sign in at `POST /v1/auth/session` with a wallet, or with a passkey of its account.",
  },
  "auth/nonce-used": {
    status: 401,
    retry: "new",
    title: "This sign-in has ended",
    advice: "Fetch a new nonce and sign the new message; a nonce works once, in one browser.",
  },
  "auth/signature-invalid": {
    status: 401,
    retry: "new",
    title: "The signature does not prove this sign-in",
    advice: "`detail` names the part of the message that does not hold.",
  },
  "auth/forbidden": {
    status: 403,
    retry: "never",
    title: "This wallet may not do that",
    advice: "Ask the organiser for a role that `detail` names.",
  },
  "auth/last-holder": {
    status: 409,
    retry: "never",
    title: "Nobody else has this role",
    advice:
      "Give the role to another wallet first; an event keeps an organiser, the platform an operator.",
  },
  "auth/limit-reached": {
    status: 409,
    retry: "never",
    title: "There are as many of these as there can be",
    advice: "`limit` is how many; take one away first.",
  },
  "auth/passkey-invalid": {
    status: 401,
    retry: "new",
    title: "The passkey does not prove this",
    advice: "Fetch new options and ask the passkey again; a challenge works once, in one browser.",
  },
  "event/version-changed": {
    status: 409,
    retry: "new",
    title: "Somebody else has changed the event meanwhile",
    advice: "Read it again: `version` is what it is now. Then make your change once more.",
  },
  "event/fixed": {
    status: 409,
    retry: "never",
    title: "This part of the event cannot be changed any more",
    advice:
      "`part` is on chain or was sold against, as `why` says, `since` when, and by which " +
      "transaction (`txHash`). docs/events.md lists what can change when.",
  },
  "event/invalid": {
    status: 422,
    retry: "never",
    title: "The parts of the event do not fit each other",
    advice: "`errors` names each place by JSON pointer and what it needs.",
  },
  "event/wrong-state": {
    status: 409,
    retry: "never",
    title: "The event's state does not allow that",
    advice: "`state` is where the event is; see docs/events.md.",
  },
  "event/not-ready": {
    status: 409,
    retry: "never",
    title: "The event cannot be published yet",
    advice: "`problems` lists everything that stops it, each with its place.",
  },
  "plan/invalid": {
    status: 422,
    retry: "never",
    title: "The seating plan has mistakes",
    advice: "`problems` names zone, row and seat of the first ones, `count` is how many there are.",
  },
  "split/signature-invalid": {
    status: 422,
    retry: "never",
    title: "The payee has not signed this split",
    advice: "Sign what `GET /v1/events/{eventId}/split` answers now; it changes with the payees.",
  },
  "hold/seat-taken": {
    status: 409,
    retry: "new",
    title: "Somebody else has a seat that you asked for",
    advice:
      "`seats` lists those that are gone, `alternatives` the nearest that are free: as many, " +
      "together, in the same category.",
  },
  "hold/none-left": {
    status: 409,
    retry: "new",
    title: "There are no such seats left",
    advice: "`largest` is how many are left together; ask for fewer, apart, or elsewhere.",
  },
  "hold/access-seat": {
    status: 409,
    retry: "never",
    title: "These seats are kept for wheelchair users and who comes with them",
    advice: "Say `accessible` if one of you needs a wheelchair place; `seats` lists those meant.",
  },
  "hold/area-full": {
    status: 409,
    retry: "new",
    title: "The area has fewer places left than that",
    advice: "`left` is how many; others may come back while they are not paid.",
  },
  "hold/limit-reached": {
    status: 409,
    retry: "never",
    title: "That is more than one person or one order may have",
    advice: "`limit` is what the event allows, `held` what this wallet has already.",
  },
  "hold/extended": {
    status: 409,
    retry: "never",
    title: "The hold had its time again already",
    advice: "A hold is extended once; pay before `expiresAt`.",
  },
  "hold/expired": {
    status: 410,
    retry: "new",
    title: "The hold has ended",
    advice: "Choose seats again.",
  },
  "hold/sale-closed": {
    status: 409,
    retry: "never",
    title: "This event is not on sale",
    advice: "`opensAt` is when the next phase of the sale begins, if there is one.",
  },
  "hold/proof-required": {
    status: 428,
    retry: "new",
    title: "This sale asks for a proof of work",
    advice:
      "Fetch a challenge from `POST /v1/events/{eventId}/challenge`, solve it (ALTCHA), and send " +
      "`proof` along with the seats.",
  },
  "hold/proof-invalid": {
    status: 422,
    retry: "new",
    title: "The proof of work does not count",
    advice: "`reason` says why; fetch a new challenge, solve it, and send it once, while it lasts.",
  },
  "order/expired": {
    status: 410,
    retry: "new",
    title: "The order has ended without a payment",
    advice: "Its seats are free again; nothing was charged. Choose seats again.",
  },
  "order/wrong-state": {
    status: 409,
    retry: "never",
    title: "The order's state does not allow that",
    advice: "`state` is where the order is, `allowed` where it can go.",
  },
  "comp/other-class": {
    status: 409,
    retry: "never",
    title: "A place is not of the class that is given away",
    advice: "`seats` and `areas` lists those; give away what was held back as class `comp`.",
  },
  "comp/limit-reached": {
    status: 409,
    retry: "never",
    title: "The event has no more comps",
    advice: "`limit` is how many the chain mints of the class, `given` how many are gone.",
  },
  "refund/impossible": {
    status: 409,
    retry: "never",
    title: "A ticket cannot be taken back",
    advice:
      "`tickets` lists each with its `why`: `not-of-order`, `asked` (it is on its way back already), " +
      "`used` (somebody entered with it) or `void`. Leave those out.",
  },
  "refund/disputed": {
    status: 409,
    retry: "never",
    title: "The payer's bank has asked for this order's money",
    advice: "Answer the dispute at the provider; lost, the tickets are made void by themselves.",
  },
  "pay/declined": {
    status: 402,
    retry: "new",
    title: "The payment was declined",
    advice: "Nothing was charged; the seats are still claimed until the order expires.",
  },
  "pay/webhook-invalid": {
    status: 400,
    retry: "never",
    title: "This is no webhook of our payment provider",
    advice: "Check the signing secret, the account and the mode at the provider: see the runbook.",
  },
  "pay/other-way": {
    status: 409,
    retry: "never",
    title: "The order is paid in another way",
    advice:
      "`why` says which: `no-box-office`, `no-token` or `other-terms` (the event is not sold on " +
      "chain in this currency), `no-voucher` (ask for one first), `several-prices` (make an order " +
      "for each price), `coin` (a chain's coin is paid with a wallet alone), `relays-spent` (the " +
      "wallet has to send it), `under-way` (a voucher or a provider's page is open: go on there, " +
      "or wait until `until` and make a new order).",
  },
  "pay/not-mintable": {
    status: 409,
    retry: "never",
    title: "The contract would not mint these tickets now",
    advice:
      "`reason` is the contract's error. Nothing was charged; pay later, or take other seats.",
  },
  "webhook/url-refused": {
    status: 422,
    retry: "never",
    title: "Webhooks are not sent there",
    advice: "Give an https URL of a host on the internet; `detail` says what is wrong with yours.",
  },
  "webhook/limit-reached": {
    status: 409,
    retry: "never",
    title: "This event has as many receivers as it may have",
    advice: "Remove one that is no longer used.",
  },
  "chain/unreachable": {
    status: 503,
    retry: "same",
    title: "The chain does not answer",
    advice: "Wait for `Retry-After`; sales go on, mints wait.",
  },
  "chain/mirror-behind": {
    status: 503,
    retry: "same",
    title: "The mirror is behind the chain",
    advice: "Wait for `Retry-After`; if it lasts, the indexer or its RPC is down: see the runbook.",
  },
  "server/unavailable": {
    status: 503,
    retry: "same",
    title: "A part of the service is down",
    advice: "Wait for `Retry-After`, then send the same request again.",
  },
  "server/bug": {
    status: 500,
    retry: "never",
    title: "Something broke on our side",
    advice: "Report the `traceId`.",
  },
} as const satisfies Record<ErrorCode, ErrorEntry>;
