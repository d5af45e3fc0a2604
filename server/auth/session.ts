// Sessions are rows; Redis only remembers them for some seconds, so a wiped Redis logs nobody out.
import { hash } from "node:crypto";
import { Fault } from "../domain/failure.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { randomToken, randomUuid } from "../platform/random.ts";
import type { RedisClient } from "../platform/redis.ts";
import { deviceName } from "./device.ts";
import {
  announceEnd,
  type LiveSession,
  recallAll,
  remember,
  type SessionMemory,
} from "./session-cache.ts";

export interface SessionDeps {
  db: Db;
  redis: RedisClient;
  clock: Clock;
  /** Of a process that answers requests. */
  sessionMemory?: SessionMemory;
}

export type SignInMethod = "wallet" | "passkey";

const HOUR_MS = 60 * 60_000;
/** A working day; a contract wallet that changed hands is asked again by then. */
export const SESSION_TTL_MS = 12 * HOUR_MS;
/** Without a request of its device a session ends sooner; with a role, much sooner. */
const FAN_IDLE_MS = 4 * HOUR_MS;
const STAFF_IDLE_MS = HOUR_MS / 2;
/** How exactly a row says when its device was last seen: one write a minute, not one a request. */
const LAST_SEEN_STEP_MS = 60_000;
/** A sign-in beyond these ends the session that was unused for longest. */
export const SESSIONS_PER_WALLET_MAX = 50;
const KEPT_DAYS = 7;
const PRUNED_PER_ROUND = 10_000;

interface SessionRow {
  id: string;
  address: `0x${string}`;
  expires_at: Date;
  last_seen_at: Date;
  staff: boolean;
}

const IS_STAFF = `EXISTS (SELECT 1 FROM sale.role
  WHERE role.address = session.address AND role.revoked_at IS NULL) AS staff`;

export async function createSession(
  deps: SessionDeps,
  given: { address: `0x${string}`; userAgent: string; method: SignInMethod },
): Promise<{ token: string; expiresAt: Date }> {
  const { db, clock } = deps;
  const { address, userAgent, method } = given;
  const token = randomToken();
  const now = clock.now();
  const expiresAt = new Date(now.getTime() + SESSION_TTL_MS);
  await db.prisma.session.create({
    data: {
      id: randomUuid(),
      tokenHash: hashToken(token),
      ...{ address, method, expiresAt, createdAt: now, lastSeenAt: now },
      userAgent: deviceName(userAgent),
    },
  });
  await endSurplus(deps, address);
  return { token, expiresAt };
}

export function findSession(deps: SessionDeps, token: string): Promise<LiveSession | undefined> {
  return findByHash(deps, hashToken(token));
}

async function findByHash(deps: SessionDeps, tokenHash: string): Promise<LiveSession | undefined> {
  const memory = deps.sessionMemory;
  const seen = recallByHash(deps, tokenHash);
  if (seen !== undefined) return seen;
  const start = memory?.begin();
  const session = (await findAllByHash(deps, [tokenHash])).get(tokenHash);
  if (session === undefined || memory?.isOver(tokenHash) === true) return undefined;
  if (start !== undefined) memory?.remember(tokenHash, session, start);
  return session;
}

/** Those of many that are live. */
export async function findAllByHash(
  deps: SessionDeps,
  tokenHashes: readonly string[],
): Promise<Map<string, LiveSession>> {
  const { live, unknown } = await findCached(deps, tokenHashes);
  for (const [tokenHash, session] of await findRows(deps, unknown)) live.set(tokenHash, session);
  return live;
}

/** What Redis knows of them: those that are live, and those that only their rows tell of. */
export async function findCached(
  deps: SessionDeps,
  tokenHashes: readonly string[],
): Promise<{ live: Map<string, LiveSession>; unknown: string[] }> {
  const recalled = await recallAll(deps, tokenHashes);
  const live = new Map<string, LiveSession>();
  const unknown: string[] = [];
  for (const [at, tokenHash] of tokenHashes.entries()) {
    const session = recalled[at];
    if (session === undefined) unknown.push(tokenHash);
    else if (session !== "ended" && isLive(session, deps.clock)) live.set(tokenHash, session);
  }
  return { live, unknown };
}

/** By their rows, and in the cache for whoever asks next. */
export async function findRows(
  deps: SessionDeps,
  tokenHashes: readonly string[],
): Promise<Map<string, LiveSession>> {
  const read = await readSessions(deps, tokenHashes);
  const live = [...read].filter(([, session]) => isLive(session, deps.clock));
  await Promise.all(live.map(([tokenHash, session]) => remember(deps, tokenHash, session)));
  return new Map(live);
}

/** Undefined also for a live session that this process has not seen just now. */
export function recallByHash(
  { sessionMemory, clock }: Pick<SessionDeps, "sessionMemory" | "clock">,
  tokenHash: string,
): LiveSession | undefined {
  return sessionMemory?.recall(tokenHash, clock.now().getTime());
}

function isLive({ expiresAt, idleEndsAt }: LiveSession, clock: Clock): boolean {
  const nowMs = clock.now().getTime();
  return Date.parse(expiresAt) > nowMs && Date.parse(idleEndsAt) > nowMs;
}

export async function endSession(deps: SessionDeps, token: string): Promise<void> {
  await endWhere(deps, { text: "token_hash = $2", values: [hashToken(token)] });
}

/** Ends one session of the wallet by its id, or says that there is none. */
export async function endDevice(
  deps: SessionDeps,
  { address, sessionId }: { address: string; sessionId: string },
): Promise<boolean> {
  const where = { text: "id = $2 AND address = $3", values: [sessionId, address] };
  return (await endWhere(deps, where)) > 0;
}

export async function endOtherDevices(
  deps: SessionDeps,
  { address, sessionId }: { address: string; sessionId: string },
): Promise<void> {
  await endWhere(deps, { text: "address = $3 AND id <> $2", values: [sessionId, address] });
}

export interface Device {
  id: string;
  device: string;
  method: SignInMethod;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

/** Where a wallet is signed in now, the device that was seen last first. */
export async function listDevices({ db, clock }: SessionDeps, address: string): Promise<Device[]> {
  const nowMs = clock.now().getTime();
  const { rows } = await db.query<
    SessionRow & { user_agent: string; method: SignInMethod; created_at: Date }
  >({
    text: `SELECT id, address, expires_at, last_seen_at, user_agent, method, created_at, ${IS_STAFF}
           FROM sale.session WHERE address = $1 AND revoked_at IS NULL
           ORDER BY last_seen_at DESC LIMIT $2`,
    values: [address, SESSIONS_PER_WALLET_MAX],
  });
  const live = rows.filter(
    (row) => row.expires_at.getTime() > nowMs && idleEnd(row, row.last_seen_at) > nowMs,
  );
  return live.map((row) => ({
    id: row.id,
    device: row.user_agent,
    method: row.method,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
  }));
}

/** Ended sessions name a device and an address, so they are kept only while somebody may ask. */
export async function pruneSessions(db: Db): Promise<void> {
  await db.query({
    text: `DELETE FROM sale.session WHERE id IN (
             SELECT id FROM sale.session WHERE expires_at < now() - $1 * interval '1 day' LIMIT $2)`,
    values: [KEPT_DAYS, PRUNED_PER_ROUND],
  });
}

/** The rows that are live; that they were asked for is the sign of life that they keep. */
async function readSessions(
  { db, clock }: SessionDeps,
  tokenHashes: readonly string[],
): Promise<Map<string, LiveSession>> {
  if (tokenHashes.length === 0) return new Map();
  const now = clock.now();
  const { rows } = await db.query<SessionRow & { token_hash: string }>({
    name: "sessions-by-token",
    // Joined, where a plain list would be planned anew for each length that it has.
    text: `SELECT token_hash, id, address, expires_at, last_seen_at, ${IS_STAFF}
           FROM unnest($1::text[]) AS given (hash)
           JOIN sale.session ON session.token_hash = given.hash WHERE revoked_at IS NULL`,
    values: [tokenHashes],
  });
  const live = rows.filter((row) => idleEnd(row, row.last_seen_at) > now.getTime());
  const isStale = (row: SessionRow) =>
    now.getTime() - row.last_seen_at.getTime() >= LAST_SEEN_STEP_MS;
  const touched = await touch(db, { ids: live.filter(isStale).map(({ id }) => id), now });
  const sessions = live.map((row): [string, LiveSession] => [
    row.token_hash,
    {
      sessionId: row.id,
      address: row.address,
      expiresAt: row.expires_at.toISOString(),
      idleEndsAt: new Date(
        idleEnd(row, touched.has(row.id) ? now : row.last_seen_at),
      ).toISOString(),
    },
  ]);
  return new Map(sessions);
}

function idleEnd({ staff }: { staff: boolean }, lastSeenAt: Date): number {
  return lastSeenAt.getTime() + (staff ? STAFF_IDLE_MS : FAN_IDLE_MS);
}

/** Answers which of them were; the next look-up comes for the others. */
async function touch(
  sql: Sql,
  { ids, now }: { ids: string[]; now: Date },
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  try {
    const { rows } = await sql.query<{ id: string }>({
      name: "sessions-seen",
      // Who has a row locked touches it as well, or ends it: nobody waits for him.
      text: `UPDATE sale.session SET last_seen_at = $2 WHERE id IN (
               SELECT id FROM sale.session WHERE id = ANY($1) AND last_seen_at < $2
               FOR UPDATE SKIP LOCKED) RETURNING id`,
      values: [ids, now],
    });
    return new Set(rows.map(({ id }) => id));
  } catch (error) {
    // The session is live all the same.
    if (error instanceof Fault) return new Set();
    throw error;
  }
}

async function endSurplus(deps: SessionDeps, address: string): Promise<void> {
  const text = `id IN (SELECT id FROM sale.session WHERE address = $2 AND revoked_at IS NULL
    ORDER BY last_seen_at DESC, id OFFSET $3)`;
  await endWhere(deps, { text, values: [address, SESSIONS_PER_WALLET_MAX] });
}

/** The rows first: a process that has not heard of the end yet finds it there. */
async function endWhere(
  deps: SessionDeps,
  where: { text: string; values: unknown[] },
): Promise<number> {
  const { rows } = await deps.db.query<{ token_hash: string }>({
    text: `UPDATE sale.session SET revoked_at = $1 WHERE revoked_at IS NULL AND ${where.text}
           RETURNING token_hash`,
    values: [deps.clock.now(), ...where.values],
  });
  const tokenHashes = rows.map((row) => row.token_hash);
  if (tokenHashes.length > 0) await announceEnd(deps, tokenHashes);
  return tokenHashes.length;
}

/** A stolen database must not hold working cookies. */
export function hashToken(token: string): string {
  return hash("sha256", token, "hex");
}
