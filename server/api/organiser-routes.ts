// The routes of organisers: an event from its draft to the chain. Part of the table in routes.ts.
import { z } from "zod";
import type { ErrorCode } from "./errors.ts";
import { CancelRequest, EventActsResponse, RescheduleRequest } from "./event-acts.ts";
import { EventId } from "./fields.ts";
import {
  AcceptRequest,
  AreasRequest,
  CategoriesRequest,
  ChangeQuery,
  CheckResponse,
  DraftResponse,
  EventChange,
  EventRequest,
  HoldbacksRequest,
  OrganiserEvents,
  OrganiserEventsQuery,
  PayeesRequest,
  PhasesRequest,
  PublishProgress,
  SplitResponse,
} from "./organiser.ts";
import type { Route } from "./route.ts";
import { PlanQuery, PlanReport, PlanRequest, SeatingPlan } from "./seating-plan.ts";

const params = z.strictObject({ eventId: EventId });

/** Eighty thousand seats are 16 MB as editors write them; a body is counted unpacked. */
const PLAN_BYTES_MAX = 64 * 1024 * 1024;
/** Fifty thousand guids. */
const HOLDBACKS_BYTES_MAX = 4 * 1024 * 1024;
/** Two hundred categories or a hundred areas with long names in any script. */
const LIST_BYTES_MAX = 512 * 1024;

const ofOrganiser = { access: "staff", roles: ["organiser", "operator"], params } as const;
const CHANGE_ERRORS = [
  "request/not-found",
  "event/version-changed",
  "event/fixed",
  "event/invalid",
] as const satisfies ErrorCode[];
const change = {
  ...ofOrganiser,
  query: ChangeQuery,
  status: 200,
  response: DraftResponse,
  errors: CHANGE_ERRORS,
} as const;

const ofEvent = { access: "staff", roles: ["organiser"], params } as const;

const ACT_ROUTES = {
  cancelEvent: {
    method: "POST",
    path: "/v1/events/:eventId/cancellation",
    limit: "change",
    summary: "Cancel an event for good: nothing more is sold, every paid order is paid back",
    ...ofEvent,
    keyed: true,
    body: CancelRequest,
    status: 201,
    response: EventActsResponse,
    errors: ["request/not-found", "event/wrong-state"],
  },
  rescheduleEvent: {
    method: "POST",
    path: "/v1/events/:eventId/rescheduling",
    limit: "change",
    summary: "Move an event to a later time; every paid order is told, and holders may give back",
    ...ofEvent,
    keyed: true,
    body: RescheduleRequest,
    status: 201,
    response: EventActsResponse,
    errors: ["request/not-found", "event/wrong-state", "event/invalid"],
  },
  getEventActs: {
    method: "GET",
    path: "/v1/events/:eventId/acts",
    limit: "read",
    summary: "How far a cancellation or a new date is, on chain and order by order",
    ...ofOrganiser,
    status: 200,
    response: EventActsResponse,
    errors: ["request/not-found"],
  },
} as const satisfies Record<string, Route>;

export const ORGANISER_ROUTES = {
  ...ACT_ROUTES,
  createEvent: {
    method: "POST",
    path: "/v1/events",
    limit: "change",
    summary: "Begin an event: a draft that nobody else sees",
    access: "staff",
    roles: ["operator"],
    keyed: true,
    body: EventRequest,
    status: 201,
    response: DraftResponse,
    errors: ["event/invalid"],
  },
  listOrganiserEvents: {
    method: "GET",
    path: "/v1/organiser/events",
    limit: "read",
    summary: "The events that you organise, newest first; an operator's are all",
    access: "session",
    query: OrganiserEventsQuery,
    status: 200,
    response: OrganiserEvents,
    errors: [],
  },
  getDraft: {
    method: "GET",
    path: "/v1/organiser/events/:eventId",
    limit: "read",
    summary: "An event as its organiser sees it",
    ...ofOrganiser,
    status: 200,
    response: DraftResponse,
    errors: ["request/not-found"],
  },
  changeEvent: {
    method: "PATCH",
    path: "/v1/events/:eventId",
    limit: "change",
    summary: "Change what is named; what is on chain or sold against cannot be changed",
    ...change,
    body: EventChange,
  },
  putPlan: {
    method: "PUT",
    path: "/v1/events/:eventId/plan",
    limit: "change",
    summary: "Import a seating plan; holdbacks of seats that stay are kept",
    ...ofOrganiser,
    query: PlanQuery,
    body: PlanRequest,
    bodyBytesMax: PLAN_BYTES_MAX,
    status: 200,
    response: PlanReport,
    errors: [...CHANGE_ERRORS, "plan/invalid"],
  },
  getPlan: {
    method: "GET",
    path: "/v1/events/:eventId/plan",
    limit: "read",
    summary: "Export the seating plan, in the one spelling whose hash is kept",
    ...ofOrganiser,
    status: 200,
    response: SeatingPlan,
    errors: ["request/not-found"],
  },
  putCategories: {
    method: "PUT",
    path: "/v1/events/:eventId/categories",
    limit: "change",
    summary: "Set prices; orders that exist keep theirs",
    ...change,
    body: CategoriesRequest,
    bodyBytesMax: LIST_BYTES_MAX,
  },
  putAreas: {
    method: "PUT",
    path: "/v1/events/:eventId/areas",
    limit: "change",
    summary: "Set the areas without seats (general admission)",
    ...change,
    body: AreasRequest,
    bodyBytesMax: LIST_BYTES_MAX,
  },
  putPhases: {
    method: "PUT",
    path: "/v1/events/:eventId/phases",
    limit: "change",
    summary: "Set when what is on sale; a phase that has begun stays as it is",
    ...change,
    body: PhasesRequest,
  },
  changeHoldbacks: {
    method: "PATCH",
    path: "/v1/events/:eventId/holdbacks",
    limit: "change",
    summary: "Keep seats back for a class, or mark wheelchair places and companion seats",
    ...change,
    body: HoldbacksRequest,
    bodyBytesMax: HOLDBACKS_BYTES_MAX,
  },
  putPayees: {
    method: "PUT",
    path: "/v1/events/:eventId/payees",
    limit: "change",
    summary: "Set who shares the royalties; everybody accepts anew",
    ...change,
    body: PayeesRequest,
  },
  getSplit: {
    method: "GET",
    path: "/v1/events/:eventId/split",
    limit: "read",
    summary: "The split as each payee signs it",
    access: "session",
    params,
    status: 200,
    response: SplitResponse,
    errors: ["request/not-found", "auth/forbidden"],
  },
  acceptSplit: {
    method: "POST",
    path: "/v1/events/:eventId/split/acceptances",
    limit: "change",
    summary: "Accept a split with the payee's signature (EIP-712, ERC-1271)",
    access: "session",
    params,
    body: AcceptRequest,
    status: 200,
    response: SplitResponse,
    errors: [
      "request/not-found",
      "event/wrong-state",
      "split/signature-invalid",
      "chain/unreachable",
    ],
  },
  checkEvent: {
    method: "POST",
    path: "/v1/events/:eventId/check",
    limit: "change",
    summary: "Dry run: what would stop publishing, and what the chain would cost",
    ...ofOrganiser,
    status: 200,
    response: CheckResponse,
    errors: ["request/not-found", "chain/unreachable"],
  },
  publishEvent: {
    method: "POST",
    path: "/v1/events/:eventId/publish",
    limit: "change",
    summary: "Put the event on chain and on sale; asked again, it goes on where it stopped",
    ...ofOrganiser,
    query: ChangeQuery,
    status: 200,
    response: PublishProgress,
    errors: [
      "request/not-found",
      "event/version-changed",
      "event/not-ready",
      "event/wrong-state",
      "chain/unreachable",
    ],
  },
  getPublishing: {
    method: "GET",
    path: "/v1/events/:eventId/publish",
    limit: "read",
    summary: "How far publishing has come",
    ...ofOrganiser,
    status: 200,
    response: PublishProgress,
    errors: ["request/not-found"],
  },
  withdrawPublishing: {
    method: "DELETE",
    path: "/v1/events/:eventId/publish",
    limit: "change",
    summary: "Back to the draft, as long as nothing was signed for the chain",
    ...ofOrganiser,
    status: 200,
    response: PublishProgress,
    errors: ["request/not-found", "event/wrong-state"],
  },
} as const satisfies Record<string, Route>;
