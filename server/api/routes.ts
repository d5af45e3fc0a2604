// Every route of the API: what it takes, what it answers, who may call it. Server and OpenAPI read it.
import { z } from "zod";
import type { Role } from "../domain/role.ts";
import { NonceResponse, SessionResponse, SignInRequest } from "./auth.ts";
import { ConfigResponse } from "./config.ts";
import type { ErrorCode } from "./errors.ts";
import { EventListResponse, EventResponse, SeatStatesResponse } from "./event.ts";
import { Address, EventId, HoldId, OrderId, TicketId } from "./fields.ts";
import { ScanRequest, ScanResponse } from "./gate.ts";
import { HoldRequest, HoldResponse } from "./hold.ts";
import { OrderRequest, OrderResponse, PaymentRequest, PaymentResponse } from "./order.ts";
import { ORGANISER_ROUTES } from "./organiser-routes.ts";
import {
  OperatorListResponse,
  OperatorRequest,
  OperatorResponse,
  RoleListResponse,
  RoleName,
  RoleRequest,
  RoleResponse,
} from "./roles.ts";
import { TicketListQuery, TicketListResponse, TicketResponse } from "./ticket.ts";

/** Decided by the edge, before the stage's handler runs. */
type Access =
  /** Anybody. */
  | { access: "public" }
  /** A signed-in wallet; the handler shows it what is its own. */
  | { access: "session" }
  /**
   * A signed-in wallet with one of the roles for the event that the path's or else the body's
   * `eventId` names. An operator's role has no event and counts wherever it is listed.
   */
  | { access: "staff"; roles: readonly [Role, ...Role[]] };

interface RouteShape {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  summary: string;
  /** True where a second try must not spend twice: the route then needs an Idempotency-Key. */
  keyed?: true;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Where more than the usual is right; counted unpacked. */
  bodyBytesMax?: number;
  status: 200 | 201 | 204;
  response?: z.ZodType;
  errors: readonly ErrorCode[];
}

export type Route = RouteShape & Access;

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
  createNonce: {
    method: "POST",
    path: "/v1/auth/nonce",
    summary: "Begin a sign-in: a nonce bound to this browser",
    access: "public",
    status: 201,
    response: NonceResponse,
    errors: ["server/unavailable"],
  },
  signIn: {
    method: "POST",
    path: "/v1/auth/session",
    summary: "Sign in with Ethereum (EIP-4361)",
    access: "public",
    body: SignInRequest,
    status: 201,
    response: SessionResponse,
    errors: [
      "auth/nonce-used",
      "auth/signature-invalid",
      "chain/unreachable",
      "server/unavailable",
    ],
  },
  getSession: {
    method: "GET",
    path: "/v1/auth/session",
    summary: "Who is signed in",
    access: "session",
    status: 200,
    response: SessionResponse,
    errors: [],
  },
  signOut: {
    method: "DELETE",
    path: "/v1/auth/session",
    summary: "Sign out on this device",
    access: "session",
    status: 204,
    errors: [],
  },
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
  ...ORGANISER_ROUTES,
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
  listRoles: {
    method: "GET",
    path: "/v1/events/:eventId/roles",
    summary: "Who may do what for an event",
    access: "staff",
    roles: ["organiser", "operator"],
    params: eventParams,
    status: 200,
    response: RoleListResponse,
    errors: [],
  },
  grantRole: {
    method: "POST",
    path: "/v1/events/:eventId/roles",
    summary: "Give a wallet a role for an event; the same again changes nothing",
    access: "staff",
    roles: ["organiser", "operator"],
    params: eventParams,
    body: RoleRequest,
    status: 201,
    response: RoleResponse,
    errors: ["request/not-found", "auth/limit-reached"],
  },
  revokeRole: {
    method: "DELETE",
    path: "/v1/events/:eventId/roles/:role/:address",
    summary: "Take a role away from a wallet, at once",
    access: "staff",
    roles: ["organiser", "operator"],
    params: z.strictObject({ eventId: EventId, role: RoleName, address: Address }),
    status: 204,
    errors: ["request/not-found", "auth/last-holder"],
  },
  listOperators: {
    method: "GET",
    path: "/v1/operators",
    summary: "Who operates the platform",
    access: "staff",
    roles: ["operator"],
    status: 200,
    response: OperatorListResponse,
    errors: [],
  },
  grantOperator: {
    method: "POST",
    path: "/v1/operators",
    summary: "Name an operator; the same again changes nothing",
    access: "staff",
    roles: ["operator"],
    body: OperatorRequest,
    status: 201,
    response: OperatorResponse,
    errors: ["auth/limit-reached"],
  },
  revokeOperator: {
    method: "DELETE",
    path: "/v1/operators/:address",
    summary: "Take the operator's role away, at once",
    access: "staff",
    roles: ["operator"],
    params: z.strictObject({ address: Address }),
    status: 204,
    errors: ["request/not-found", "auth/last-holder"],
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

type Parsed<R, K extends keyof RouteShape> =
  R extends Record<K, infer S extends z.ZodType> ? z.output<S> : undefined;
export type ParamsOf<N extends RouteName> = Parsed<(typeof ROUTES)[N], "params">;
export type QueryOf<N extends RouteName> = Parsed<(typeof ROUTES)[N], "query">;
export type BodyOf<N extends RouteName> = Parsed<(typeof ROUTES)[N], "body">;
export type ResponseOf<N extends RouteName> = Parsed<(typeof ROUTES)[N], "response">;
