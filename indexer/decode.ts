// Reads our contracts' logs by hand: topics and words at fixed places, and nothing needs a checksum.
import { type AbiEvent, toEventSelector } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { garbage, isHash, type RawLog } from "./answer.ts";
import type { EventTerms, Fact, FactBlock, FactBody } from "./facts.ts";

/** The topics behind the first, as words, and the data. */
type Reader = (topics: readonly string[], data: string) => FactBody;

const WORD = 64;
const ADDRESS_AT = 26;
const ADDRESSES_KEPT_MAX = 100_000;
const ADDRESS_WORD = /^0x0{24}[0-9a-f]{40}$/;

const READERS: Record<string, Reader> = {
  Transfer: (t) => ({
    kind: "transfer",
    from: address(t[1]),
    to: address(t[2]),
    ticketId: BigInt(t[3] as string),
  }),
  BatchMinted: (t, data) => ({
    kind: "batch-minted",
    eventId: number(t[1]),
    class: number(t[2]),
    unitPrice: word(data, 0),
    count: Number(word(data, 1)),
  }),
  CheckedIn: (t) => ({ kind: "checked-in", ticketId: BigInt(t[1] as string) }),
  TicketVoided: (t) => ({ kind: "voided", ticketId: BigInt(t[1] as string) }),
  AskCancelled: (t, data) => ({
    kind: "nonce-raised",
    ticketId: BigInt(t[1] as string),
    nonce: Number(word(data, 0)),
  }),
  EventCreated: (t, data) => ({
    kind: "event-created",
    eventId: number(t[1]),
    terms: readTerms(data),
  }),
  EventRescheduled: (t, data) => ({
    kind: "event-rescheduled",
    eventId: number(t[1]),
    doorsAt: word(data, 0),
    freezeAt: word(data, 1),
    refundUntil: word(data, 2),
  }),
  EventCancelled: (t) => ({ kind: "event-cancelled", eventId: number(t[1]) }),
  EventPaused: (t, data) => ({
    kind: "event-paused",
    eventId: number(t[1]),
    actions: Number(word(data, 0)),
    until: word(data, 1),
  }),
  ClassReleased: (t, data) => ({
    kind: "class-released",
    eventId: number(t[1]),
    class: number(t[2]),
    units: Number(word(data, 0)),
  }),
  FloorSet: (t, data) => ({
    kind: "floor-set",
    eventId: number(t[1]),
    class: number(t[2]),
    floor: word(data, 0),
  }),
  MarketSet: (t, data) => ({
    kind: "market-set",
    eventId: number(t[1]),
    market: address(t[2]),
    allowed: word(data, 0) === 1n,
  }),
  ArtworkSet: (t, data) => ({
    kind: "artwork-set",
    eventId: number(t[1]),
    folder: readText(data, 0),
  }),
  RoleGranted: (t) => ({
    kind: "role-granted",
    role: hash(t[1], "a role"),
    account: address(t[2]),
  }),
  RoleRevoked: (t) => ({
    kind: "role-revoked",
    role: hash(t[1], "a role"),
    account: address(t[2]),
  }),
  Sold: (t, data) => ({
    kind: "sold",
    ticketId: BigInt(t[1] as string),
    seller: address(t[2]),
    buyer: address(t[3]),
    price: word(data, 0),
    royalty: word(data, 1),
    fee: word(data, 2),
  }),
  PotDistributed: (t, data) => ({
    kind: "pot-distributed",
    eventId: number(t[1]),
    currency: address(t[2]),
    amount: word(data, 0),
  }),
  PayoutSent: (t, data) => ({ kind: "payout-sent", ...readPayout(t, data) }),
  PayoutCredited: (t, data) => ({ kind: "payout-credited", ...readPayout(t, data) }),
  OrderPaid: (t, data) => ({
    kind: "order-paid",
    orderId: hash(t[1], "an order"),
    eventId: number(t[2]),
    payer: address(t[3]),
    amount: word(data, 0),
  }),
  EscrowDeposited: (t, data) => ({ kind: "escrow-deposited", ...readAmount(t, data) }),
  EscrowReleased: (t, data) => ({
    kind: "escrow-released",
    organiser: address(t[2]),
    ...readAmount(t, data),
  }),
  RefundsFunded: (t, data) => ({ kind: "refunds-funded", ...readAmount(t, data) }),
  FundsReclaimed: (t, data) => ({ kind: "funds-reclaimed", ...readAmount(t, data) }),
  Refunded: (t, data) => ({
    kind: "refunded",
    ticketId: BigInt(t[1] as string),
    holder: address(t[2]),
    amount: word(data, 0),
  }),
  SplitLocked: (t, data) => ({
    kind: "split-locked",
    eventId: number(t[1]),
    payees: readList(data, 0).map((text) => address(text)),
    shares: readList(data, 1).map(number),
  }),
  ShareRedirected: (t, data) => ({
    kind: "share-redirected",
    eventId: number(t[1]),
    index: Number(word(data, 0)),
    to: address(t[3]),
    version: Number(word(data, 1)),
  }),
};

/** The renderer's interface is not among the generated ones: the chain makes it, not we. */
const ARTWORK_SET = "ArtworkSet(uint256,string)";

const events = [...ticketsAbi, ...resaleAbi, ...boxOfficeAbi, ...splitsAbi].filter(
  (item) => item.type === "event",
) as readonly AbiEvent[];

const READER_OF = new Map(
  Object.entries(READERS).map(([name, read]): [string, Reader] => {
    const event = events.find((item) => item.name === name);
    return [event === undefined ? toEventSelector(ARTWORK_SET) : toEventSelector(event), read];
  }),
);

/** The names of the events that the mirror reads; the others change nothing that it shows. */
export const MIRRORED_EVENTS: readonly string[] = Object.keys(READERS);

const addresses = new Map<string, string>();
let txHash = "";

/** undefined for a log of ours that the mirror has no use for. */
export function decodeLog(log: RawLog, block: FactBlock): Fact | undefined {
  const { topics } = log;
  const [name = ""] = topics;
  const read = READER_OF.get(name);
  if (read === undefined) {
    // The same event written otherwise would be passed over without a word.
    if (READER_OF.has(name.toLowerCase())) throw garbage("an event's name");
    return undefined;
  }
  const fact = read(topics, log.data) as Fact;
  fact.block = block;
  // A mint has fifty logs, and each came with a text of its own.
  if (txHash !== log.transactionHash) txHash = hash(log.transactionHash, "a transaction's hash");
  fact.txHash = txHash;
  fact.logIndex = Number(log.logIndex);
  // Tables are keyed by it, and of two nodes one may write it with capitals.
  fact.emitter = log.address.toLowerCase();
  return fact;
}

/** The terms are a static struct: its fields lie in their order, a list as its items. */
const TERMS_AT = termsAt();

function termsAt(): Record<string, number> {
  const created = events.find(({ name }) => name === "EventCreated");
  const terms = created?.inputs.find(({ name }) => name === "terms");
  const fields = terms !== undefined && "components" in terms ? terms.components : [];
  const at: Record<string, number> = {};
  let next = 0;
  for (const { name, type } of fields) {
    at[name ?? ""] = next;
    next += Number(/\[(\d+)\]$/.exec(type)?.[1] ?? 1);
  }
  return at;
}

function readTerms(data: string): EventTerms {
  const at = (name: keyof EventTerms): number => TERMS_AT[name] as number;
  const number = (name: keyof EventTerms) => Number(word(data, at(name)));
  const account = (name: keyof EventTerms) => address(wordHex(data, at(name)));
  return {
    organiser: account("organiser"),
    doorsAt: word(data, at("doorsAt")),
    freezeAt: word(data, at("freezeAt")),
    policy: number("policy"),
    maxGifts: number("maxGifts"),
    resaleCapBps: number("resaleCapBps"),
    royaltyBps: number("royaltyBps"),
    royaltyReceiver: account("royaltyReceiver"),
    planHash: hash(wordHex(data, at("planHash")), "a plan's hash"),
    caps: [0, 1, 2, 3, 4].map((index) => Number(word(data, at("caps") + index))),
    currency: account("currency"),
    boxOffice: account("boxOffice"),
    feeCapBps: number("feeCapBps"),
    lockMinutes: number("lockMinutes"),
    cooldownMinutes: number("cooldownMinutes"),
  };
}

function readPayout(topics: readonly string[], data: string) {
  return { account: address(topics[1]), currency: address(topics[2]), amount: word(data, 0) };
}

function readAmount(topics: readonly string[], data: string) {
  return { eventId: Number(topics[1]), amount: word(data, 0) };
}

/** A list of one-word items, whose place the head names at word `head`. */
function readList(data: string, head: number): string[] {
  const start = Number(word(data, head)) / 32;
  const length = Number(word(data, start));
  return Array.from({ length }, (_, index) => wordHex(data, start + 1 + index));
}

function readText(data: string, head: number): string {
  const start = Number(word(data, head)) / 32;
  const bytes = Number(word(data, start));
  const from = 2 + (start + 1) * WORD;
  const text = Buffer.from(data.slice(from, from + bytes * 2), "hex").toString("utf8");
  // Anybody's bytes, and the one character that no text of a database may have.
  return text.replaceAll("\0", "\ufffd");
}

/** Goes into rows as it is: what is no digit would end a column, and capitals another hash. */
function hash(word: string | undefined, what: string): string {
  if (!isHash(word)) throw garbage(what);
  return word;
}

function number(word: string | undefined): number {
  const value = Number(word);
  if (Number.isNaN(value)) throw garbage("a number");
  return value;
}

/**
 * The tables join by these texts, so a node that writes them otherwise is not believed. Wallets
 * come again and again: one text of each, or those of a backfill fill the memory.
 */
function address(word: string | undefined): string {
  const known = addresses.get(word ?? "");
  if (known !== undefined) return known;
  if (word === undefined || !ADDRESS_WORD.test(word)) throw garbage("an address");
  const text = `0x${word.slice(ADDRESS_AT)}`;
  if (addresses.size >= ADDRESSES_KEPT_MAX) addresses.clear();
  addresses.set(word, text);
  return text;
}

function wordHex(data: string, at: number): string {
  return `0x${data.slice(2 + at * WORD, 2 + (at + 1) * WORD)}`;
}

function word(data: string, at: number): bigint {
  return BigInt(wordHex(data, at));
}
