// What a seed makes of a run: who owes what to whom, how the chain is, and how much goes wrong.
import { zeroAddress } from "viem";
import { packSeat, packTicketId } from "#server/domain/ticket-id.ts";
import type { Dice } from "./dice.ts";

/** Times of a thousand, of each step or block that it could happen to. */
export interface Faults {
  db: number;
  chain: number;
  /** A node that answers from some blocks ago. */
  lag: number;
  sign: number;
  crash: number;
  /** A process that is stopped for a while and then goes on as if nothing had been. */
  pause: number;
  /** Wake-ups and words of the mirror that never arrive. */
  wake: number;
  reorg: number;
  /** Of what a mempool or a reorg could forget. */
  drop: number;
  spike: number;
}

export const CALM: Faults = {
  ...{ db: 0, chain: 0, lag: 0, sign: 0, crash: 0, pause: 0, wake: 0 },
  ...{ reorg: 0, drop: 0, spike: 0 },
};

export interface PaidLine {
  eventId: number;
  ticketId: bigint;
  owner: `0x${string}`;
  class: number;
  unitPrice: bigint;
}

export interface Scenario {
  workers: number;
  /** Addresses of the signing keys. */
  keys: readonly `0x${string}`[];
  /** A key without coin mints nothing, and the others have to. */
  poorKey: `0x${string}` | undefined;
  orders: readonly { id: string; atMs: number; lines: readonly PaidLine[] }[];
  /** Seats that somebody else mints, and when. */
  strangers: readonly { atMs: number; line: PaidLine }[];
  /** A key of ours in somebody else's hands. */
  misuses: readonly { atMs: number; key: `0x${string}` }[];
  blockMs: number;
  finality: number;
  knowsFinalized: boolean;
  baseFee: bigint;
  /** When everything goes well from now on. */
  calmMs: number;
  faults: Faults;
}

const GWEI = 1_000_000_000n;
const SEATS_PER_ROW = 20;
const LINES_PER_ORDER_MAX = 4;

export function drawScenario(dice: Dice): Scenario {
  const calmMs = dice.between(20_000, 60_000);
  const keys = Array.from({ length: dice.between(1, 3) }, (_, at) => addressOf("aa", at + 1));
  const orders = drawOrders(dice, calmMs);
  const lines = orders.flatMap((order) => order.lines);
  const within = () => dice.between(0, calmMs);
  return {
    workers: dice.between(1, 3),
    keys,
    poorKey: keys.length > 1 && dice.permille(150) ? keys.at(-1) : undefined,
    orders,
    strangers: some(dice, 250, 2, () => ({ atMs: within(), line: dice.pick(lines) })),
    misuses: some(dice, 100, 2, () => ({ atMs: within(), key: dice.pick(keys) })),
    blockMs: dice.pick([500, 1_000, 1_000, 2_000, 5_000]),
    finality: dice.between(34, 64),
    knowsFinalized: dice.permille(800),
    baseFee: BigInt(dice.between(1, 12)) * GWEI,
    calmMs,
    faults: drawFaults(dice),
  };
}

/** Nothing in most seeds, or up to so many. */
function some<T>(dice: Dice, permille: number, max: number, draw: () => T): T[] {
  const count = dice.permille(permille) ? dice.between(1, max) : 0;
  return Array.from({ length: count }, draw);
}

/** One seed is bad at one thing, another at all of them a little. */
function drawFaults(dice: Dice): Faults {
  const some = (often: number, much: number) => (dice.permille(600) ? dice.pick([often, much]) : 0);
  return {
    db: some(5, 40),
    chain: some(20, 150),
    lag: some(50, 300),
    sign: some(20, 150),
    crash: some(2, 10),
    pause: some(1, 5),
    wake: some(100, 700),
    reorg: some(30, 150),
    drop: some(50, 400),
    spike: some(10, 40),
  };
}

function drawOrders(dice: Dice, calmMs: number): Scenario["orders"] {
  const events = dice.between(1, 3);
  const nextSeats = new Map<number, number>();
  return Array.from({ length: dice.between(2, 12) }, (_, at) => {
    const eventId = dice.between(1, events);
    const owner = dice.permille(40) ? zeroAddress : addressOf("fa", at + 1);
    const kind = dice.between(0, 1);
    const lines = Array.from({ length: dice.between(1, LINES_PER_ORDER_MAX) }, () => {
      const next = nextSeats.get(eventId) ?? 0;
      nextSeats.set(eventId, next + 1);
      return {
        ...{ eventId, owner, ticketId: ticketOf(eventId, next) },
        ...{ class: kind, unitPrice: kind === 0 ? 4_500n : 9_000n },
      };
    });
    return { id: `ord_${at + 1}`, atMs: dice.between(0, Math.floor(calmMs * 0.8)), lines };
  });
}

function ticketOf(eventId: number, place: number): bigint {
  const row = 1 + Math.floor(place / SEATS_PER_ROW);
  const seat = packSeat({ section: 1, row, seat: 1 + (place % SEATS_PER_ROW) });
  return packTicketId({ eventId, issue: 0, seat });
}

export function addressOf(kind: string, at: number): `0x${string}` {
  return `0x${kind}${at.toString(16).padStart(38, "0")}`;
}
