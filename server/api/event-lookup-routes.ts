// The routes that look up one event in the mirror of the chain, and the tickets of one order.
import { z } from "zod";
import {
  CheckInListQuery,
  CheckInListResponse,
  ClassesResponse,
  EscrowQuery,
  EscrowResponse,
  EventTicketListQuery,
  EventTicketListResponse,
  OrderTicketsResponse,
} from "./event-lookup.ts";
import { EventId, OrderId } from "./fields.ts";
import type { Route } from "./route.ts";

const eventParams = z.strictObject({ eventId: EventId });

export const EVENT_LOOKUP_ROUTES = {
  listEventTickets: {
    method: "GET",
    path: "/v1/events/:eventId/tickets",
    limit: "read",
    summary: "The tickets of an event, as the chain says",
    access: "public",
    params: eventParams,
    query: EventTicketListQuery,
    status: 200,
    response: EventTicketListResponse,
    errors: ["request/not-found"],
  },
  listCheckIns: {
    method: "GET",
    path: "/v1/events/:eventId/check-ins",
    limit: "read",
    summary: "The tickets of an event that were checked in on chain",
    access: "public",
    params: eventParams,
    query: CheckInListQuery,
    status: 200,
    response: CheckInListResponse,
    errors: ["request/not-found"],
  },
  getEscrow: {
    method: "GET",
    path: "/v1/events/:eventId/escrow",
    limit: "read",
    summary: "What lies in escrow for an event, and each deposit, release and refund",
    access: "public",
    params: eventParams,
    query: EscrowQuery,
    status: 200,
    response: EscrowResponse,
    errors: ["request/not-found"],
  },
  getClasses: {
    method: "GET",
    path: "/v1/events/:eventId/classes",
    limit: "read",
    summary: "The allocation classes of an event on chain: their caps and what was minted of them",
    access: "public",
    params: eventParams,
    status: 200,
    response: ClassesResponse,
    errors: ["request/not-found"],
  },
  getOrderTickets: {
    method: "GET",
    path: "/v1/orders/:orderId/tickets",
    limit: "read",
    summary: "The tickets of an order of yours, as the chain says",
    access: "session",
    params: z.strictObject({ orderId: OrderId }),
    status: 200,
    response: OrderTicketsResponse,
    errors: ["request/not-found"],
  },
} as const satisfies Record<string, Route>;
