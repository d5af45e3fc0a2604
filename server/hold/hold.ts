// A hold: places leased to a fan for some minutes, with what they cost.
import type { EventRef } from "../domain/ticket-id.ts";
import type { Lease } from "./lease.ts";
import type { Places } from "./places.ts";
import { totalOf } from "./read-plan.ts";
import type { Sale } from "./sale.ts";

export interface Hold {
  id: string;
  event: EventRef;
  owner: `0x${string}`;
  places: Places;
  total: bigint;
  currency: string;
  expiresAt: Date;
  /** A hold gets its time again once. */
  extended: boolean;
}

export function holdOf(
  lease: Lease,
  { event, owner, sale }: { event: EventRef; owner: `0x${string}`; sale: Sale },
): Hold {
  const { currency } = sale;
  return { ...lease, event, owner, total: totalOf(sale, lease.places), currency };
}
