// Which facts a reader wants, and whether one is among them.
import type { z } from "zod";
import type { FactsQuery } from "../../api/facts.ts";
import { Refusal } from "../../domain/failure.ts";
import { parseEventId } from "../../domain/ticket-id.ts";
import type { Chains } from "../../platform/chain.ts";
import type { FactRow } from "./fact-rows.ts";

export interface FactWish {
  deployment: number;
  /** The same for all who want the same. */
  wish: string;
  wants(row: FactRow): boolean;
}

export function wishOf(query: z.output<typeof FactsQuery>, chains: Chains): FactWish {
  const { owner, kind } = query;
  const event = query.eventId === undefined ? undefined : parseEventId(query.eventId);
  const deployment = deploymentOf(query.deployment, event?.deployment, chains);
  const kinds = kind === undefined ? undefined : new Set(kind);
  return {
    deployment,
    wish: JSON.stringify([event?.eventId, kind?.toSorted(), owner]),
    wants: (row) =>
      (event === undefined || row.event_id === event.eventId) &&
      (kinds === undefined || kinds.has(row.kind)) &&
      (owner === undefined || row.sender === owner || row.recipient === owner),
  };
}

function deploymentOf(
  given: number | undefined,
  ofEvent: number | undefined,
  chains: Chains,
): number {
  const [only] = chains.size === 1 ? chains.keys() : [];
  const deployment = given ?? ofEvent ?? only;
  if (deployment === undefined || (ofEvent !== undefined && ofEvent !== deployment)) {
    throw new Refusal("request/invalid", "Facts are of one deployment.", {
      errors: [{ pointer: "/query/deployment", detail: "names none, or another than the event" }],
    });
  }
  if (!chains.has(deployment)) {
    throw new Refusal("request/not-found", `There is no deployment ${deployment}.`);
  }
  return deployment;
}
