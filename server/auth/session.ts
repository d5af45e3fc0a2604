// Sessions are rows; Redis only remembers them for some seconds, so a wiped Redis logs nobody out.
import { createHash } from "node:crypto";
import type { Caller } from "../api/handler.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db/client.ts";
import { randomToken, randomUuid } from "../platform/random.ts";
import type { RedisClient } from "../platform/redis.ts";

export interface SessionDeps {
  db: Db;
  redis: RedisClient;
  clock: Clock;
}

export const SESSION_TTL_MS = 12 * 60 * 60_000;
/** How long another process may go on seeing a session that was revoked while Redis was away. */
const CACHE_TTL_MS = 30_000;
const USER_AGENT_LENGTH_MAX = 200;
const KEPT_DAYS = 7;
const PRUNED_PER_ROUND = 10_000;

interface CachedSession extends Caller {
  expiresAt: string;
}

export async function createSession(
  { db, clock }: SessionDeps,
  { address, userAgent }: { address: `0x${string}`; userAgent: string },
): Promise<{ token: string; expiresAt: Date }> {
  const token = randomToken();
  const expiresAt = new Date(clock.now().getTime() + SESSION_TTL_MS);
  await db.prisma.session.create({
    data: {
      id: randomUuid(),
      tokenHash: hashToken(token),
      address,
      userAgent: userAgent.slice(0, USER_AGENT_LENGTH_MAX),
      expiresAt,
    },
  });
  return { token, expiresAt };
}

export async function findSession(
  deps: SessionDeps,
  token: string,
): Promise<CachedSession | undefined> {
  const tokenHash = hashToken(token);
  const cached = await readCache(deps.redis, tokenHash);
  const session = cached ?? (await readRow(deps.db, tokenHash));
  if (session === undefined || Date.parse(session.expiresAt) <= deps.clock.now().getTime()) {
    return undefined;
  }
  if (cached === undefined) await writeCache(deps.redis, tokenHash, session);
  return session;
}

export async function revokeSession(deps: SessionDeps, token: string): Promise<void> {
  const tokenHash = hashToken(token);
  await deps.db.prisma.session.updateMany({
    where: { tokenHash, revokedAt: null },
    data: { revokedAt: deps.clock.now() },
  });
  await deps.redis.del(cacheKey(tokenHash)).catch(() => undefined);
}

/** Ended sessions name a device and an address, so they are kept only while somebody may ask. */
export async function pruneSessions(db: Db): Promise<void> {
  await db.query({
    text: `DELETE FROM sale.session WHERE id IN (
             SELECT id FROM sale.session WHERE expires_at < now() - $1 * interval '1 day' LIMIT $2)`,
    values: [KEPT_DAYS, PRUNED_PER_ROUND],
  });
}

async function readRow(db: Db, tokenHash: string): Promise<CachedSession | undefined> {
  const { rows } = await db.query<{ id: string; address: `0x${string}`; expires_at: Date }>({
    name: "session-by-token",
    text: `SELECT id, address, expires_at FROM sale.session
           WHERE token_hash = $1 AND revoked_at IS NULL`,
    values: [tokenHash],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  return { sessionId: row.id, address: row.address, expiresAt: row.expires_at.toISOString() };
}

/** The cache is a convenience: while Redis is away the row answers. */
async function readCache(
  redis: RedisClient,
  tokenHash: string,
): Promise<CachedSession | undefined> {
  const text = await redis.get(cacheKey(tokenHash)).catch(() => null);
  return text === null ? undefined : (JSON.parse(text) as CachedSession);
}

async function writeCache(
  redis: RedisClient,
  tokenHash: string,
  session: CachedSession,
): Promise<void> {
  const text = JSON.stringify(session);
  await redis.set(cacheKey(tokenHash), text, "PX", CACHE_TTL_MS).catch(() => undefined);
}

/** A stolen database must not hold working cookies. */
function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function cacheKey(tokenHash: string): string {
  return `session:${tokenHash}`;
}
