// Leases seats to a fan: one atomic step in Redis, all of them or none.
import { join } from "node:path";
import { Bug, Refusal } from "../domain/failure.ts";
import type { EventRef, SeatKey } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import { randomId } from "../platform/random.ts";
import type { RedisClient } from "../platform/redis.ts";
import { holdKey, leasedKey, seatsKey } from "./keys.ts";
import { loadClaims } from "./load-claims.ts";
import { type ReadSale, requireOpen, requireSeats } from "./sale.ts";

const script = loadScript(join(import.meta.dirname, "hold.lua"));

export interface HoldDeps {
  db: Sql;
  redis: RedisClient;
  clock: Clock;
  readSale: ReadSale;
}

export interface Hold {
  id: string;
  event: EventRef;
  owner: `0x${string}`;
  seats: SeatKey[];
  total: bigint;
  currency: string;
  expiresAt: Date;
}

/** What hold.lua answers first. */
const HELD = 1;
const HELD_BEFORE = 2;
const TAKEN = -1;
const OVER_LIMIT = -2;
const NOT_LOADED = -3;

export async function holdSeats(
  deps: HoldDeps,
  wish: { event: EventRef; owner: `0x${string}`; seats: SeatKey[] },
): Promise<Hold> {
  const { event, owner, seats } = wish;
  const sale = await deps.readSale(event);
  requireOpen(sale, deps.clock);
  const prices = requireSeats(sale, seats).map(({ price }) => price);
  const id = randomId("hld");
  const lease = () =>
    runScript<[number, ...(string | number)[]]>(deps.redis, script, {
      keys: [seatsKey(event), holdKey(event, id), leasedKey(event, owner)],
      args: [id, owner, sale.holdTtlMs, sale.seatsPerHold, ...seats],
    });

  let [code, ...rest] = await lease();
  if (code === NOT_LOADED) {
    await loadClaims(deps, event);
    [code, ...rest] = await lease();
  }
  if (code === TAKEN) {
    throw new Refusal("hold/seat-taken", "A seat that you chose was just taken.", {
      seats: rest.map(Number),
    });
  }
  if (code === OVER_LIMIT) {
    throw new Refusal(
      "hold/limit-reached",
      `One person may hold ${sale.seatsPerHold} seats here.`,
      {
        limit: sale.seatsPerHold,
        held: Number(rest[0]),
      },
    );
  }
  if (code !== HELD && code !== HELD_BEFORE) throw new Bug(`hold.lua answered ${code}`);
  return {
    id: code === HELD_BEFORE ? String(rest[1]) : id,
    event,
    owner,
    seats,
    total: prices.reduce((sum, price) => sum + price, 0n),
    currency: sale.currency,
    expiresAt: new Date(Number(rest[0])),
  };
}
