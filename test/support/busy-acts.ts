// What happens to tickets in a block of a busy chain: chosen from a seed among what their state allows.
import { encodeFunctionData, numberToHex, toHex, zeroAddress } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { encodeRuns } from "#server/domain/mint-runs.ts";
import { packSeat, packTicketId, unpackSeat, unpackTicketId } from "#server/domain/ticket-id.ts";
import type { Modules } from "#server/platform/env.ts";
import { addressOf, deployer } from "./deployment.ts";
import type { Chance } from "./seeded.ts";

export type Hex = `0x${string}`;

export interface Ticket {
  owner: Hex;
  nonce: number;
}

/** How the tickets are at the end of a block, as its logs tell. */
export interface Tickets {
  byId: ReadonlyMap<bigint, Ticket>;
  /** What may be paid back. */
  voided: readonly bigint[];
  /** Who gets the royalties, and since which redirection. */
  split: { version: bigint; payee: Hex };
  /** The index of the next seat that nobody had. */
  minted: number;
}

export interface Transaction {
  from: Hex;
  to: Hex;
  data: Hex;
  value?: Hex;
  gas: Hex;
  gasPrice: "0x0";
}

export interface ActsOptions {
  tickets: Hex;
  modules: Modules;
  deadline: number;
  chance: Chance;
}

export const EVENT_ID = 9;
/** In the event's face unit, of which a wei is a thousand-millionth. */
const FACE = 5_000;
const FACE_WEI = BigInt(FACE) * 10n ** 9n;
const WALLETS = 24;
export const BATCH_MAX = 6;
const PER_ROW = 400;
const FEE_BPS = 200;
/** Enough for the largest batch. */
const GAS = "0x16e360";

export const WALLET_ADDRESSES: readonly Hex[] = Array.from(
  { length: WALLETS },
  (_, at) => `0x${(0xfa_0000_0000 + at).toString(16).padStart(40, "6")}` as const,
);

/** One act each; more of those that change most. */
const KINDS = [
  ...(["mint", "mint", "buy", "buy", "sell", "sell", "sell", "move", "move"] as const),
  ...(["check-in", "cancel", "void", "refund", "distribute", "redirect", "grant"] as const),
];
const OF_EVENT = ["refund", "distribute", "redirect", "grant"] as const;
type OfEvent = (typeof OF_EVENT)[number];
const isOfEvent = (kind: string): kind is OfEvent => OF_EVENT.includes(kind as OfEvent);

export type Acts = ReturnType<typeof createActs>;

export function createActs(options: ActsOptions) {
  const { chance } = options;
  const { mint, buy, ofTicket } = createTicketActs(options);
  const ofEvent = createEventActs(options);

  /** Seats that nobody has yet; `skipped` are being minted in the same block. */
  const fresh = (state: Tickets, skipped: number): bigint[] =>
    Array.from({ length: 1 + chance(BATCH_MAX) }, (_, at) => ticketAt(state.minted + skipped + at));

  return {
    /** Some of these may revert; a block is made of what the rest did. */
    choose(state: Tickets, count: number): Transaction[] {
      const all = [...state.byId];
      const chosen: Transaction[] = [];
      let skipped = 0;
      for (let at = 0; at < count; at += 1) {
        const kind = KINDS[chance(KINDS.length)] as (typeof KINDS)[number];
        const ticket = all[chance(all.length)];
        if (isOfEvent(kind)) {
          chosen.push(ofEvent(kind, state));
        } else if (kind === "mint" || kind === "buy" || ticket === undefined) {
          const ids = fresh(state, skipped);
          skipped += ids.length;
          chosen.push(kind === "buy" ? buy(ids) : mint(ids));
        } else {
          chosen.push(ofTicket(kind, ticket));
        }
      }
      return chosen;
    },
    mint: (state: Tickets, skipped: number) => mint(fresh(state, skipped)),
  };
}

function walletBy(chance: Chance): Hex {
  return WALLET_ADDRESSES[chance(WALLETS)] as Hex;
}

function onTickets(tickets: Hex, from: Hex, functionName: string, args: unknown[]): Transaction {
  const data = encodeFunctionData({ abi: ticketsAbi, functionName, args } as never);
  return act(from, tickets, data);
}

function createTicketActs({ tickets, modules, deadline, chance }: ActsOptions) {
  const mint = (ids: readonly bigint[]): Transaction => {
    const owner = walletBy(chance);
    const runs = encodeRuns(ids.map((ticketId) => ({ ticketId, owner })));
    const args = [BigInt(EVENT_ID), 0, FACE, runs];
    return onTickets(tickets, addressOf("minter"), "mintRuns", args);
  };

  const buy = (ids: readonly bigint[]): Transaction => {
    const owner = walletBy(chance);
    const voucher = {
      ...{ eventId: BigInt(EVENT_ID), class: 0, unitPrice: FACE, deadline, payer: zeroAddress },
      orderId: toHex(BigInt(chance(2 ** 31)) * 2n ** 31n + BigInt(chance(2 ** 31)), { size: 32 }),
      runs: encodeRuns(ids.map((ticketId) => ({ ticketId, owner }))),
    };
    const args = [voucher, addressOf("voucher"), "0x"] as const;
    const data = encodeFunctionData({ abi: boxOfficeAbi, functionName: "buy", args });
    return act(owner, modules.boxOffice, data, FACE_WEI * BigInt(ids.length));
  };

  const sell = ([id, { nonce }]: [bigint, Ticket]): Transaction => {
    const [to, price] = [walletBy(chance), FACE_WEI + BigInt(chance(FACE)) * 10n ** 9n];
    const ask = {
      ...{ id, market: modules.resale, currency: zeroAddress, price, nonce, deadline },
      ...{ feeBps: FEE_BPS, feeTo: addressOf("admin"), allowedBuyer: zeroAddress },
    };
    const args = [ask, to, "0x"] as const;
    const data = encodeFunctionData({ abi: resaleAbi, functionName: "buy", args });
    return act(to, modules.resale, data, price);
  };

  const ofTicket = (kind: string, [id, ticket]: [bigint, Ticket]): Transaction => {
    const { owner } = ticket;
    const call = (from: Hex, name: string, args: unknown[]) => onTickets(tickets, from, name, args);
    if (kind === "sell") return sell([id, ticket]);
    if (kind === "move") return call(owner, "transferFrom", [owner, walletBy(chance), id]);
    if (kind === "check-in") return call(addressOf("gate"), "checkIn", [id]);
    if (kind === "cancel") return call(owner, "cancel", [id]);
    return call(addressOf("refunder"), "void", [[id]]);
  };

  return { mint, buy, ofTicket };
}

function createEventActs({ tickets, modules, chance }: ActsOptions) {
  return (kind: OfEvent, state: Tickets): Transaction => {
    const split = { version: state.split.version, payees: [state.split.payee], shares: [10_000] };
    if (kind === "grant") {
      // The deployer is the admin until the one it named accepts.
      const name = chance(2) === 0 ? "grantRole" : "revokeRole";
      return onTickets(tickets, deployer, name, [ROLE, walletBy(chance)]);
    }
    if (kind === "refund") {
      const id = state.voided[chance(state.voided.length)] ?? ticketAt(0);
      const data = encodeFunctionData({ abi: boxOfficeAbi, functionName: "refund", args: [[id]] });
      return act(walletBy(chance), modules.boxOffice, data);
    }
    if (kind === "distribute") {
      const args = [BigInt(EVENT_ID), zeroAddress, split] as const;
      const data = encodeFunctionData({ abi: resaleAbi, functionName: "distribute", args });
      return act(walletBy(chance), modules.resale, data);
    }
    const args = [BigInt(EVENT_ID), split, 0n, walletBy(chance), "0x"] as const;
    const data = encodeFunctionData({ abi: splitsAbi, functionName: "redirectShare", args });
    return act(walletBy(chance), modules.splits, data);
  };
}

/** Of no duty, so that taking it away hurts nobody. */
const ROLE = toHex("spectators", { size: 32 });

function act(from: Hex, to: Hex, data: Hex, value = 0n): Transaction {
  return { from, to, data, value: numberToHex(value), gas: GAS, gasPrice: "0x0" };
}

function ticketAt(index: number): bigint {
  const [row, seat] = [1 + Math.floor(index / PER_ROW), 1 + (index % PER_ROW)];
  return packTicketId({ eventId: EVENT_ID, issue: 0, seat: packSeat({ section: 1, row, seat }) });
}

/** Which of the seats a ticket is of, in the order in which they are minted. */
export function indexOf(id: bigint): number {
  const { row, seat } = unpackSeat(unpackTicketId(id).seat);
  return (row - 1) * PER_ROW + seat - 1;
}
