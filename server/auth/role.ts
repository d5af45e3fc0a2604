// What a wallet may do: read at every request, so that a role that was taken away is gone at once.
import { Refusal } from "../domain/failure.ts";
import type { Role } from "../domain/role.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Db, Sql } from "../platform/db/client.ts";

/** What a session shows of its wallet; whoever has more of them works by the event. */
const ROLES_SHOWN_MAX = 500;

/** An operator's row has no event. */
export interface HeldRole {
  eventId: string | null;
  role: Role;
}

export async function rolesOf({ db }: { db: Db }, address: string): Promise<HeldRole[]> {
  const { rows } = await db.query<{
    deployment: number | null;
    event_id: number | null;
    role: Role;
  }>({
    name: "roles-by-address",
    text: `SELECT deployment, event_id, role FROM sale.role
           WHERE address = $1 AND revoked_at IS NULL
           ORDER BY deployment NULLS FIRST, event_id DESC, role LIMIT $2`,
    values: [address, ROLES_SHOWN_MAX],
  });
  return rows.map(({ deployment, event_id: eventId, role }) => ({
    eventId:
      deployment === null || eventId === null ? null : formatEventId({ deployment, eventId }),
    role,
  }));
}

export interface RoleWish {
  address: string;
  /** Any one of these is enough. */
  roles: readonly Role[];
  /** The event that the request is about; without one only an operator's role counts. */
  event: EventRef | undefined;
}

export async function requireRole(deps: { db: Sql }, wish: RoleWish): Promise<void> {
  if (await holdsRole(deps, wish)) return;
  const { roles, event } = wish;
  const where = event === undefined ? "" : ` for ${formatEventId(event)}`;
  throw new Refusal("auth/forbidden", `This needs the role ${roles.join(" or ")}${where}.`, {
    roles,
  });
}

export async function holdsRole({ db }: { db: Sql }, wish: RoleWish): Promise<boolean> {
  const { address, roles, event } = wish;
  const { rows } = await db.query({
    name: "role-held",
    text: `SELECT 1 FROM sale.role
           WHERE address = $1 AND revoked_at IS NULL AND role = ANY ($2::text[])
             AND (role = 'operator' OR (deployment = $3 AND event_id = $4)) LIMIT 1`,
    values: [address, roles, event?.deployment ?? null, event?.eventId ?? null],
  });
  return rows.length > 0;
}

export interface Grant {
  address: string;
  role: Role;
  grantedBy: string;
  grantedAt: Date;
}

/** What a role is held for: an event, or the platform. */
export type Scope = EventRef | "platform";

export function subjectOf(scope: Scope): string {
  return scope === "platform" ? scope : formatEventId(scope);
}
