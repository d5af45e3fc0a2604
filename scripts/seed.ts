// Puts the demo event on the local chain and on sale, once, by the way that every event goes.
import { privateKeyToAccount } from "viem/accounts";
import { EventRequest } from "#server/api/organiser.ts";
import { grantRole } from "#server/auth/grant-role.ts";
import { splitMessage } from "#server/domain/split.ts";
import { type EventRef, formatEventId } from "#server/domain/ticket-id.ts";
import { createEvent } from "#server/event/draft/create-event.ts";
import { putCategories } from "#server/event/draft/put-categories.ts";
import { putPayees } from "#server/event/draft/put-payees.ts";
import { putPhases } from "#server/event/draft/put-phases.ts";
import { importPlan, packPlan } from "#server/event/plan/import-plan.ts";
import { readPlanFile } from "#server/event/plan/read-plan-file.ts";
import { acceptSplit } from "#server/event/publish/accept-split.ts";
import { beginPublishing } from "#server/event/publish/begin.ts";
import { type Chain, type Chains, openChains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb, type Sql } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import type { Deployment } from "#server/platform/env.ts";
import { createLog } from "#server/platform/log.ts";
import { DEMO_CATEGORIES, demoPlan } from "./demo-event.ts";
import { finishPublishing } from "./seed-publish.ts";
import { ANVIL_ROLES, anvilAccount } from "./services/anvil-keys.ts";

const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
const DAYS_AHEAD = 30;
const SEATS_PER_HOLD = 8;
/** Who shares the royalties, in hundredths of a percent. */
const SPLIT = { artist: 7_000, venue: 3_000 } as const;
const ACTOR = "seed";

export async function seedDemo({
  databaseUrl,
  deployment,
  log,
}: {
  databaseUrl: string;
  deployment: Deployment;
  log: (text: string) => void;
}): Promise<{ eventId: string; eventUrlPath: string; created: boolean }> {
  if (deployment.chainId !== LOCAL_CHAIN_ID) {
    throw new Error("The demo event is for a local chain only.");
  }
  const db = await openDb({
    url: databaseUrl,
    role: "stagedoor_server",
    log: createLog({ name: "seed", level: "fatal" }),
    connectionsMax: 2,
  });
  const chains = openChains([deployment]);
  try {
    const last = await lastEvent(db, deployment.id);
    const ref = last ?? (await draftDemo(db, deployment));
    await nameStaff(db, ref);
    // At every start: one that was killed half way goes on, and a chain that lost its state gets
    // its event back.
    await publish({ db, chains }, ref);
    if (last === undefined) log(`${demoTerms().artist}: 212 seats on sale.`);
    const id = formatEventId(ref);
    return { eventId: id, eventUrlPath: `/events/${id}`, created: last === undefined };
  } finally {
    await db.close();
  }
}

/** The newest event, unless its doors have opened. */
async function lastEvent(db: Db, deployment: number): Promise<EventRef | undefined> {
  const last = await db.prisma.event.findFirst({ where: { deployment }, orderBy: { id: "desc" } });
  if (last === null || last.doorsAt <= systemClock.now()) return undefined;
  return { deployment, eventId: last.id };
}

function demoTerms() {
  const day = new Date(systemClock.now().getTime() + DAYS_AHEAD * DAY_MS);
  const doorsAt = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate(), 19));
  const after = (hours: number) => new Date(doorsAt.getTime() + hours * HOUR_MS).toISOString();
  return EventRequest.parse({
    name: "The Long Way Home",
    artist: "Ada Marlowe and the Night Buses",
    venue: "Alhambra Hall, Lisbon",
    city: "Lisbon",
    timeZone: "Europe/Lisbon",
    currency: "EUR",
    doorsAt: doorsAt.toISOString(),
    startsAt: after(1),
    endsAt: after(4),
    seatsPerHold: SEATS_PER_HOLD,
  });
}

/** All of it or nothing, so that no start finds half a draft. */
async function draftDemo(db: Db, deployment: Deployment): Promise<EventRef> {
  const read = readPlanFile(demoPlan());
  const plan = { ...read, packed: await packPlan(read) };
  const terms = demoTerms();
  const organiser = addressOf("organiser");
  return db.transaction(async (sql) => {
    const given = { deployment: deployment.id, request: terms, actor: ACTOR, organiser };
    const ref = await createEvent(sql, { clock: systemClock }, given);
    await importPlan(sql, ref, { version: 1, plan });
    await putCategories(sql, ref, { version: 2, categories: [...DEMO_CATEGORIES] });
    await putPhases(sql, { clock: systemClock }, ref, { version: 3, phases: [generalSale(terms)] });
    if (deployment.modules !== undefined) await addSplit(sql, ref);
    return ref;
  });
}

function generalSale({ startsAt }: { startsAt: string }) {
  return {
    name: "General sale",
    startsAt: systemClock.now().toISOString(),
    endsAt: startsAt,
    classes: ["public" as const],
    limitPerPerson: null,
    limitPerOrder: SEATS_PER_HOLD,
    proofOfWork: 0,
  };
}

function demoPayees() {
  return (["artist", "venue"] as const).map((role) => ({
    address: addressOf(role),
    shareBps: SPLIT[role],
  }));
}

async function addSplit(sql: Sql, ref: EventRef): Promise<void> {
  await putPayees(sql, ref, { version: 4, payees: demoPayees() });
}

/** At every start: a seed that was killed half way is completed by the next one. */
async function nameStaff(db: Db, scope: EventRef): Promise<void> {
  await db.transaction(async (sql) => {
    for (const role of ["organiser", "gate"] as const) {
      const address = addressOf(role);
      await grantRole(sql, { clock: systemClock }, { scope, address, role, actor: ACTOR });
    }
  });
}

async function publish({ db, chains }: { db: Db; chains: Chains }, ref: EventRef): Promise<void> {
  const chain = chains.get(ref.deployment) as Chain;
  const { deployment } = chain;
  const event = await db.prisma.event.findUniqueOrThrow({
    where: { deployment_id: { deployment: ref.deployment, id: ref.eventId } },
    include: { payees: true },
  });
  if (event.state === "draft") {
    if (event.payees.length > 0) await acceptAsEverybody(db, chain, ref);
    const given = { version: undefined, deployment, actor: ACTOR };
    await beginPublishing({ db, clock: systemClock }, ref, given);
  }
  await finishPublishing({ db, chains }, ref);
}

async function acceptAsEverybody(db: Db, chain: Chain, ref: EventRef): Promise<void> {
  const { chainId, modules } = chain.deployment;
  if (modules === undefined) return;
  const { splits } = modules;
  const message = splitMessage({ chainId, splits, eventId: ref.eventId, payees: demoPayees() });
  for (const role of ["artist", "venue"] as const) {
    const account = privateKeyToAccount(anvilAccount(ANVIL_ROLES[role]).privateKey);
    const signature = await account.signTypedData(message);
    await acceptSplit(db, ref, { chain, payee: addressOf(role), signature });
  }
}

function addressOf(role: keyof typeof ANVIL_ROLES): `0x${string}` {
  return anvilAccount(ANVIL_ROLES[role]).address.toLowerCase() as `0x${string}`;
}
