// Gives a role to a wallet, takes it away, and lists who has one; every change is an audited act (I13).
import { appendAudit } from "../audit/append.ts";
import { Refusal } from "../domain/failure.ts";
import type { Role } from "../domain/role.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { type Grant, type Scope, subjectOf } from "./role.ts";

/** Far more people than work at one event; the list of them is answered whole. */
export const GRANTS_PER_SCOPE_MAX = 500;

/** Without one of these nobody could grant anything any more. */
const NEVER_NONE: readonly Role[] = ["organiser", "operator"];

export interface RoleChange {
  scope: Scope;
  address: string;
  role: Role;
  /** The wallet that asks for it, or the part of the installation that does. */
  actor: string;
}

interface GrantRow {
  address: string;
  role: Role;
  granted_by: string;
  granted_at: Date;
}

/** Takes $1 and $2; spelled out for each kind, so that its partial index is used. */
function within(scope: Scope): string {
  return scope === "platform"
    ? "role = 'operator' AND $1::int IS NULL AND $2::int IS NULL"
    : "deployment = $1 AND event_id = $2";
}

export async function listGrants(sql: Sql, scope: Scope): Promise<Grant[]> {
  const { rows } = await sql.query<GrantRow>({
    text: `SELECT address, role, granted_by, granted_at FROM sale.role
           WHERE revoked_at IS NULL AND ${within(scope)} ORDER BY role, id LIMIT $3`,
    values: [...keysOf(scope), GRANTS_PER_SCOPE_MAX],
  });
  return rows.map(present);
}

/** Granting what is held already changes nothing, so that a request can be sent again. */
export async function grantRole(
  sql: Sql,
  { clock }: { clock: Clock },
  change: RoleChange,
): Promise<Grant> {
  const { scope, address, role, actor } = change;
  const held = await lockGrants(sql, scope);
  const before = held.find((grant) => grant.address === address && grant.role === role);
  if (before !== undefined) return before;
  if (held.length >= GRANTS_PER_SCOPE_MAX) {
    const detail = `${subjectOf(scope)} has ${GRANTS_PER_SCOPE_MAX} roles, which is the limit.`;
    throw new Refusal("auth/limit-reached", detail, { limit: GRANTS_PER_SCOPE_MAX });
  }
  const { rows } = await sql.query<GrantRow>({
    text: `INSERT INTO sale.role (deployment, event_id, address, role, granted_by, granted_at)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING address, role, granted_by, granted_at`,
    values: [...keysOf(scope), address, role, actor, clock.now()],
  });
  await appendAudit(sql, { clock }, toAct("role.granted", change));
  return present(rows[0] as GrantRow);
}

/** Taking away what was taken away before changes nothing either. */
export async function revokeRole(
  sql: Sql,
  { clock }: { clock: Clock },
  change: RoleChange,
): Promise<void> {
  const { scope, address, role } = change;
  const held = await lockGrants(sql, scope);
  const holders = held.filter((grant) => grant.role === role);
  if (!holders.some((grant) => grant.address === address)) {
    return requireHeldBefore(sql, change);
  }
  if (NEVER_NONE.includes(role) && holders.length === 1) {
    const detail = `${address} is the last ${role} of ${subjectOf(scope)}: name another one first.`;
    throw new Refusal("auth/last-holder", detail, { role });
  }
  await sql.query({
    text: `UPDATE sale.role SET revoked_at = $5
           WHERE revoked_at IS NULL AND ${within(scope)} AND address = $3 AND role = $4`,
    values: [...keysOf(scope), address, role, clock.now()],
  });
  await appendAudit(sql, { clock }, toAct("role.revoked", change));
}

/**
 * The wallets that the environment names operate the platform from the first start on. One that
 * was an operator before is left as it is: another operator may have had a reason.
 */
export async function nameOperators(
  { db, clock }: { db: Db; clock: Clock },
  addresses: readonly string[],
): Promise<void> {
  for (const address of addresses) {
    await db.transaction(async (sql) => {
      const { rows } = await sql.query({
        text: "SELECT 1 FROM sale.role WHERE address = $1 AND role = 'operator' LIMIT 1",
        values: [address],
      });
      if (rows.length > 0) return;
      const change = {
        scope: "platform",
        address,
        role: "operator",
        actor: "environment",
      } as const;
      await grantRole(sql, { clock }, change);
    });
  }
}

/** One change at a time for an event: the last of two organisers could otherwise leave twice. */
async function lockGrants(sql: Sql, scope: Scope): Promise<Grant[]> {
  await sql.query({
    text: "SELECT pg_advisory_xact_lock(hashtextextended('roles:' || $1, 0))",
    values: [subjectOf(scope)],
  });
  return listGrants(sql, scope);
}

async function requireHeldBefore(sql: Sql, { scope, address, role }: RoleChange): Promise<void> {
  const { rows } = await sql.query({
    text: `SELECT 1 FROM sale.role
           WHERE ${within(scope)} AND address = $3 AND role = $4 LIMIT 1`,
    values: [...keysOf(scope), address, role],
  });
  if (rows.length > 0) return;
  throw new Refusal("request/not-found", `${address} is no ${role} of ${subjectOf(scope)}.`);
}

function toAct(act: "role.granted" | "role.revoked", { scope, address, role, actor }: RoleChange) {
  return { act, actor, subject: subjectOf(scope), details: { address, role } };
}

function keysOf(scope: Scope): [number | null, number | null] {
  return scope === "platform" ? [null, null] : [scope.deployment, scope.eventId];
}

function present(row: GrantRow): Grant {
  const { address, role, granted_by: grantedBy, granted_at: grantedAt } = row;
  return { address, role, grantedBy, grantedAt };
}
