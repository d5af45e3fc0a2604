// What a hold must know of an event: what is on sale now, to what limits, and the price of each place.
import { Refusal } from "../domain/failure.ts";
import { type EventRef, formatEventId, parseEventId } from "../domain/ticket-id.ts";
import type { Chains } from "../platform/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { keepFor } from "../platform/kept.ts";
import { type Plan, readPlan } from "./read-plan.ts";

export interface Sale extends Plan {
  currency: string;
  holdTtlMs: number;
  /** Places on hold or in unpaid orders that one owner may have. */
  unpaidPerPerson: number;
  startsAt: Date;
  phases: readonly Phase[];
  /** The database's time, carried on by our monotonic clock: wall clocks of processes differ. */
  nowMs(): number;
}

export interface Phase {
  id: number;
  startsMs: number;
  endsMs: number;
  classes: readonly number[];
  limitPerOrder: number;
  /** Over everything that one owner holds, has ordered and has bought. */
  limitPerPerson: number;
}

interface EventRow {
  currency: string;
  hold_ttl_ms: number;
  seats_per_hold: number;
  limit_per_person: number | null;
  starts_at: Date;
  version: number;
  now_ms: number;
}

interface PhaseRow {
  id: number;
  starts_at: Date;
  ends_at: Date;
  classes: number[];
  limit_per_person: number | null;
  limit_per_order: number;
}

/** The sale of an event may be closed or moved; this long nobody notices. */
const TERMS_KEPT_MS = 5_000;
const TERMS_MAX = 1_000;
/** A plan of 80,000 seats takes some 30 MB; its version says when it is another one. */
const PLANS_MAX = 20;
const PLANS_KEPT_MS = 60 * 60_000;
export const UNLIMITED = Number.MAX_SAFE_INTEGER;

export type ReadSale = (event: EventRef) => Promise<Sale>;

/** In a drop the same event is asked for thousands of times a second, so it is kept. */
export function createSaleReader({
  db,
  clock,
  chains,
}: {
  db: Sql;
  clock: Clock;
  chains: Chains;
}): ReadSale {
  const planOf = keepFor({ clock, keptMs: PLANS_KEPT_MS, entriesMax: PLANS_MAX }, (key) =>
    readPlan(db, parseEventId(key.split("@")[0] ?? "")),
  );
  const saleOf = keepFor({ clock, keptMs: TERMS_KEPT_MS, entriesMax: TERMS_MAX }, async (key) => {
    const event = parseEventId(key);
    const row = await readEvent(db, event);
    const readAtMs = clock.monotonicMs();
    const phases = await readPhases(db, event, row.limit_per_person);
    const plan = await planOf(`${key}@${row.version}`);
    return {
      ...plan,
      currency: row.currency,
      holdTtlMs: row.hold_ttl_ms,
      unpaidPerPerson: row.seats_per_hold,
      startsAt: row.starts_at,
      phases,
      nowMs: () => row.now_ms + (clock.monotonicMs() - readAtMs),
    };
  });
  return (event) =>
    // Nobody here could mint what was sold of a contract that is not configured.
    chains.has(event.deployment)
      ? saleOf(formatEventId(event))
      : Promise.reject(noSuchEvent(event));
}

async function readEvent(db: Sql, event: EventRef): Promise<EventRow> {
  const { rows } = await db.query<EventRow>({
    name: "sale-event",
    text: `SELECT currency, hold_ttl_ms, seats_per_hold, limit_per_person, starts_at, version,
                  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms
           FROM sale.event WHERE deployment = $1 AND id = $2 AND state = 'published'`,
    values: [event.deployment, event.eventId],
  });
  const [row] = rows;
  if (row === undefined) throw noSuchEvent(event);
  return row;
}

async function readPhases(db: Sql, event: EventRef, limit: number | null): Promise<Phase[]> {
  const { rows } = await db.query<PhaseRow>({
    name: "sale-phases",
    text: `SELECT id, starts_at, ends_at, classes, limit_per_person, limit_per_order
           FROM sale.phase WHERE deployment = $1 AND event_id = $2 ORDER BY id`,
    values: [event.deployment, event.eventId],
  });
  return rows.map((row) => ({
    id: row.id,
    startsMs: row.starts_at.getTime(),
    endsMs: row.ends_at.getTime(),
    classes: row.classes,
    limitPerOrder: row.limit_per_order,
    limitPerPerson: Math.min(row.limit_per_person ?? UNLIMITED, limit ?? UNLIMITED),
  }));
}

function noSuchEvent(event: EventRef): Refusal {
  return new Refusal("request/not-found", `There is no event ${formatEventId(event)}.`);
}

/** The first phase in force that sells all of these classes; without one they are not on sale. */
export function requirePhase(sale: Sale, classes: ReadonlySet<number>): Phase {
  const nowMs = sale.nowMs();
  const phase = findPhase(sale, classes, { fromMs: nowMs, untilMs: nowMs });
  if (phase !== undefined) return phase;
  const next = sale.phases.find(({ startsMs }) => startsMs > nowMs);
  throw new Refusal(
    "hold/sale-closed",
    "These places are not on sale now.",
    next === undefined ? {} : { opensAt: new Date(next.startsMs).toISOString() },
  );
}

/** Who got a hold in time may order with it, also when the phase ended meanwhile. */
export function requirePhaseOfHold(sale: Sale, classes: ReadonlySet<number>): Phase {
  const nowMs = sale.nowMs();
  // A hold lives for its time and, extended once, for its time again.
  const heldSinceMs = nowMs - 2 * sale.holdTtlMs;
  const now = { fromMs: nowMs, untilMs: nowMs };
  const phase =
    findPhase(sale, classes, now) ??
    // A phase may be shorter than a hold: it counts also when it began and ended in between.
    findPhase(sale, classes, { fromMs: heldSinceMs, untilMs: nowMs });
  return phase ?? requirePhase(sale, classes);
}

/** The first that sells all of these classes and was in force at some moment of that time. */
function findPhase(
  sale: Sale,
  classes: ReadonlySet<number>,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): Phase | undefined {
  if (sale.startsAt.getTime() <= sale.nowMs()) {
    throw new Refusal("hold/sale-closed", "This event has begun; its sale is closed.");
  }
  return sale.phases.find(
    (phase) =>
      phase.startsMs <= untilMs &&
      fromMs < phase.endsMs &&
      [...classes].every((each) => phase.classes.includes(each)),
  );
}
