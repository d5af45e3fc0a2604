// The steps of a purchase, for suites that are about what comes after it.
import type { Client } from "#scripts/demo-client.ts";
import { packSeat } from "#server/domain/ticket-id.ts";
import { ownedKey } from "#server/hold/keys.ts";
import { type AreaPlaces, countPlaces, formatAreas, formatMs } from "#server/hold/places.ts";
import { createSaleReader } from "#server/hold/sale.ts";
import { createSeatBoards } from "#server/hold/seat-board.ts";
import { reopenVanished, settleLines } from "#server/mint/settle-lines.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { randomId, randomUuid } from "#server/platform/random.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import type { House } from "./house.ts";

/** Seats of the demo plan, by row and number of the stalls. */
export function stalls(row: number, ...seats: number[]): number[] {
  return seats.map((seat) => packSeat({ section: 1, row, seat }));
}

export async function hold(house: House, fan: Client, seats: number[]) {
  return fan.call("createHold", { params: { eventId: house.eventId }, body: { seats } });
}

/** What the stages of holds and orders take, for suites that call them without HTTP. */
export function holdDeps(house: House, clock: Clock = systemClock) {
  const deps = { ...house, clock, readSale: createSaleReader({ ...house, clock }) };
  return { ...deps, readSeatBoard: createSeatBoards(deps) };
}

const LEASE_MS = 10 * 60_000;

/** What a Redis that failed over may have: a hold of seats that others hold as well. */
export async function leaseAnyway(
  house: House,
  { owner, seats, areas = [] }: { owner: string; seats: number[]; areas?: AreaPlaces[] },
): Promise<string> {
  const holdId = randomId("hld");
  const expiresMs = systemClock.now().getTime() + LEASE_MS;
  const places = `${seats.join(",") || "-"} ${formatAreas(areas)}`;
  const count = countPlaces({ seats, areas });
  const record = `${formatMs(expiresMs)} ${holdId} ${count} 0 ${places}`;
  await house.redis.append(ownedKey(house.event, owner), `|${record}`);
  return holdId;
}

export async function order(house: House, fan: Client, seats: number[]) {
  const { id: holdId } = await hold(house, fan, seats);
  const body = { eventId: house.eventId, holdId };
  return fan.call("createOrder", { body, key: randomUuid() });
}

export async function pay(fan: Client, orderId: string, source: "works" | "declines" = "works") {
  const body = { provider: "development" as const, source };
  return fan.call("createPayment", { params: { orderId }, body, key: randomUuid() });
}

export async function buy(house: House, fan: Client, seats: number[]) {
  const { id } = await order(house, fan, seats);
  await pay(fan, id);
  return fan.call("getOrder", { params: { orderId: id } });
}

const MINT_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

/** Mints and mirrors until the order's tickets are there; the chain mines by itself. */
export async function mint(house: House, fan: Client, orderId: string) {
  const endMs = systemClock.monotonicMs() + MINT_TIMEOUT_MS;
  while (systemClock.monotonicMs() < endMs) {
    await house.minter.mintWaiting();
    await house.mirror();
    await settleLines(house);
    await reopenVanished(house);
    await recoverTransactions(house);
    await house.minter.keepMoving();
    const found = await fan.call("getOrder", { params: { orderId } });
    if (found.lines.every(({ mint }) => mint === "minted" || mint === "attention")) return found;
    await systemClock.sleep(POLL_MS);
  }
  throw new Error(`order ${orderId} was not minted within ${MINT_TIMEOUT_MS} ms`);
}

export async function buyAndMint(house: House, fan: Client, seats: number[]) {
  const { id } = await buy(house, fan, seats);
  return mint(house, fan, id);
}
