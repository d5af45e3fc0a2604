// The route of scans at the door.
import type { Handlers } from "../api/handler.ts";
import { formatTicketId, parseEventId } from "../domain/ticket-id.ts";
import { type GateDeps, judgeScan } from "./judge-scan.ts";

export function gateHandlers(deps: GateDeps): Handlers<"scan"> {
  return {
    scan: async ({ body, caller }) => {
      const event = parseEventId(body.eventId);
      const { scanId, gate, pass } = body;
      const outcome = await judgeScan(deps, { scanId, event, gate, staff: caller.address, pass });
      const { decision, reason, ticketId, seat, admittedAt } = outcome;
      return {
        body: {
          scanId,
          decision,
          reason,
          ticketId:
            ticketId === null ? null : formatTicketId({ deployment: event.deployment, ticketId }),
          seat,
          admittedAt: admittedAt?.toISOString() ?? null,
        },
      };
    },
  };
}
