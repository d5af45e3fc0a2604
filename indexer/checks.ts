// What the contracts themselves say of each row of the mirror: the questions, and the columns to compare.
import { type Abi, encodeAbiParameters, type Hex, keccak256 } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Deployment } from "#server/platform/env.ts";
import type { Row } from "./table.ts";

/** One row with the question whose answer tells each of `columns`. */
export interface Check {
  table: string;
  /** The rows; ordered by `key`, a sample of them is enough to find a mirror that is wrong. */
  sql: string;
  ask(row: Row, deployment: Deployment): Question | undefined;
  /** By column: what the mirror has and what the chain says. */
  compare(row: Row, answer: never): Record<string, readonly [mirror: unknown, chain: unknown]>;
}

export interface Question {
  address: Hex;
  abi: Abi;
  functionName: string;
  args: readonly unknown[];
}

const FLAGS = { used: 1, void: 4, funded: 8, resold: 16, card: 32 } as const;

export const CHECKS: readonly Check[] = [
  {
    table: "ticket",
    sql: "SELECT * FROM ticket",
    ask: ({ ticket_id }, { tickets }) => of(tickets, ticketsAbi, "ticketOf", [ticket_id]),
    compare: (row, answer: Record<"owner" | "face" | "nonce" | "gifts" | "flags", unknown>) => ({
      owner: [row.owner, lower(answer.owner)],
      face: [row.face, BigInt(answer.face as number)],
      nonce: [row.nonce, answer.nonce],
      gifts: [row.gifts, answer.gifts],
      ...Object.fromEntries(
        Object.entries(FLAGS).map(([flag, bit]) => [
          flag,
          [row[flag], (Number(answer.flags) & bit) !== 0] as const,
        ]),
      ),
    }),
  },
  {
    table: "holder",
    sql: "SELECT * FROM holder",
    ask: ({ owner }, { tickets }) => of(tickets, ticketsAbi, "balanceOf", [owner]),
    compare: (row, answer: bigint) => ({ tickets: [BigInt(row.tickets as number), answer] }),
  },
  {
    table: "event",
    sql: "SELECT * FROM event",
    ask: ({ event_id }, { tickets }) => of(tickets, ticketsAbi, "eventOf", [number(event_id)]),
    compare: (row, answer: Record<string, unknown>) => ({
      organiser: [row.organiser, lower(answer.organiser)],
      plan_hash: [row.plan_hash, answer.planHash],
      doors_at: [row.doors_at, number(answer.doorsAt)],
      freeze_at: [row.freeze_at, number(answer.freezeAt)],
      refund_until: [row.refund_until, number(answer.refundUntil)],
      royalty_bps: [row.royalty_bps, answer.royaltyBps],
      resale_cap_bps: [row.resale_cap_bps, answer.resaleCapBps],
      currency: [row.currency, lower(answer.currency)],
      box_office: [row.box_office, lower(answer.boxOffice)],
      cancelled: [row.cancelled, answer.cancelled],
      paused_actions: [row.paused_actions, answer.pausedActions],
      paused_until: [row.paused_until, number(answer.pausedUntil)],
    }),
  },
  {
    table: "class_stock",
    // Each first issue of a seat took a unit: a ticket that the mirror missed shows here.
    sql: `SELECT stock.*, (
            SELECT count(*) FROM ticket WHERE ticket.deployment = stock.deployment
              AND ticket.event_id = stock.event_id AND ticket.class = stock.class
              AND ticket.ticket_id BETWEEN stock.event_id::bigint << 40
                                       AND (stock.event_id::bigint << 40) + (1::bigint << 36) - 1
          ) AS first_issues FROM class_stock AS stock`,
    ask: (row, { tickets }) =>
      of(tickets, ticketsAbi, "classOf", [number(row.event_id), row.class]),
    compare: (row, [cap, minted]: readonly [bigint, bigint]) => ({
      cap: [number(row.cap), cap],
      minted: [number(row.minted), minted],
      first_issues: [row.first_issues, minted],
    }),
  },
  {
    table: "market",
    sql: "SELECT * FROM market",
    ask: (row, { tickets }) =>
      of(tickets, ticketsAbi, "isMarket", [number(row.event_id), row.market]),
    compare: (row, answer: boolean) => ({ allowed: [row.allowed, answer] }),
  },
  {
    table: "role_member",
    sql: "SELECT * FROM role_member",
    ask: ({ role, account }, { tickets }) => of(tickets, ticketsAbi, "hasRole", [role, account]),
    compare: (row, answer: boolean) => ({ held: [row.held, answer] }),
  },
  {
    table: "escrow",
    sql: "SELECT * FROM escrow",
    ask: ({ event_id }, { modules }) =>
      modules && of(modules.boxOffice, boxOfficeAbi, "escrowOf", [number(event_id)]),
    compare: (row, answer: bigint) => ({ held: [row.held, answer] }),
  },
  {
    table: "escrow",
    sql: "SELECT * FROM escrow",
    ask: ({ event_id }, { modules }) =>
      modules && of(modules.boxOffice, boxOfficeAbi, "fundsOf", [number(event_id)]),
    compare: (row, answer: bigint) => ({ funds: [row.funds, answer] }),
  },
  {
    table: "pot",
    sql: "SELECT * FROM pot",
    ask: ({ event_id, currency }, { modules }) =>
      modules && of(modules.resale, resaleAbi, "potOf", [number(event_id), currency]),
    compare: (row, answer: bigint) => ({
      balance: [(row.collected as bigint) - (row.distributed as bigint), answer],
    }),
  },
  {
    table: "credit",
    sql: "SELECT * FROM credit",
    ask: ({ contract, account, currency }) =>
      of(contract as Hex, resaleAbi, "creditOf", [account, currency]),
    compare: (row, answer: bigint) => ({ amount: [row.amount, answer] }),
  },
  {
    table: "split_share",
    sql: `SELECT event_id, max(version) AS version, array_agg(payee ORDER BY position) AS payees,
                 array_agg(share_bps ORDER BY position) AS shares
          FROM split_share WHERE deployment = $1 GROUP BY event_id`,
    ask: ({ event_id }, { modules }) =>
      modules && of(modules.splits, splitsAbi, "splitHashOf", [number(event_id)]),
    compare: (row, answer: Hex) => ({ shares: [splitHash(row), answer] }),
  },
];

function of(address: Hex, abi: Abi, functionName: string, args: readonly unknown[]): Question {
  return { address, abi, functionName, args };
}

function lower(value: unknown): string {
  return String(value).toLowerCase();
}

function number(value: unknown): bigint {
  return BigInt(value as number);
}

/** As Splits.sol stores it. */
function splitHash(row: Row): Hex {
  const split = {
    version: number(row.version),
    payees: row.payees as Hex[],
    shares: row.shares as number[],
  };
  const components = [
    { name: "version", type: "uint256" },
    { name: "payees", type: "address[]" },
    { name: "shares", type: "uint16[]" },
  ] as const;
  return keccak256(encodeAbiParameters([{ type: "tuple", components }], [split]));
}
