// Who gets what from every route: one row per route, one cell per caller, and the status of the answer.
import type { RouteName } from "#server/api/routes.ts";

/**
 * owner: the fan whose hold, order, session or passkey it is. A role is held for the event that is
 * asked about; with `*` it is held for other events only, of this collection and of another.
 */
export const CALLERS = [
  "anonymous",
  "owner",
  "other fan",
  "organiser",
  "organiser*",
  "box-office",
  "box-office*",
  "gate",
  "gate*",
  "artist",
  "artist*",
  "operator",
] as const;

export type CallerKind = (typeof CALLERS)[number];

/** In the order of CALLERS, with a space between what anybody is and what roles make of one. */
// biome-ignore format: a table is read by its columns
export const ACCESS = {
  //                       anon  owner other  organiser  box-office  gate       artist     operator
  getConfig:              "200   200   200    200  200   200  200    200  200   200  200   200",

  createNonce:            "201   201   201    201  201   201  201    201  201   201  201   201",
  signIn:                 "201   201   201    201  201   201  201    201  201   201  201   201",
  getSession:             "401   200   200    200  200   200  200    200  200   200  200   200",
  signOut:                "401   204   204    204  204   204  204    204  204   204  204   204",
  listSessions:           "401   200   200    200  200   200  200    200  200   200  200   200",
  endSession:             "401   204   404    404  404   404  404    404  404   404  404   404",
  endOtherSessions:       "401   204   204    204  204   204  204    204  204   204  204   204",

  createPasskeyOptions:   "401   201   201    201  201   201  201    201  201   201  201   201",
  createPasskey:          "401   201   401    401  401   401  401    401  401   401  401   401",
  listPasskeys:           "401   200   200    200  200   200  200    200  200   200  200   200",
  deletePasskey:          "401   204   404    404  404   404  404    404  404   404  404   404",
  createPasskeyChallenge: "201   201   201    201  201   201  201    201  201   201  201   201",
  signInWithPasskey:      "201   201   201    201  201   201  201    201  201   201  201   201",

  listRoles:              "401   403   403    200  403   403  403    403  403   403  403   200",
  grantRole:              "401   403   403    201  403   403  403    403  403   403  403   201",
  revokeRole:             "401   403   403    204  403   403  403    403  403   403  403   204",
  listOperators:          "401   403   403    403  403   403  403    403  403   403  403   200",
  grantOperator:          "401   403   403    403  403   403  403    403  403   403  403   201",
  revokeOperator:         "401   403   403    403  403   403  403    403  403   403  403   204",

  listEvents:             "200   200   200    200  200   200  200    200  200   200  200   200",
  getEvent:               "200   200   200    200  200   200  200    200  200   200  200   200",
  getSeatStates:          "200   200   200    200  200   200  200    200  200   200  200   200",
  getSeatMap:             "200   200   200    200  200   200  200    200  200   200  200   200",
  followSeats:            "200   200   200    200  200   200  200    200  200   200  200   200",

  getQueue:               "401   403   403    200  403   403  403    403  403   403  403   403",

  // The event is on sale: what is on chain answers 409 to whoever may ask.
  createEvent:            "401   403   403    403  403   403  403    403  403   403  403   201",
  listOrganiserEvents:    "401   200   200    200  200   200  200    200  200   200  200   200",
  getDraft:               "401   403   403    200  403   403  403    403  403   403  403   200",
  changeEvent:            "401   403   403    200  403   403  403    403  403   403  403   200",
  putPlan:                "401   403   403    409  403   403  403    403  403   403  403   409",
  getPlan:                "401   403   403    200  403   403  403    403  403   403  403   200",
  putCategories:          "401   403   403    200  403   403  403    403  403   403  403   200",
  putAreas:               "401   403   403    409  403   403  403    403  403   403  403   409",
  putPhases:              "401   403   403    200  403   403  403    403  403   403  403   200",
  changeHoldbacks:        "401   403   403    200  403   403  403    403  403   403  403   200",
  putPayees:              "401   403   403    409  403   403  403    403  403   403  403   409",
  getSplit:               "401   403   403    404  403   403  403    403  403   403  403   404",
  acceptSplit:            "401   404   404    404  404   404  404    404  404   404  404   404",
  checkEvent:             "401   403   403    200  403   403  403    403  403   403  403   200",
  publishEvent:           "401   403   403    200  403   403  403    403  403   403  403   200",
  getPublishing:          "401   403   403    200  403   403  403    403  403   403  403   200",
  withdrawPublishing:     "401   403   403    409  403   403  403    403  403   403  403   409",

  getEventActs:           "401   403   403    200  403   403  403    403  403   403  403   200",
  listEventJobs:          "401   403   403    200  403   403  403    403  403   403  403   200",
  listJobs:               "401   403   403    403  403   403  403    403  403   403  403   200",
  // Another change of it is on its way.
  cancelEvent:            "401   403   403    409  403   403  403    403  403   403  403   403",
  rescheduleEvent:        "401   403   403    409  403   403  403    403  403   403  403   403",

  createChallenge:        "401   201   201    201  201   201  201    201  201   201  201   201",
  listHolds:              "401   200   200    200  200   200  200    200  200   200  200   200",
  createHold:             "401   201   201    201  201   201  201    201  201   201  201   201",
  getHold:                "401   200   410    410  410   410  410    410  410   410  410   410",
  extendHold:             "401   200   410    410  410   410  410    410  410   410  410   410",
  releaseHold:            "401   204   410    410  410   410  410    410  410   410  410   410",

  createOrder:            "401   201   410    410  410   410  410    410  410   410  410   410",
  // No seat of the demo is kept back for it.
  giveComp:               "401   403   403    409  403   409  403    403  403   403  403   403",
  getOrder:               "401   200   404    404  404   404  404    404  404   404  404   404",
  followOrder:            "401   200   404    404  404   404  404    404  404   404  404   404",
  getOrderTimeline:       "401   200   404    200  404   200  404    404  404   404  404   404",
  createPayment:          "401   201   404    404  404   404  404    404  404   404  404   404",

  createRefund:           "401   403   403    201  403   201  403    403  403   403  403   403",
  getRefunds:             "401   403   403    200  403   200  403    403  403   403  403   403",

  listNotices:            "401   200   200    200  200   200  200    200  200   200  200   200",
  readNotices:            "401   204   204    204  204   204  204    204  204   204  204   204",

  listTickets:            "200   200   200    200  200   200  200    200  200   200  200   200",
  getTicket:              "200   200   200    200  200   200  200    200  200   200  200   200",
  getTicketHistory:       "200   200   200    200  200   200  200    200  200   200  200   200",
  getSeatTicket:          "404   404   404    404  404   404  404    404  404   404  404   404",
  listSales:              "200   200   200    200  200   200  200    200  200   200  200   200",
  getRoyalties:           "200   200   200    200  200   200  200    200  200   200  200   200",
  listPayouts:            "200   200   200    200  200   200  200    200  200   200  200   200",
  getTransaction:         "200   200   200    200  200   200  200    200  200   200  200   200",
  getPaidOrder:           "404   404   404    404  404   404  404    404  404   404  404   404",
  getMirror:              "200   200   200    200  200   200  200    200  200   200  200   200",
  followFacts:            "200   200   200    200  200   200  200    200  200   200  200   200",
  listEventTickets:       "200   200   200    200  200   200  200    200  200   200  200   200",
  listCheckIns:           "200   200   200    200  200   200  200    200  200   200  200   200",
  getEscrow:              "200   200   200    200  200   200  200    200  200   200  200   200",
  getClasses:             "200   200   200    200  200   200  200    200  200   200  200   200",
  getOrderTickets:        "401   200   404    404  404   404  404    404  404   404  404   404",

  listWebhooks:           "401   403   403    200  403   403  403    403  403   403  403   200",
  addWebhook:             "401   403   403    201  403   403  403    403  403   403  403   201",
  renewWebhookSecret:     "401   403   403    201  403   403  403    403  403   403  403   201",
  removeWebhook:          "401   403   403    204  403   403  403    403  403   403  403   204",
  listDeliveries:         "401   403   403    200  403   403  403    403  403   403  403   200",
  resendDelivery:         "401   403   403    204  403   403  403    403  403   403  403   204",

  // Where Stripe is not set up there is nothing to tell.
  receiveStripeEvent:     "404   404   404    404  404   404  404    404  404   404  404   404",

  scan:                   "401   403   403    403  403   403  403    200  403   403  403   403",
} as const satisfies Record<RouteName, string>;

export function cellsOf(row: string): number[] {
  return row.trim().split(/\s+/).map(Number);
}
