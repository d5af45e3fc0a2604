// For every route a request that its rightful caller gets an answer to, made anew for each cell of the table.
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { DEMO_CATEGORIES } from "#scripts/demo-event.ts";
import type { RouteName } from "#server/api/routes.ts";
import { grantRole } from "#server/auth/grant-role.ts";
import { createSession, findSession } from "#server/auth/session.ts";
import { packSeat } from "#server/domain/ticket-id.ts";
import { readDraft } from "#server/event/draft/read-draft.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { announceOrders } from "#server/queue/announce-orders.ts";
import { addEndpoint } from "#server/webhook/endpoint.ts";
import { type Authenticator, createAuthenticator } from "./authenticator.ts";
import type { House } from "./house.ts";
import { daysAhead, eventRequest } from "./organise.ts";
import { makePlan } from "./plan.ts";
import { beginSignIn, writeMessage } from "./sign-in.ts";

export interface Ask {
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  /** An Idempotency-Key of its own. */
  keyed?: boolean;
  /** Sent besides the caller's own. */
  cookie?: string;
}

/** What the requests are about; the owner's session is the caller's where the owner calls. */
export interface World {
  house: House;
  ownerKey: Hex;
  ownerCookie: string;
  /** Each answer is a seat that no other cell uses. */
  nextSeat(): number;
  /** A wallet that nobody has heard of. */
  newAddress(): string;
}

type Requests = Record<RouteName, (world: World) => Ask | Promise<Ask>>;

const A_RECEIVER = { url: "https://example.org/hooks", types: ["order.paid"] };

const A_SEAT = packSeat({ section: 1, row: 1, seat: 1 });

const nothing = (): Ask => ({});
const anEvent = ({ house }: World): Ask => ({ params: { eventId: house.eventId } });

const LATER = { doorsAt: daysAhead(300), startsAt: daysAhead(301), endsAt: daysAhead(302) };

/** Its new date is on its way to the chain, and nobody sends it. */
async function aMovedEvent(world: World): Promise<Ask> {
  const { db, event } = world.house;
  await db.query({
    text: `INSERT INTO sale.event_act
             (deployment, event_id, kind, doors_at, starts_at, ends_at, why, asked_by)
           VALUES ($1, $2, 'reschedule', $3, $4, $5, 'test', $6) ON CONFLICT DO NOTHING`,
    values: [event.deployment, event.eventId, ...Object.values(LATER), `0x${"0a".repeat(20)}`],
  });
  return anEvent(world);
}

async function mirroredEvent(world: World): Promise<Ask> {
  await world.house.mirror();
  return anEvent(world);
}

export const REQUESTS: Requests = {
  getConfig: nothing,

  createNonce: nothing,
  signIn: async ({ house, ownerKey }) => {
    const account = privateKeyToAccount(ownerKey);
    const { nonce, cookie } = await beginSignIn(house.url);
    const message = writeMessage(account.address, nonce);
    return { body: { message, signature: await account.signMessage({ message }) }, cookie };
  },
  getSession: nothing,
  signOut: nothing,
  listSessions: nothing,
  endSession: async ({ house, ownerKey }) => {
    const deps = { db: house.db, redis: house.redis, clock: systemClock };
    const token = await newToken(house, addressOf(ownerKey));
    return { params: { sessionId: (await findSession(deps, token))?.sessionId ?? "" } };
  },
  endOtherSessions: nothing,

  createPasskeyOptions: nothing,
  createPasskey: async (world) => ({ body: (await newPasskey(world)).body }),
  listPasskeys: nothing,
  deletePasskey: async (world) => {
    const { authenticator } = await addedPasskey(world);
    return { params: { passkeyId: authenticator.id } };
  },
  createPasskeyChallenge: nothing,
  signInWithPasskey: async (world) => {
    const { authenticator } = await addedPasskey(world);
    const begun = await post(world.house, "/v1/auth/session/passkey/options", {});
    const options = (await begun.json()) as Record<string, unknown>;
    const cookie = begun.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    return { body: authenticator.get(options), cookie };
  },

  listRoles: anEvent,
  grantRole: (world) => ({
    ...anEvent(world),
    body: { address: world.newAddress(), role: "gate" },
  }),
  revokeRole: async ({ house, newAddress }) => {
    const change = {
      scope: house.event,
      address: newAddress(),
      role: "gate",
      actor: "test",
    } as const;
    await house.db.transaction((sql) => grantRole(sql, { clock: systemClock }, change));
    return { params: { eventId: house.eventId, role: change.role, address: change.address } };
  },
  listOperators: nothing,
  grantOperator: ({ newAddress }) => ({ body: { address: newAddress() } }),
  revokeOperator: async ({ house, newAddress }) => {
    const operator = { scope: "platform", role: "operator" } as const;
    const change = { ...operator, address: newAddress(), actor: "test" };
    await house.db.transaction((sql) => grantRole(sql, { clock: systemClock }, change));
    return { params: { address: change.address } };
  },

  listEvents: nothing,
  getEvent: anEvent,
  getSeatStates: anEvent,
  getSeatMap: anEvent,
  followSeats: anEvent,

  listWebhooks: anEvent,
  addWebhook: (world) => ({ ...anEvent(world), body: A_RECEIVER }),
  renewWebhookSecret: async (world) => ({ params: await newWebhook(world) }),
  removeWebhook: async (world) => ({ params: await newWebhook(world) }),
  listDeliveries: async (world) => ({ params: await newWebhook(world) }),
  resendDelivery: async (world) => {
    const webhook = await newWebhook(world);
    const orderIds = [await newOrder(world)];
    const { db } = world.house;
    await db.transaction((sql) => announceOrders(sql, { type: "order.paid", orderIds }));
    const { rows } = await db.query<{ message_id: string }>({
      text: "SELECT message_id FROM sale.webhook_delivery WHERE endpoint_id = $1",
      values: [webhook.webhookId],
    });
    return { params: { ...webhook, messageId: rows[0]?.message_id ?? "" } };
  },
  createEvent: () => ({ body: eventRequest(), keyed: true }),
  listOrganiserEvents: nothing,
  getDraft: anEvent,
  changeEvent: async (world) => ({ ...(await aChange(world)), body: { name: randomUuid() } }),
  putPlan: async (world) => ({
    ...(await aChange(world)),
    body: makePlan({ zones: 1, rows: 1, seats: 1 }),
  }),
  getPlan: anEvent,
  putCategories: async (world) => ({
    ...(await aChange(world)),
    body: { categories: DEMO_CATEGORIES },
  }),
  putAreas: async (world) => ({ ...(await aChange(world)), body: { areas: [] } }),
  putPhases: async (world) => {
    const { phases } = await readDraft(world.house.db, world.house.event);
    return { ...(await aChange(world)), body: { phases } };
  },
  changeHoldbacks: async (world) => ({
    ...(await aChange(world)),
    body: { holdbacks: [{ zone: "Balcony", access: "none" }] },
  }),
  putPayees: async (world) => ({ ...(await aChange(world)), body: { payees: [] } }),
  getSplit: anEvent,
  acceptSplit: (world) => ({
    ...anEvent(world),
    body: { payee: world.newAddress(), signature: "0x" },
  }),
  checkEvent: anEvent,
  publishEvent: aChange,
  getPublishing: anEvent,
  withdrawPublishing: anEvent,

  getQueue: anEvent,
  getEventActs: anEvent,
  listEventJobs: anEvent,
  listJobs: nothing,
  cancelEvent: async (world) => ({
    ...(await aMovedEvent(world)),
    body: { reason: "no singer" },
    keyed: true,
  }),
  rescheduleEvent: async (world) => ({
    ...(await aMovedEvent(world)),
    body: { ...LATER, reason: "no singer" },
    keyed: true,
  }),

  createChallenge: anEvent,
  listHolds: nothing,
  createHold: (world) => ({ ...anEvent(world), body: { seats: [world.nextSeat()] } }),
  getHold: async (world) => ({
    params: { eventId: world.house.eventId, holdId: await newHold(world) },
  }),
  extendHold: async (world) => ({
    params: { eventId: world.house.eventId, holdId: await newHold(world) },
  }),
  releaseHold: async (world) => ({
    params: { eventId: world.house.eventId, holdId: await newHold(world) },
  }),

  createOrder: async (world) => ({
    body: { eventId: world.house.eventId, holdId: await newHold(world) },
    keyed: true,
  }),
  giveComp: (world) => ({
    ...anEvent(world),
    body: { to: world.newAddress(), seats: [A_SEAT], reason: "a guest" },
    keyed: true,
  }),
  getOrder: async (world) => ({ params: { orderId: await newOrder(world) } }),
  followOrder: async (world) => ({ params: { orderId: await newOrder(world) } }),
  getOrderTimeline: async (world) => ({ params: { orderId: await newOrder(world) } }),
  createPayment: async (world) => ({
    params: { orderId: await newOrder(world) },
    body: { provider: "development", source: "works" },
    keyed: true,
  }),

  createRefund: async (world) => {
    const { orderId, tickets } = await newPaidOrder(world);
    return { params: { orderId }, body: { tickets, reason: "asked for" }, keyed: true };
  },
  getRefunds: async (world) => ({ params: { orderId: await anOrder(world) } }),

  receiveStripeEvent: () => ({ body: { id: "evt_1", object: "event", type: "charge.failed" } }),

  listNotices: nothing,
  readNotices: () => ({ body: { notices: ["ntc_1"] } }),

  listTickets: ({ newAddress }) => ({ query: { owner: newAddress() } }),
  getTicket: async ({ house }) => ({ params: { ticketId: await aTicket(house) } }),
  getTicketHistory: async ({ house }) => ({ params: { ticketId: await aTicket(house) } }),
  getSeatTicket: ({ house }) => ({ params: { eventId: house.eventId, seat: "1" } }),
  listSales: mirroredEvent,
  getRoyalties: mirroredEvent,
  listPayouts: mirroredEvent,
  getTransaction: () => ({ params: { txHash: `0x${"ab".repeat(32)}` } }),
  getPaidOrder: () => ({ params: { orderId: `0x${"ab".repeat(32)}` } }),
  getMirror: nothing,
  followFacts: ({ house }) => ({ query: { eventId: house.eventId } }),
  listEventTickets: mirroredEvent,
  listCheckIns: mirroredEvent,
  getEscrow: mirroredEvent,
  getClasses: mirroredEvent,
  getOrderTickets: async (world) => ({ params: { orderId: await takenOrder(world) } }),

  scan: ({ house }) => ({
    body: { scanId: randomUuid(), eventId: house.eventId, gate: "Door", pass: "A" },
  }),
};

/** Of the event as it is now: each change makes another version of it. */
async function aChange(world: World): Promise<Ask> {
  const { version } = await readDraft(world.house.db, world.house.event);
  return { ...anEvent(world), query: { version: String(version) } };
}

export function addressOf(key: Hex): `0x${string}` {
  return privateKeyToAccount(key).address.toLowerCase() as `0x${string}`;
}

export async function newToken(house: House, address: `0x${string}`): Promise<string> {
  const deps = { db: house.db, redis: house.redis, clock: systemClock };
  return (await createSession(deps, { address, userAgent: "", method: "wallet" })).token;
}

/** As the owner, who is allowed to. */
async function post(house: House, path: string, body: unknown, cookie = ""): Promise<Response> {
  const response = await fetch(new URL(path, house.url), {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": randomUuid(), cookie },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response;
}

async function idOf(answer: Promise<Response>): Promise<string> {
  return ((await (await answer).json()) as { id: string }).id;
}

/** For the owner, with a wallet of its own each time: an event limits what one person may hold. */
async function newHold({ house, ownerCookie, nextSeat }: World): Promise<string> {
  const path = `/v1/events/${house.eventId}/holds`;
  return idOf(post(house, path, { seats: [nextSeat()] }, ownerCookie));
}

async function newOrder(world: World): Promise<string> {
  const body = { eventId: world.house.eventId, holdId: await newHold(world) };
  return idOf(post(world.house, "/v1/orders", body, world.ownerCookie));
}

/** Anybody's: the hall has too few seats for one of each cell's own. */
async function anOrder(world: World): Promise<string> {
  const { rows } = await world.house.db.query<{ id: string }>({
    text: "SELECT id FROM sale.order LIMIT 1",
  });
  return rows[0]?.id ?? newOrder(world);
}

/** The owner's from now on, for what only looks at it. */
async function takenOrder(world: World): Promise<string> {
  const orderId = await anOrder(world);
  await world.house.db.query({
    text: "UPDATE sale.order SET buyer = $2 WHERE id = $1",
    values: [orderId, addressOf(world.ownerKey)],
  });
  return orderId;
}

async function newPaidOrder(world: World): Promise<{ orderId: string; tickets: string[] }> {
  const { house, ownerCookie } = world;
  const orderId = await newOrder(world);
  const body = { provider: "development", source: "works" };
  await post(house, `/v1/orders/${orderId}/payments`, body, ownerCookie);
  const { rows } = await house.db.query<{ ticket_id: bigint }>({
    text: "SELECT ticket_id FROM sale.order_line WHERE order_id = $1",
    values: [orderId],
  });
  const { deployment } = house.event;
  return { orderId, tickets: rows.map((row) => `tkt_${deployment}_${row.ticket_id}`) };
}

async function newPasskey({ house, ownerCookie }: World) {
  const authenticator: Authenticator = createAuthenticator({ origin: house.url });
  const answer = await post(house, "/v1/auth/passkeys/options", {}, ownerCookie);
  const options = (await answer.json()) as Record<string, unknown>;
  return { authenticator, body: authenticator.create(options) };
}

async function addedPasskey(world: World) {
  const { authenticator, body } = await newPasskey(world);
  await post(world.house, "/v1/auth/passkeys", body, world.ownerCookie);
  return { authenticator };
}

async function aTicket(house: House): Promise<string> {
  await house.mirror();
  const seat = packSeat({ section: 1, row: 1, seat: 1 });
  const ticketId = ((BigInt(house.event.eventId) << 4n) << 36n) | BigInt(seat);
  await house.indexerDb.query({
    text: `INSERT INTO mirror.ticket (deployment, ticket_id, event_id, owner, class, face, nonce,
             gifts, used, void, funded, card, resold, refunded, mint_tx, mint_block, minted_at,
             block_number, block_hash, log_index)
           VALUES ($1, $2, $3, $4, 0, 1, 0, 0, false, false, false, false, false, false, $5, 1, now(),
             1, $5, 0)
           ON CONFLICT DO NOTHING`,
    values: [
      ...[house.event.deployment, ticketId, house.event.eventId],
      ...[`0x${"0a".repeat(20)}`, `0x${"0b".repeat(32)}`],
    ],
  });
  return `tkt_${house.event.deployment}_${ticketId}`;
}

/** An event may have few receivers, and each cell adds one. */
async function newWebhook({ house }: World): Promise<{ eventId: string; webhookId: string }> {
  await house.db.query({ text: "DELETE FROM sale.webhook_endpoint" });
  const wish = { ...A_RECEIVER, types: ["order.paid"] as const };
  const { id } = await addEndpoint(
    { db: house.db, local: false },
    { event: house.event, ...wish, by: "test" },
  );
  return { eventId: house.eventId, webhookId: id };
}
