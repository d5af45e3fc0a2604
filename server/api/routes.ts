// Every route of the API: what it takes, what it answers, who may call it. Server and OpenAPI read it.
import { z } from "zod";
import { ACCOUNT_ROUTES } from "./account-routes.ts";
import { CompRequest } from "./comp.ts";
import { ConfigResponse } from "./config.ts";
import {
  EventListQuery,
  EventListResponse,
  EventResponse,
  SeatChangesQuery,
  SeatStatesResponse,
} from "./event.ts";
import { EVENT_LOOKUP_ROUTES } from "./event-lookup-routes.ts";
import { EventId, HoldId, OrderId } from "./fields.ts";
import { ScanRequest, ScanResponse } from "./gate.ts";
import { HoldListQuery, HoldListResponse, HoldRequest, HoldResponse } from "./hold.ts";
import { LOOKUP_ROUTES } from "./lookup-routes.ts";
import { NOTICE_ROUTES } from "./notice-routes.ts";
import {
  OrderRequest,
  OrderResponse,
  PaymentRequest,
  PaymentResponse,
  StripeEventRequest,
} from "./order.ts";
import { ORGANISER_ROUTES } from "./organiser-routes.ts";
import { ChallengeResponse } from "./proof.ts";
import { QueueResponse } from "./queue-view.ts";
import { REFUND_ROUTES } from "./refund-routes.ts";
import { ROLE_ROUTES } from "./role-routes.ts";
import type { Route } from "./route.ts";
import { TimelineResponse } from "./timeline.ts";
import { WEBHOOK_ROUTES } from "./webhook-routes.ts";

const eventParams = z.strictObject({ eventId: EventId });
const holdParams = z.strictObject({ eventId: EventId, holdId: HoldId });
const orderParams = z.strictObject({ orderId: OrderId });

/** Objects with all that Stripe knows of them. */
const STRIPE_EVENT_BYTES_MAX = 256 * 1024;

export const ROUTES = {
  getConfig: {
    method: "GET",
    path: "/v1/config",
    limit: "read",
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
    limit: "read",
    summary: "Events on sale, soonest first",
    access: "public",
    query: EventListQuery,
    status: 200,
    response: EventListResponse,
    errors: [],
  },
  getEvent: {
    method: "GET",
    path: "/v1/events/:eventId",
    limit: "read",
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
    limit: "map",
    summary: "Which seats are held or sold now",
    access: "public",
    params: eventParams,
    status: 200,
    response: SeatStatesResponse,
    errors: ["request/not-found"],
  },
  ...ORGANISER_ROUTES,
  getSeatMap: {
    method: "GET",
    path: "/v1/events/:eventId/seats/map",
    limit: "map",
    summary: "All seats' states at once, two bits a seat in the order of the plan",
    access: "public",
    params: eventParams,
    status: 200,
    answers: "bytes",
    errors: ["request/not-found"],
  },
  followSeats: {
    method: "GET",
    path: "/v1/events/:eventId/seats/changes",
    limit: "map",
    summary: "Changes of seats as they happen, as server-sent events",
    access: "public",
    params: eventParams,
    query: SeatChangesQuery,
    status: 200,
    answers: "events",
    errors: ["request/not-found"],
  },
  createChallenge: {
    method: "POST",
    path: "/v1/events/:eventId/challenge",
    limit: "challenge",
    summary: "A proof of work to solve, where the sale asks for one before it holds seats",
    access: "session",
    params: eventParams,
    status: 201,
    response: ChallengeResponse,
    errors: ["server/unavailable"],
  },
  listHolds: {
    method: "GET",
    path: "/v1/holds",
    limit: "read",
    summary: "Your holds that have not ended, the first to end first",
    access: "session",
    query: HoldListQuery,
    status: 200,
    response: HoldListResponse,
    errors: ["request/not-found", "server/unavailable"],
  },
  createHold: {
    method: "POST",
    path: "/v1/events/:eventId/holds",
    limit: "hold",
    proof: true,
    keyed: "optional",
    summary: "Hold chosen places, or the best that are left: all of them or none",
    access: "session",
    params: eventParams,
    body: HoldRequest,
    status: 201,
    response: HoldResponse,
    errors: [
      "request/not-found",
      "hold/seat-taken",
      "hold/none-left",
      "hold/access-seat",
      "hold/area-full",
      "hold/limit-reached",
      "hold/sale-closed",
      "server/unavailable",
    ],
  },
  getHold: {
    method: "GET",
    path: "/v1/events/:eventId/holds/:holdId",
    limit: "read",
    summary: "A hold of yours",
    access: "session",
    params: holdParams,
    status: 200,
    response: HoldResponse,
    errors: ["hold/expired", "server/unavailable"],
  },
  extendHold: {
    method: "POST",
    path: "/v1/events/:eventId/holds/:holdId/extend",
    limit: "hold",
    summary: "Give a hold of yours its time again, once",
    access: "session",
    params: holdParams,
    status: 200,
    response: HoldResponse,
    errors: ["hold/expired", "hold/extended", "server/unavailable"],
  },
  releaseHold: {
    method: "DELETE",
    path: "/v1/events/:eventId/holds/:holdId",
    limit: "hold",
    summary: "Give held seats back",
    access: "session",
    params: holdParams,
    status: 204,
    errors: ["hold/expired", "server/unavailable"],
  },
  createOrder: {
    method: "POST",
    path: "/v1/orders",
    limit: "order",
    summary: "Turn a hold into an order; its seats are claimed until it is paid or expires",
    access: "session",
    keyed: true,
    body: OrderRequest,
    status: 201,
    response: OrderResponse,
    errors: [
      "hold/expired",
      "hold/seat-taken",
      "hold/area-full",
      "hold/limit-reached",
      "hold/sale-closed",
      "server/unavailable",
    ],
  },
  giveComp: {
    method: "POST",
    path: "/v1/events/:eventId/comps",
    limit: "change",
    summary: "Give places of the class comp away: an order of no price for a wallet",
    access: "staff",
    roles: ["organiser", "box-office"],
    keyed: true,
    params: eventParams,
    body: CompRequest,
    status: 201,
    response: OrderResponse,
    errors: [
      "request/not-found",
      "hold/seat-taken",
      "hold/area-full",
      "comp/other-class",
      "comp/limit-reached",
      "chain/mirror-behind",
    ],
  },
  getQueue: {
    method: "GET",
    path: "/v1/events/:eventId/queue",
    limit: "read",
    summary: "Paid tickets of your event on their way to the chain, and those that need you",
    access: "staff",
    roles: ["organiser"],
    params: eventParams,
    status: 200,
    response: QueueResponse,
    errors: ["request/not-found"],
  },
  getOrder: {
    method: "GET",
    path: "/v1/orders/:orderId",
    limit: "read",
    summary: "An order of yours and how far its tickets have come",
    access: "session",
    params: orderParams,
    status: 200,
    response: OrderResponse,
    errors: ["request/not-found"],
  },
  followOrder: {
    method: "GET",
    path: "/v1/orders/:orderId/events",
    limit: "map",
    summary: "An order of yours and then how far its tickets come, as server-sent events",
    access: "session",
    params: orderParams,
    status: 200,
    answers: "events",
    errors: ["request/not-found", "server/unavailable"],
  },
  getOrderTimeline: {
    method: "GET",
    path: "/v1/orders/:orderId/timeline",
    limit: "read",
    summary: "What happened to an order of yours, or of an event whose tickets you sell",
    access: "session",
    params: orderParams,
    status: 200,
    response: TimelineResponse,
    errors: ["request/not-found"],
  },
  createPayment: {
    method: "POST",
    path: "/v1/orders/:orderId/payments",
    limit: "order",
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
      "pay/other-way",
      "pay/not-mintable",
      "chain/unreachable",
      "server/unavailable",
    ],
  },
  ...REFUND_ROUTES,
  ...NOTICE_ROUTES,
  receiveStripeEvent: {
    method: "POST",
    path: "/v1/stripe/events",
    limit: "provider",
    summary: "Stripe tells of a payment; signed by `Stripe-Signature`",
    access: "public",
    signedBy: "stripe-signature",
    body: StripeEventRequest,
    bodyBytesMax: STRIPE_EVENT_BYTES_MAX,
    status: 204,
    errors: ["pay/webhook-invalid", "request/not-found"],
  },
  ...LOOKUP_ROUTES,
  ...EVENT_LOOKUP_ROUTES,
  scan: {
    method: "POST",
    path: "/v1/gate/scans",
    limit: "gate",
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
