// What a wallet may do for an event.
import { Refusal } from "../domain/failure.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Db } from "../platform/db/client.ts";

export type RoleName = "organiser" | "box-office" | "gate" | "artist";

interface RoleRow {
  deployment: number;
  event_id: number;
  role: RoleName;
}

export async function rolesOf(
  { db }: { db: Db },
  address: string,
): Promise<{ eventId: string; role: RoleName }[]> {
  const { rows } = await db.query<RoleRow>({
    name: "roles-by-address",
    text: `SELECT deployment, event_id, role FROM sale.role
           WHERE address = $1 AND revoked_at IS NULL ORDER BY deployment, event_id, role`,
    values: [address],
  });
  return rows.map((row) => ({
    eventId: formatEventId({ deployment: row.deployment, eventId: row.event_id }),
    role: row.role,
  }));
}

export async function requireRole(
  { db }: { db: Db },
  address: string,
  event: EventRef,
  role: RoleName,
): Promise<void> {
  const eventId = formatEventId(event);
  const roles = await rolesOf({ db }, address);
  if (roles.some((held) => held.eventId === eventId && held.role === role)) return;
  throw new Refusal("auth/forbidden", `This needs the role ${role} for ${eventId}.`, { role });
}
