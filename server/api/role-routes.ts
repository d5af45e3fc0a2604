// The routes of roles: an event's, and the platform's operators.
import { z } from "zod";
import { Address, EventId } from "./fields.ts";
import {
  OperatorListResponse,
  OperatorRequest,
  OperatorResponse,
  RoleListResponse,
  RoleName,
  RoleRequest,
  RoleResponse,
} from "./roles.ts";
import type { Route } from "./route.ts";

const eventParams = z.strictObject({ eventId: EventId });

export const ROLE_ROUTES = {
  listRoles: {
    method: "GET",
    path: "/v1/events/:eventId/roles",
    limit: "read",
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
    limit: "change",
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
    limit: "change",
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
    limit: "read",
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
    limit: "change",
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
    limit: "change",
    summary: "Take the operator's role away, at once",
    access: "staff",
    roles: ["operator"],
    params: z.strictObject({ address: Address }),
    status: 204,
    errors: ["request/not-found", "auth/last-holder"],
  },
} as const satisfies Record<string, Route>;
