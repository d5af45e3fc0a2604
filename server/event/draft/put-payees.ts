// Sets who shares an event's royalties. What was signed of another split counts for nothing.
import { type Payee, splitProblem } from "../../domain/split.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { countChange, lockEvent, requireChangeable } from "./lock-event.ts";
import { invalid } from "./terms.ts";

export async function putPayees(
  sql: Sql,
  ref: EventRef,
  { version, payees }: { version: number; payees: readonly Payee[] },
): Promise<void> {
  const event = await lockEvent(sql, ref, version);
  await requireChangeable(sql, event, ["payees"]);
  const problem = splitProblem(payees);
  if (problem !== undefined) throw invalid([{ pointer: "/payees", detail: problem }]);
  await sql.query({
    text: "DELETE FROM sale.payee WHERE deployment = $1 AND event_id = $2",
    values: [ref.deployment, ref.eventId],
  });
  await sql.query({
    text: `INSERT INTO sale.payee (deployment, event_id, position, address, share_bps)
           SELECT $1, $2, position, address, share
           FROM unnest($3::text[], $4::int[]) WITH ORDINALITY AS given (address, share, position)`,
    values: [
      ...[ref.deployment, ref.eventId],
      payees.map(({ address }) => address),
      payees.map(({ shareBps }) => shareBps),
    ],
  });
  await countChange(sql, event);
}
