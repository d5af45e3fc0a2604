// What each error of the contract means for the lines of a batch: the one place that decides it.
import { decodeErrorResult, type Hex } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";

type ErrorName = Extract<(typeof ticketsAbi)[number], { type: "error" }>["name"];

/**
 * line: one line cannot be minted; it needs attention and the others go on.
 * batch: none of them can until a person changes something; they wait, and it is reported.
 */
export type RevertKind = "line" | "batch";

const LINE_ERRORS: ReadonlySet<ErrorName> = new Set<ErrorName>([
  "TicketsSeatTaken",
  "TicketsPreviousIssueNotVoid",
  "ERC721InvalidReceiver",
]);

export interface Revert {
  kind: RevertKind;
  name: string;
  /** The ticket that the error names, if it names one. */
  ticketId: bigint | undefined;
}

export function readRevert(data: Hex | undefined): Revert {
  if (data === undefined)
    return { kind: "batch", name: "reverted without data", ticketId: undefined };
  try {
    const { errorName, args } = decodeErrorResult({ abi: ticketsAbi, data });
    const named = errorName.startsWith("TicketsSeat") || errorName.startsWith("TicketsPrevious");
    const first: unknown = args?.[0];
    return {
      kind: LINE_ERRORS.has(errorName) ? "line" : "batch",
      name: errorName,
      ticketId: named && typeof first === "bigint" ? first : undefined,
    };
  } catch {
    return { kind: "batch", name: `unknown error ${data.slice(0, 10)}`, ticketId: undefined };
  }
}
