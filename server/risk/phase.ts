// Whether an event's sale asks for a proof of work now, and how hard a one.
import { type EventRef, formatEventId, parseEventId } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { keepFor } from "../platform/kept.ts";

/** So long after an organiser has switched it, the old rule may still hold. */
const KEPT_MS = 2_000;
const EVENTS_KEPT_MAX = 1_000;

export type ReadProofClass = (event: EventRef) => Promise<number>;

/** Where phases overlap, the harder one counts. */
export function createProofClassReader({ db, clock }: { db: Sql; clock: Clock }): ReadProofClass {
  const keep = { clock, keptMs: KEPT_MS, entriesMax: EVENTS_KEPT_MAX };
  const read = keepFor(keep, async (key) => {
    const { deployment, eventId } = parseEventId(key);
    const { rows } = await db.query<{ proof_of_work: number }>({
      name: "proof-class",
      text: `SELECT coalesce(max(proof_of_work), 0)::int AS proof_of_work FROM sale.phase
             WHERE deployment = $1 AND event_id = $2 AND starts_at <= $3 AND ends_at > $3`,
      values: [deployment, eventId, clock.now()],
    });
    return rows[0]?.proof_of_work ?? 0;
  });
  return (event) => read(formatEventId(event));
}
