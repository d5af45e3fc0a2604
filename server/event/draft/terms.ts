// An event's terms between its columns and the wire, and whether they fit each other.
import type { z } from "zod";
import type { EventChange, EventRequest } from "../../api/organiser.ts";
import { Refusal } from "../../domain/failure.ts";

export type Terms = Omit<z.output<typeof EventRequest>, "deployment" | "organiser"> & {
  organiser: string | null;
};

/** Each term's column. */
export const TERM_COLUMNS = {
  name: "name",
  artist: "artist",
  venue: "venue",
  city: "city",
  address: "address",
  timeZone: "time_zone",
  doorsAt: "doors_at",
  startsAt: "starts_at",
  endsAt: "ends_at",
  currency: "currency",
  organiser: "organiser",
  policy: "policy",
  maxGifts: "max_gifts",
  resaleCapBps: "resale_cap_bps",
  royaltyBps: "royalty_bps",
  feeCapBps: "fee_cap_bps",
  lockMinutes: "lock_minutes",
  cooldownMinutes: "cooldown_minutes",
  freezeAt: "freeze_at",
  limitPerPerson: "limit_per_person",
  seatsPerHold: "seats_per_hold",
  holdSeconds: "hold_ttl_ms",
} as const satisfies Record<keyof Terms, string>;

export type TermName = keyof typeof TERM_COLUMNS;
const TERM_NAMES = Object.keys(TERM_COLUMNS) as TermName[];

/** For a SELECT: every term under the name that it has on the wire. */
export const TERMS_SELECTED = TERM_NAMES.map((name) =>
  name === "holdSeconds"
    ? `event.hold_ttl_ms / 1000 AS "holdSeconds"`
    : `event.${TERM_COLUMNS[name]} AS "${name}"`,
).join(", ");

const TIMES = ["doorsAt", "startsAt", "endsAt", "freezeAt"] as const;
type Times = (typeof TIMES)[number];

export type TermsRow = Omit<Terms, Times> &
  Record<"doorsAt" | "startsAt" | "endsAt", Date> & {
    freezeAt: Date | null;
  };

export function termsOf(row: TermsRow): Terms {
  const terms = Object.fromEntries(TERM_NAMES.map((name) => [name, row[name]])) as unknown as Terms;
  return {
    ...terms,
    doorsAt: row.doorsAt.toISOString(),
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    freezeAt: row.freezeAt?.toISOString() ?? null,
  };
}

/** The terms that a change names and that are other ones now, in their columns' form. */
export function changedTerms(
  before: Terms,
  change: z.output<typeof EventChange>,
): { name: TermName; column: string; value: unknown }[] {
  return TERM_NAMES.filter((name) => change[name] !== undefined)
    .filter((name) => !isSame(name, before[name], change[name]))
    .map((name) => ({ name, column: TERM_COLUMNS[name], value: toColumn(name, change[name]) }));
}

export function toColumn(name: TermName, value: unknown): unknown {
  return name === "holdSeconds" ? Number(value) * 1_000 : value;
}

/** One moment has many spellings. */
function isSame(name: TermName, before: unknown, after: unknown): boolean {
  const isTime = (TIMES as readonly string[]).includes(name) && before !== null && after !== null;
  return isTime ? Date.parse(String(before)) === Date.parse(String(after)) : before === after;
}

export function requireFitting(terms: Terms): void {
  const at = (time: string) => Date.parse(time);
  const errors = [
    at(terms.startsAt) < at(terms.doorsAt) && {
      pointer: "/startsAt",
      detail: "The event begins before its doors open.",
    },
    at(terms.endsAt) <= at(terms.startsAt) && {
      pointer: "/endsAt",
      detail: "The event ends before it has begun.",
    },
    terms.freezeAt !== null &&
      at(terms.freezeAt) > at(terms.doorsAt) && {
        pointer: "/freezeAt",
        detail: "Tickets must stop moving by the time doors open.",
      },
    terms.royaltyBps + terms.feeCapBps > 10_000 && {
      pointer: "/feeCapBps",
      detail: "Royalty and fee together are more than the price.",
    },
  ].filter((error) => error !== false);
  if (errors.length > 0) throw invalid(errors);
}

export function invalid(errors: { pointer: string; detail: string }[]): Refusal {
  return new Refusal("event/invalid", errors[0]?.detail ?? "The event does not fit.", { errors });
}
