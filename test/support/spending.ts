// For every route that needs an Idempotency-Key a request that spends something, made anew each time.

import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { Route } from "#server/api/route.ts";
import { ROUTES, type RouteName } from "#server/api/routes.ts";
import { grantRole } from "#server/auth/grant-role.ts";
import { classNumber } from "#server/domain/stock.ts";
import { formatEventId, packSeat } from "#server/domain/ticket-id.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { addressOf } from "./access-requests.ts";
import type { Question } from "./ask.ts";
import { buy, hold, order, stalls } from "./buy.ts";
import type { House } from "./house.ts";
import { daysAhead, eventRequest } from "./organise.ts";
import { changePlan } from "./seat-house.ts";

const SEATS_PER_ROW = 14;
const BALCONY = 2;
const BALCONY_SEATS_PER_ROW = 18;
const COMPS = 50;

type KeyOf<N extends RouteName> = (typeof ROUTES)[N] extends { keyed: unknown } ? N : never;
export type SpendingRoute = { [N in RouteName]: KeyOf<N> }[RouteName];

export const SPENDING = Object.keys(ROUTES).filter(
  (name) => (ROUTES[name as RouteName] as Route).keyed !== undefined,
) as SpendingRoute[];

export interface Spending {
  /** With a key and a caller of its own. */
  ask(route: SpendingRoute): Promise<Question>;
}

export async function openSpending(house: House): Promise<Spending> {
  const staff = await house.organiser();
  const operator = await house.operator();
  let seats = 0;
  let comps = 0;
  let events = 0;
  const nextSeat = () => {
    seats += 1;
    return stalls(1 + Math.floor(seats / SEATS_PER_ROW), 1 + (seats % SEATS_PER_ROW));
  };
  await keepComps(house);

  const byStaff = () => ({ key: randomUuid(), cookie: staff.cookie() });
  const make: Record<SpendingRoute, () => Promise<Omit<Question, "route">>> = {
    createHold: async () => {
      const fan = await house.fan();
      const { eventId } = house;
      const body = { seats: nextSeat() };
      return { params: { eventId }, body, key: randomUuid(), cookie: fan.cookie() };
    },
    createOrder: async () => {
      const fan = await house.fan();
      const { id: holdId } = await hold(house, fan, nextSeat());
      const body = { eventId: house.eventId, holdId };
      return { body, key: randomUuid(), cookie: fan.cookie() };
    },
    createPayment: async () => {
      const fan = await house.fan();
      const { id: orderId } = await order(house, fan, nextSeat());
      const body = { provider: "development", source: "works" };
      return { params: { orderId }, body, key: randomUuid(), cookie: fan.cookie() };
    },
    createRefund: async () => {
      const { id, lines } = await buy(house, await house.fan(), nextSeat());
      const tickets = lines.map(({ ticketId }) => ticketId);
      return { params: { orderId: id }, body: { tickets, reason: "ill" }, ...byStaff() };
    },
    giveComp: async () => {
      const at = comps;
      comps += 1;
      const row = 1 + Math.floor(at / BALCONY_SEATS_PER_ROW);
      const seat = packSeat({ section: BALCONY, row, seat: 1 + (at % BALCONY_SEATS_PER_ROW) });
      const { address: to } = (await house.fan()).account;
      const body = { to, seats: [seat], reason: "a guest" };
      return { params: { eventId: house.eventId }, body, ...byStaff() };
    },
    createEvent: async () => ({
      ...{ body: eventRequest(), key: randomUuid(), cookie: operator.cookie() },
    }),
    cancelEvent: async () => {
      events += 1;
      const params = { eventId: await copyEvent(house, events) };
      return { params, body: { reason: "no singer" }, ...byStaff() };
    },
    rescheduleEvent: async () => {
      events += 1;
      const params = { eventId: await copyEvent(house, events) };
      const later = { doorsAt: daysAhead(300), startsAt: daysAhead(301), endsAt: daysAhead(302) };
      return { params, body: { ...later, reason: "no singer" }, ...byStaff() };
    },
  };
  return { ask: async (route) => ({ route, ...(await make[route]()) }) };
}

/** The balcony is for guests, here and by what the mirror says of the chain. */
async function keepComps(house: House): Promise<void> {
  await house.mirror();
  const comp = classNumber("comp");
  await changePlan(
    house,
    `UPDATE sale.seat SET class = ${comp}
     WHERE deployment = $1 AND event_id = $2 AND seat >> 24 = ${BALCONY}`,
  );
  const { deployment, eventId } = house.event;
  await house.indexerDb.query({
    text: `UPDATE mirror.class_stock SET cap = $4
           WHERE deployment = $1 AND event_id = $2 AND class = $3`,
    values: [deployment, eventId, comp, COMPS],
  });
}

/** Another event on sale, run by the same people; no chain knows it. */
async function copyEvent({ db, event }: House, nth: number): Promise<string> {
  const copy = { deployment: event.deployment, eventId: event.eventId + nth + COMPS };
  await db.query({
    text: `INSERT INTO sale.event
           SELECT (jsonb_populate_record(e, jsonb_build_object('id', $3::int))).* FROM sale.event e
           WHERE deployment = $1 AND id = $2`,
    values: [event.deployment, event.eventId, copy.eventId],
  });
  const address = addressOf(anvilAccount(ANVIL_ROLES.organiser).privateKey);
  const change = { scope: copy, address, role: "organiser", actor: "test" } as const;
  await db.transaction((sql) => grantRole(sql, { clock: systemClock }, change));
  return formatEventId(copy);
}
