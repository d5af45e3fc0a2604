// The routes that look things up in the mirror of the chain.
import { z } from "zod";
import { FactsQuery } from "./facts.ts";
import { EventId, TicketId, TxHash } from "./fields.ts";
import {
  HistoryResponse,
  MirrorResponse,
  PaidOrderResponse,
  PayoutListQuery,
  PayoutListResponse,
  RoyaltiesResponse,
  SaleListQuery,
  SaleListResponse,
  TransactionQuery,
  TransactionResponse,
} from "./lookup.ts";
import type { Route } from "./route.ts";
import { TicketListQuery, TicketListResponse, TicketResponse } from "./ticket.ts";

const eventParams = z.strictObject({ eventId: EventId });
const ticketParams = z.strictObject({ ticketId: TicketId });

const seatParams = z.strictObject({
  eventId: EventId,
  seat: z
    .string()
    .regex(/^\d{1,11}$/)
    .describe("A seat of the plan: section · row · seat, 12 bits each."),
});

export const LOOKUP_ROUTES = {
  listTickets: {
    method: "GET",
    path: "/v1/tickets",
    limit: "read",
    summary: "The tickets of a wallet, as the chain says",
    access: "public",
    query: TicketListQuery,
    status: 200,
    response: TicketListResponse,
    errors: [],
  },
  getTicket: {
    method: "GET",
    path: "/v1/tickets/:ticketId",
    limit: "read",
    summary: "One ticket, as the chain says",
    access: "public",
    params: ticketParams,
    status: 200,
    response: TicketResponse,
    errors: ["request/not-found"],
  },
  getTicketHistory: {
    method: "GET",
    path: "/v1/tickets/:ticketId/history",
    limit: "read",
    summary: "What happened to a ticket on chain, and what it cost each time",
    access: "public",
    params: ticketParams,
    status: 200,
    response: HistoryResponse,
    errors: ["request/not-found"],
  },
  getSeatTicket: {
    method: "GET",
    path: "/v1/events/:eventId/seats/:seat/ticket",
    limit: "read",
    summary: "The newest ticket of a seat",
    access: "public",
    params: seatParams,
    status: 200,
    response: TicketResponse,
    errors: ["request/not-found"],
  },
  listSales: {
    method: "GET",
    path: "/v1/events/:eventId/sales",
    limit: "read",
    summary: "The sales of an event's tickets between fans, newest first",
    access: "public",
    params: eventParams,
    query: SaleListQuery,
    status: 200,
    response: SaleListResponse,
    errors: ["request/not-found"],
  },
  getRoyalties: {
    method: "GET",
    path: "/v1/events/:eventId/royalties",
    limit: "read",
    summary: "The royalties of an event: what lies in the pot, who is owed and who was paid",
    access: "public",
    params: eventParams,
    status: 200,
    response: RoyaltiesResponse,
    errors: ["request/not-found"],
  },
  listPayouts: {
    method: "GET",
    path: "/v1/events/:eventId/payouts",
    limit: "read",
    summary: "What an event has paid to its payees and its organiser, newest first",
    access: "public",
    params: eventParams,
    query: PayoutListQuery,
    status: 200,
    response: PayoutListResponse,
    errors: ["request/not-found"],
  },
  getTransaction: {
    method: "GET",
    path: "/v1/transactions/:txHash",
    limit: "read",
    summary: "Whether the mirror shows a transaction yet, and which tickets it moved",
    access: "public",
    params: z.strictObject({ txHash: TxHash }),
    query: TransactionQuery,
    status: 200,
    response: TransactionResponse,
    errors: ["chain/unreachable", "server/unavailable"],
  },
  getPaidOrder: {
    method: "GET",
    path: "/v1/paid-orders/:orderId",
    limit: "read",
    summary: "An order that was paid on chain, by the id in its voucher",
    access: "public",
    params: z.strictObject({ orderId: TxHash.describe("As the voucher names it.") }),
    status: 200,
    response: PaidOrderResponse,
    errors: ["request/not-found"],
  },
  followFacts: {
    method: "GET",
    path: "/v1/facts",
    limit: "map",
    summary: "What happens on chain as it is mirrored, and what a reorg takes back, as events",
    access: "public",
    query: FactsQuery,
    status: 200,
    answers: "events",
    errors: ["request/not-found", "server/unavailable"],
  },
  getMirror: {
    method: "GET",
    path: "/v1/mirror",
    limit: "read",
    summary: "How new the mirror of each chain is",
    access: "public",
    status: 200,
    response: MirrorResponse,
    errors: [],
  },
} as const satisfies Record<string, Route>;
