// Every route of the API: what it takes, what it answers, who may call it. Server and OpenAPI read it.
import { z } from "zod";
import { ACCOUNT_ROUTES } from "./account-routes.ts";
import { ConfigResponse } from "./config.ts";
import { EventListResponse, EventResponse, SeatStatesResponse } from "./event.ts";
import { EventId, HoldId, OrderId, TicketId } from "./fields.ts";
import { ScanRequest, ScanResponse } from "./gate.ts";
import { HoldRequest, HoldResponse } from "./hold.ts";
import { OrderRequest, OrderResponse, PaymentRequest, PaymentResponse } from "./order.ts";
import { ROLE_ROUTES } from "./role-routes.ts";
import type { Route } from "./route.ts";
import { TicketListQuery, TicketListResponse, TicketResponse } from "./ticket.ts";
import { WEBHOOK_ROUTES } from "./webhook-routes.ts";

const eventParams = z.strictObject({ eventId: EventId });
const holdParams = z.strictObject({ eventId: EventId, holdId: HoldId });
const orderParams = z.strictObject({ orderId: OrderId });

export const ROUTES = {
  getConfig: {
    method: "GET",
    path: "/v1/config",
    summary: "What a client needs to know about this installation",
    access: "public",
    status: 200,
    response: ConfigResponse,
    errors: [],
  },
  ...ACCOUNT_ROUTES,
  ...ROLE_ROUTES,
  ...WEBHOOK_ROUTES,
  listEvents: {
    method: "GET",
    path: "/v1/events",
    summary: "Events on sale, soonest first",
    access: "public",
    status: 200,
    response: EventListResponse,
    errors: [],
  },
  getEvent: {
    method: "GET",
    path: "/v1/events/:eventId",
    summary: "An event with its prices and seating plan",
    access: "public",
    params: eventParams,
    status: 200,
    response: EventResponse,
    errors: ["request/not-found"],
  },
  getSeatStates: {
    method: "GET",
    path: "/v1/events/:eventId/seats",
    summary: "Which seats are held or sold now",
    access: "public",
    params: eventParams,
    status: 200,
    response: SeatStatesResponse,
    errors: ["request/not-found"],
  },
  createHold: {
    method: "POST",
    path: "/v1/events/:eventId/holds",
    summary: "Hold seats: all of them or none",
    access: "session",
    params: eventParams,
    body: HoldRequest,
    status: 201,
    response: HoldResponse,
    errors: ["hold/seat-taken", "hold/limit-reached", "hold/sale-closed", "server/unavailable"],
  },
  getHold: {
    method: "GET",
    path: "/v1/events/:eventId/holds/:holdId",
    summary: "A hold of yours",
    access: "session",
    params: holdParams,
    status: 200,
    response: HoldResponse,
    errors: ["hold/expired", "server/unavailable"],
  },
  releaseHold: {
    method: "DELETE",
    path: "/v1/events/:eventId/holds/:holdId",
    summary: "Give held seats back",
    access: "session",
    params: holdParams,
    status: 204,
    errors: ["hold/expired", "server/unavailable"],
  },
  createOrder: {
    method: "POST",
    path: "/v1/orders",
    summary: "Turn a hold into an order; its seats are claimed until it is paid or expires",
    access: "session",
    keyed: true,
    body: OrderRequest,
    status: 201,
    response: OrderResponse,
    errors: ["hold/expired", "hold/seat-taken", "hold/sale-closed", "server/unavailable"],
  },
  getOrder: {
    method: "GET",
    path: "/v1/orders/:orderId",
    summary: "An order of yours and how far its tickets have come",
    access: "session",
    params: orderParams,
    status: 200,
    response: OrderResponse,
    errors: ["request/not-found"],
  },
  createPayment: {
    method: "POST",
    path: "/v1/orders/:orderId/payments",
    summary: "Pay an order",
    access: "session",
    keyed: true,
    params: orderParams,
    body: PaymentRequest,
    status: 201,
    response: PaymentResponse,
    errors: [
      "request/not-found",
      "order/expired",
      "order/wrong-state",
      "pay/declined",
      "server/unavailable",
    ],
  },
  listTickets: {
    method: "GET",
    path: "/v1/tickets",
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
    summary: "One ticket, as the chain says",
    access: "public",
    params: z.strictObject({ ticketId: TicketId }),
    status: 200,
    response: TicketResponse,
    errors: ["request/not-found"],
  },
  scan: {
    method: "POST",
    path: "/v1/gate/scans",
    summary: "Judge a pass at the door; admits a ticket once",
    access: "staff",
    roles: ["gate"],
    body: ScanRequest,
    status: 200,
    response: ScanResponse,
    errors: ["request/key-reused", "chain/mirror-behind"],
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

type Parsed<R, K extends keyof Route> =
  R extends Record<K, infer S extends z.ZodType> ? z.output<S> : undefined;
export type ParamsOf<N extends RouteName> = Parsed<(typeof ROUTES)[N], "params">;
export type QueryOf<N extends RouteName> = Parsed<(typeof ROUTES)[N], "query">;
export type BodyOf<N extends RouteName> = Parsed<(typeof ROUTES)[N], "body">;
export type ResponseOf<N extends RouteName> = Parsed<(typeof ROUTES)[N], "response">;
