// Where each route of the API lives; a type error if the server's own table says otherwise.
import type { Endpoints } from "#server/api/client.ts";
import type { RouteName } from "#server/api/routes.ts";

/** Repeated here because the table itself brings zod, which would double the first load. */
export const ENDPOINTS = {
  getConfig: "GET /v1/config",
  createNonce: "POST /v1/auth/nonce",
  signIn: "POST /v1/auth/session",
  getSession: "GET /v1/auth/session",
  signOut: "DELETE /v1/auth/session",
  listSessions: "GET /v1/auth/sessions",
  endSession: "DELETE /v1/auth/sessions/:sessionId",
  endOtherSessions: "DELETE /v1/auth/sessions",
  createPasskeyOptions: "POST /v1/auth/passkeys/options",
  createPasskey: "POST /v1/auth/passkeys",
  listPasskeys: "GET /v1/auth/passkeys",
  deletePasskey: "DELETE /v1/auth/passkeys/:passkeyId",
  createPasskeyChallenge: "POST /v1/auth/session/passkey/options",
  signInWithPasskey: "POST /v1/auth/session/passkey",
  listEvents: "GET /v1/events",
  getEvent: "GET /v1/events/:eventId",
  listHolds: "GET /v1/holds",
  createChallenge: "POST /v1/events/:eventId/challenge",
  createHold: "POST /v1/events/:eventId/holds",
  getHold: "GET /v1/events/:eventId/holds/:holdId",
  extendHold: "POST /v1/events/:eventId/holds/:holdId/extend",
  releaseHold: "DELETE /v1/events/:eventId/holds/:holdId",
  getQueue: "GET /v1/events/:eventId/queue",
  createOrder: "POST /v1/orders",
  getOrder: "GET /v1/orders/:orderId",
  getOrderTimeline: "GET /v1/orders/:orderId/timeline",
  createRefund: "POST /v1/orders/:orderId/refunds",
  createPayment: "POST /v1/orders/:orderId/payments",
  listNotices: "GET /v1/notices",
  readNotices: "POST /v1/notices/read",
  listTickets: "GET /v1/tickets",
  getTicket: "GET /v1/tickets/:ticketId",
} as const satisfies Partial<Endpoints<RouteName>>;

export type EndpointName = keyof typeof ENDPOINTS;
