// What a gate decides about a pass, from facts alone.

/** In the order in which they are checked: the first that applies is the most useful to say. */
export const REFUSAL_REASONS = [
  "unreadable",
  "unknown_ticket",
  "wrong_event",
  "void",
  "event_cancelled",
  "not_owner",
  "code_expired",
  "already_admitted",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export type Verdict =
  | { decision: "admit"; reason: "admitted" }
  | { decision: "refuse"; reason: RefusalReason };

export interface PassFacts {
  eventId: number;
  nonce: number;
  notAfter: number;
  step: number;
  /** Who signed the session, or null where the signature is not one. */
  signer: string | null;
  sessionSigned: boolean;
}

export interface TicketFacts {
  owner: string;
  nonce: number;
  /** On chain, whoever wrote it there: another door of the venue may not share our database. */
  used: boolean;
  void: boolean;
  /** Its event, on chain: the holder's money is given back instead. */
  cancelled: boolean;
}

/**
 * One code lives this long on the screen; a gate also takes its neighbours, for clocks that differ.
 */
export const STEP_SECONDS = 15;
const STEP_TOLERANCE = 2;
/** The contract honours no signature at this count either. */
const NONCE_MAX = 4_095;
const STEP_COUNT = 2 ** 16;

export function stepAt(unixSeconds: number): number {
  return Math.floor(unixSeconds / STEP_SECONDS) % STEP_COUNT;
}

/** All but "once" among our own doors, which the database decides by its primary key (I7). */
export function judgePass(input: {
  gateEventId: number;
  pass: PassFacts;
  ticket: TicketFacts | null;
  nowSeconds: number;
}): Verdict {
  const { gateEventId, pass, ticket, nowSeconds } = input;
  if (pass.eventId !== gateEventId) return refuse("wrong_event");
  if (ticket === null) return refuse("unknown_ticket");
  if (ticket.void) return refuse("void");
  if (ticket.cancelled) return refuse("event_cancelled");
  // A nonce that is not the ticket's means that the ticket has moved since the session was signed.
  if (pass.signer !== ticket.owner || pass.nonce !== ticket.nonce) return refuse("not_owner");
  // There the count of moves stands still, so that a session would outlive the next one.
  if (ticket.nonce >= NONCE_MAX) return refuse("not_owner");
  if (!pass.sessionSigned) return refuse("unreadable");
  if (pass.notAfter < nowSeconds || !isFresh(pass.step, nowSeconds)) return refuse("code_expired");
  if (ticket.used) return refuse("already_admitted");
  return { decision: "admit", reason: "admitted" };
}

function refuse(reason: RefusalReason): Verdict {
  return { decision: "refuse", reason };
}

function isFresh(step: number, nowSeconds: number): boolean {
  const age = (stepAt(nowSeconds) - step + STEP_COUNT) % STEP_COUNT;
  return age <= STEP_TOLERANCE || age >= STEP_COUNT - STEP_TOLERANCE;
}
