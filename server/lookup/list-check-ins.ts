// The check-ins of an event that the chain was told of, by issue and seat.
import type { z } from "zod";
import { CHECK_IN_LIST, type CheckInListResponse } from "../api/event-lookup.ts";
import { writeCursor } from "../api/page.ts";
import {
  type EventRef,
  formatTicketId,
  ISSUE_MAX,
  packTicketId,
  SEAT_KEY_MAX,
  unpackTicketId,
} from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { currencyOf } from "./read-event-money.ts";

interface CheckInRow {
  ticket_id: bigint;
  block_number: bigint;
  log_index: number;
  tx_hash: string;
  mined_at: Date;
  final: boolean;
}

export async function listCheckIns(
  db: Sql,
  { deployment, eventId }: EventRef,
  page: {
    limit: number;
    after: readonly [ticketId: bigint, block: number, log: number] | undefined;
  },
): Promise<z.output<typeof CheckInListResponse>> {
  const { limit } = page;
  const first = packTicketId({ eventId, issue: 0, seat: 0 });
  const last = packTicketId({ eventId, issue: ISSUE_MAX, seat: SEAT_KEY_MAX });
  const [{ rows }] = await Promise.all([
    db.query<CheckInRow>({
      name: "check-ins-of-event",
      text: `SELECT ticket_id, check_in.block_number, log_index, tx_hash, mined_at,
                    check_in.block_number <= cursor.final_number AS final
             FROM mirror.check_in JOIN mirror.cursor USING (deployment)
             WHERE check_in.deployment = $1 AND ticket_id >= $2 AND ticket_id <= $3
               AND (ticket_id, check_in.block_number, log_index) > ($4, $5, $6)
             ORDER BY ticket_id, check_in.block_number, log_index LIMIT $7`,
      values: [deployment, first, last, ...(page.after ?? [first, -1, 0]), limit + 1],
    }),
    currencyOf(db, { deployment, eventId }),
  ]);
  const shown = rows.slice(0, limit);
  const edge = rows.length > limit ? shown.at(-1) : undefined;
  const idOf = (ticketId: bigint) => formatTicketId({ deployment, ticketId });
  return {
    checkIns: shown.map(({ ticket_id, tx_hash: txHash, mined_at, final }) => ({
      ...{ ticketId: idOf(ticket_id), seat: unpackTicketId(ticket_id).seat },
      ...{ txHash, at: mined_at.toISOString(), final },
    })),
    next:
      edge === undefined
        ? null
        : writeCursor(CHECK_IN_LIST, [
            ...[idOf(edge.ticket_id), Number(edge.block_number), edge.log_index],
          ]),
  };
}
