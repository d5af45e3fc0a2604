// Tells the chain whom the doors admitted: many tickets of an event in one call, each marked as used once (I7).
import { encodeFunctionData } from "viem";
import { z } from "zod";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import type { Job, JobKind, Seen } from "../queue/job/job-kind.ts";

const CheckIn = z.strictObject({
  ticketId: z.string().regex(/^\d{1,19}$/),
  /** Which entry of the ticket; the chain counts one. */
  entry: z.int().min(1),
});
type CheckIn = z.output<typeof CheckIn>;

/** Some 7,500 gas each: a quarter of what one transaction may use. */
const TICKETS_PER_CALL = 500;
/** Alone a ticket costs four times as much; nobody at the door waits for the chain. */
const GATHER_MS = 10_000;

export const checkIns: JobKind<CheckIn> = {
  name: "check-in",
  payload: CheckIn,
  perCallMax: TICKETS_PER_CALL,
  gatherMs: GATHER_MS,
  inFlightMax: 1,
  callOf: async ({ chain }, jobs) => ({
    to: chain.deployment.tickets,
    data: encodeFunctionData({
      ...{ abi: ticketsAbi, functionName: "checkInMany" },
      args: [jobs.map(ticketOf)],
    }),
    intent: `check in ${jobs.length} tickets`,
  }),
  // The list passes over used and void ones by itself.
  meaningOf: (refusal) => (refusal === "TicketsGateClosed" ? "all-wait" : "one-waits"),
  subjectOf: ticketOf,
  look: ({ db, chain }, jobs) => look(db, chain.deployment.id, jobs),
};

export const checkInKey = ({ ticketId, entry }: CheckIn) => `${ticketId}:${entry}`;

function ticketOf({ payload }: Job<CheckIn>): bigint {
  return BigInt(payload.ticketId);
}

/** One that was void before can never be used: whoever came in with it is a person's to find. */
async function look(
  sql: Sql | Db,
  deployment: number,
  jobs: readonly Job<CheckIn>[],
): Promise<Seen[]> {
  const { rows } = await sql.query<Seen & { void: boolean }>({
    text: `SELECT given.id, shown.tx_hash AS "txHash", shown.void,
                  shown.block_number <= cursor.final_number AS final
           FROM unnest($2::bigint[], $3::bigint[]) AS given (id, ticket_id)
           JOIN mirror.cursor ON cursor.deployment = $1,
           LATERAL (
             SELECT tx_hash, block_number, log_index, false AS void FROM mirror.check_in
             WHERE check_in.deployment = $1 AND check_in.ticket_id = given.ticket_id
             UNION ALL
             SELECT tx_hash, block_number, log_index, true FROM mirror.ticket_void
             WHERE ticket_void.deployment = $1 AND ticket_void.ticket_id = given.ticket_id
             ORDER BY block_number, log_index LIMIT 1) AS shown`,
    values: [deployment, jobs.map(({ id }) => id), jobs.map(ticketOf)],
  });
  return rows.map(({ void: isVoid, ...seen }) =>
    isVoid ? { ...seen, lost: "the ticket was void" } : seen,
  );
}
