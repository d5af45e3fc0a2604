// The steps of an organiser, for suites that are about one of them.
import type { Client } from "#scripts/demo-client.ts";
import type { ResponseOf } from "#server/api/routes.ts";
import { splitMessage } from "#server/domain/split.ts";
import { type EventRef, parseEventId } from "#server/domain/ticket-id.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import type { House } from "./house.ts";
import { makePlan } from "./plan.ts";

const DAY_MS = 86_400_000;

export type Draft = ResponseOf<"getDraft">;

export function daysAhead(days: number): string {
  return new Date(systemClock.now().getTime() + days * DAY_MS).toISOString();
}

export function eventRequest() {
  return {
    name: "Night of the Proms",
    artist: "The Orchestra",
    venue: "Town Hall",
    timeZone: "Europe/Berlin",
    doorsAt: daysAhead(30),
    startsAt: daysAhead(31),
    endsAt: daysAhead(32),
    currency: "EUR" as const,
  };
}

export async function createDraft(operator: Client, changes: object = {}): Promise<Draft> {
  const body = { ...eventRequest(), ...changes };
  return operator.call("createEvent", { body, key: randomUuid() });
}

export function of(draft: { id: string; version: number }) {
  return { params: { eventId: draft.id }, query: { version: draft.version } };
}

/** With a plan of 2 × 2 × 5 seats, prices and a phase: all that publishing asks for. */
export async function createReadyDraft(operator: Client, changes: object = {}): Promise<Draft> {
  const draft = await createDraft(operator, changes);
  const plan = makePlan({ zones: 2, rows: 2, seats: 5 });
  const { version } = await operator.call("putPlan", { ...of(draft), body: plan });
  const categories = [{ name: "Stalls", price: "4500" }];
  const priced = await operator.call("putCategories", {
    ...of({ ...draft, version }),
    body: { categories },
  });
  return operator.call("putPhases", {
    ...of(priced),
    body: { phases: [phase("General sale", -1, 31)] },
  });
}

export function phase(name: string, from: number, to: number) {
  return {
    name,
    startsAt: daysAhead(from),
    endsAt: daysAhead(to),
    classes: ["public" as const],
    limitPerOrder: 8,
  };
}

/** Signs the split as one of its payees. */
export async function accept(house: House, payee: Client, draft: Draft) {
  const { chainId, modules } = house.chain.deployment;
  const splits = modules?.splits;
  const { eventId } = parseEventId(draft.id);
  const payees = draft.payees.map(({ address, shareBps }) => ({
    address: address as `0x${string}`,
    shareBps,
  }));
  const message = splitMessage({ chainId, splits: splits as `0x${string}`, eventId, payees });
  const signature = await payee.account.signTypedData(message);
  const body = { payee: payee.account.address, signature };
  return payee.call("acceptSplit", { params: { eventId: draft.id }, body });
}

/** An event of which the chain is to be told, with one payee for all of its royalties. */
export async function beginPublishing(
  house: House,
  { operator, payee }: { operator: Client; payee: Client },
): Promise<EventRef> {
  const draft = await createReadyDraft(operator);
  const payees = [{ address: payee.account.address, shareBps: 10_000 }];
  const shared = await operator.call("putPayees", { ...of(draft), body: { payees } });
  await accept(house, payee, shared);
  await operator.call("publishEvent", of(shared));
  return parseEventId(draft.id);
}
