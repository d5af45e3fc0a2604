// Reads the contract's logs by hand: the topics are fixed words, and nothing here needs a checksum.
import { getAbiItem, toEventSelector } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";

/** A log as eth_getLogs answers it. */
export interface RawLog {
  blockNumber: `0x${string}`;
  blockHash: `0x${string}`;
  transactionHash: `0x${string}`;
  logIndex: `0x${string}`;
  topics: `0x${string}`[];
  data: `0x${string}`;
}

/** Where in the chain a fact stands; every row of the mirror carries it. */
export interface Position {
  blockNumber: bigint;
  blockHash: string;
  txHash: string;
  logIndex: number;
}

export type Fact = Position &
  (
    | { kind: "transfer"; from: string; to: string; ticketId: bigint }
    | { kind: "batch-minted"; eventId: number; class: number; unitPrice: bigint; count: number }
    | { kind: "checked-in"; ticketId: bigint }
    | { kind: "voided"; ticketId: bigint }
    | { kind: "nonce-raised"; ticketId: bigint; nonce: number }
    | { kind: "event-created"; eventId: number; organiser: string; planHash: string }
  );

type EventName = Extract<(typeof ticketsAbi)[number], { type: "event" }>["name"];

function selector(name: EventName): `0x${string}` {
  return toEventSelector(
    getAbiItem({ abi: ticketsAbi, name }) as Parameters<typeof toEventSelector>[0],
  );
}

const TRANSFER = selector("Transfer");
const BATCH_MINTED = selector("BatchMinted");
const CHECKED_IN = selector("CheckedIn");
const VOIDED = selector("TicketVoided");
const ASK_CANCELLED = selector("AskCancelled");
const EVENT_CREATED = selector("EventCreated");

export const MIRRORED_TOPICS = [
  TRANSFER,
  BATCH_MINTED,
  CHECKED_IN,
  VOIDED,
  ASK_CANCELLED,
  EVENT_CREATED,
];

export function decodeLog(log: RawLog): Fact | undefined {
  const position = {
    blockNumber: BigInt(log.blockNumber),
    blockHash: log.blockHash,
    txHash: log.transactionHash,
    logIndex: Number(log.logIndex),
  };
  const [topic, first = "0x0", second = "0x0", third = "0x0"] = log.topics;
  switch (topic) {
    case TRANSFER:
      return {
        ...position,
        kind: "transfer",
        from: address(first),
        to: address(second),
        ticketId: BigInt(third),
      };
    case BATCH_MINTED:
      return {
        ...position,
        kind: "batch-minted",
        eventId: Number(first),
        class: Number(second),
        unitPrice: word(log.data, 0),
        count: Number(word(log.data, 1)),
      };
    case CHECKED_IN:
      return { ...position, kind: "checked-in", ticketId: BigInt(first) };
    case VOIDED:
      return { ...position, kind: "voided", ticketId: BigInt(first) };
    case ASK_CANCELLED:
      return {
        ...position,
        kind: "nonce-raised",
        ticketId: BigInt(first),
        nonce: Number(word(log.data, 0)),
      };
    case EVENT_CREATED:
      return {
        ...position,
        kind: "event-created",
        eventId: Number(first),
        organiser: address(second),
        planHash: wordHex(log.data, PLAN_HASH_WORD),
      };
    default:
      return undefined;
  }
}

/** The terms are a static struct, so its fields lie in the data in their order. */
const PLAN_HASH_WORD = planHashWord();

function planHashWord(): number {
  const event = getAbiItem({ abi: ticketsAbi, name: "EventCreated" });
  const terms = event.inputs.find((input) => input.name === "terms");
  const fields = terms !== undefined && "components" in terms ? terms.components : [];
  return fields.findIndex(({ name }) => name === "planHash");
}

function address(topic: string): string {
  return `0x${topic.slice(26)}`;
}

function wordHex(data: string, at: number): string {
  return `0x${data.slice(2 + at * 64, 2 + (at + 1) * 64)}`;
}

function word(data: string, at: number): bigint {
  return BigInt(wordHex(data, at));
}
