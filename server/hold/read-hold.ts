// A fan's own hold, as long as it lives.
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import { onRedis } from "../platform/redis.ts";
import type { Hold, HoldDeps } from "./hold-seats.ts";
import { holdKey } from "./keys.ts";
import { requireSeats } from "./sale.ts";

export async function readHold(
  { redis, readSale }: Pick<HoldDeps, "redis" | "readSale">,
  { event, holdId, owner }: { event: EventRef; holdId: string; owner: `0x${string}` },
): Promise<Hold> {
  const fields = await onRedis(() => redis.hgetall(holdKey(event, holdId)));
  // Somebody else's hold and one that never was look the same from outside.
  if (fields.owner !== owner || fields.seats === undefined) {
    throw new Refusal("hold/expired", "This hold has ended; its seats may be gone.");
  }
  const seats = fields.seats.split(" ").map(Number);
  const sale = await readSale(event);
  const total = requireSeats(sale, seats).reduce((sum, { price }) => sum + price, 0n);
  return {
    id: holdId,
    event,
    owner,
    seats,
    total,
    currency: sale.currency,
    expiresAt: new Date(Number(fields.expires)),
  };
}
