// What this tab has on hold, so that a fan who steps back to the map finds the way on.
import type { SeatKey } from "#server/domain/ticket-id.ts";
import { tabMemory } from "../api/storage.ts";
import type { Hold, Order } from "../api/wire.ts";
import { paths } from "../page/router.ts";
import { timeLeftMs } from "../page/use-time-left.ts";

export interface MyHold {
  eventId: string;
  seats: SeatKey[];
  expiresAt: string;
  /** Where it is gone on with: the hold, or the order made of it. */
  path: string;
}

const SLOT = "hold";

export function rememberHold(hold: Hold): void {
  const { eventId, seats, expiresAt, id } = hold;
  write({ eventId, seats, expiresAt, path: paths.hold(eventId, id) });
}

/** An order keeps its seats until it is paid or expires; then nothing is left to go on with. */
export function rememberOrder(order: Order): void {
  if (order.state !== "claimed") {
    forgetHold(paths.order(order.id));
    return;
  }
  const { eventId, expiresAt, id } = order;
  write({ eventId, seats: order.lines.map(({ seat }) => seat), expiresAt, path: paths.order(id) });
}

export function forgetHold(path: string): void {
  if (read()?.path === path) tabMemory.forget(SLOT);
}

export function holdOf(eventId: string): MyHold | null {
  const hold = read();
  return hold?.eventId === eventId && timeLeftMs(hold.expiresAt) > 0 ? hold : null;
}

function write(hold: MyHold): void {
  tabMemory.write(SLOT, JSON.stringify(hold));
}

function read(): MyHold | null {
  const text = tabMemory.read(SLOT);
  return text === null ? null : (JSON.parse(text) as MyHold);
}
