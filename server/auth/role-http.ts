// The routes of roles: an event's, and the platform's operators.
import type { Handlers } from "../api/handler.ts";
import { Refusal } from "../domain/failure.ts";
import type { EventRole } from "../domain/role.ts";
import { type EventRef, formatEventId, parseEventId } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { grantRole, listGrants, revokeRole } from "./grant-role.ts";
import type { Grant } from "./role.ts";

export interface RoleDeps {
  db: Db;
  clock: Clock;
}

type RoleRoute =
  | "listRoles"
  | "grantRole"
  | "revokeRole"
  | "listOperators"
  | "grantOperator"
  | "revokeOperator";

export function roleHandlers(deps: RoleDeps): Handlers<RoleRoute> {
  const { db } = deps;
  return {
    listRoles: async ({ params }) => {
      const grants = await listGrants(db, parseEventId(params.eventId));
      return { body: { roles: grants.map(showRole) } };
    },

    grantRole: async ({ params, body, caller }) => {
      const scope = parseEventId(params.eventId);
      const grant = await db.transaction(async (sql) => {
        await requireEvent(sql, scope);
        return grantRole(sql, deps, { scope, ...body, actor: caller.address });
      });
      return { body: showRole(grant) };
    },

    revokeRole: async ({ params: { eventId, role, address }, caller }) => {
      const change = { scope: parseEventId(eventId), role, address, actor: caller.address };
      await db.transaction((sql) => revokeRole(sql, deps, change));
      return { body: undefined };
    },

    listOperators: async () => {
      const grants = await listGrants(db, "platform");
      return { body: { operators: grants.map(showOperator) } };
    },

    grantOperator: async ({ body: { address }, caller }) => {
      const change = { ...OPERATOR, address, actor: caller.address };
      const grant = await db.transaction((sql) => grantRole(sql, deps, change));
      return { body: showOperator(grant) };
    },

    revokeOperator: async ({ params: { address }, caller }) => {
      const change = { ...OPERATOR, address, actor: caller.address };
      await db.transaction((sql) => revokeRole(sql, deps, change));
      return { body: undefined };
    },
  };
}

const OPERATOR = { scope: "platform", role: "operator" } as const;

/** An operator may name any event: a role for one that does not exist would wait for it. */
async function requireEvent(sql: Sql, event: EventRef): Promise<void> {
  const { rows } = await sql.query({
    text: "SELECT 1 FROM sale.event WHERE deployment = $1 AND id = $2",
    values: [event.deployment, event.eventId],
  });
  if (rows.length > 0) return;
  throw new Refusal("request/not-found", `There is no event ${formatEventId(event)}.`);
}

function showOperator({ address, grantedBy, grantedAt }: Grant) {
  return { address, grantedBy, grantedAt: grantedAt.toISOString() };
}

function showRole(grant: Grant) {
  // The rows of an event hold roles of events alone: a check of the table says so.
  return { ...showOperator(grant), role: grant.role as EventRole };
}
