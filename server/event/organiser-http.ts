// The routes of organisers: from a draft to an event on sale.
import type { Handlers } from "../api/handler.ts";
import type { ORGANISER_ROUTES } from "../api/organiser-routes.ts";
import { Refusal } from "../domain/failure.ts";
import { type EventRef, parseEventId } from "../domain/ticket-id.ts";
import type { Chains } from "../platform/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { once } from "../platform/db/keyed.ts";
import type { Deployment, Env } from "../platform/env.ts";
import type { WakeQueue } from "../queue/wake-queue.ts";
import { cancelEvent, rescheduleEvent } from "./act/ask-act.ts";
import { readActs } from "./act/read-acts.ts";
import { changeEvent } from "./draft/change-event.ts";
import { changeHoldbacks } from "./draft/change-holdbacks.ts";
import { createEvent } from "./draft/create-event.ts";
import { listOrganiserEvents } from "./draft/list-events.ts";
import { putAreas } from "./draft/put-areas.ts";
import { putCategories } from "./draft/put-categories.ts";
import { putPayees } from "./draft/put-payees.ts";
import { putPhases } from "./draft/put-phases.ts";
import { type Draft, readDraft } from "./draft/read-draft.ts";
import { listJobs } from "./list-jobs.ts";
import { exportPlan } from "./plan/export-plan.ts";
import { putPlan } from "./plan/put-plan.ts";
import { acceptSplit, readSplit } from "./publish/accept-split.ts";
import {
  beginPublishing,
  readPublishing,
  requireReady,
  withdrawPublishing,
} from "./publish/begin.ts";
import { chainOf, checkEvent } from "./publish/check-event.ts";

export interface OrganiserDeps {
  db: Db;
  chains: Chains;
  clock: Clock;
  publishQueue: WakeQueue;
  env: Pick<Env, "deployments">;
  /** Who puts events on the chain; nobody without its key. A key service may not answer. */
  askOrganiser: () => Promise<`0x${string}` | undefined>;
}

type Drafting =
  | "createEvent"
  | "listOrganiserEvents"
  | "getDraft"
  | "changeEvent"
  | "putPlan"
  | "getPlan"
  | "putCategories"
  | "putAreas"
  | "putPhases"
  | "changeHoldbacks"
  | "putPayees";
type Acting = "cancelEvent" | "rescheduleEvent" | "getEventActs" | "listEventJobs" | "listJobs";
type Publishing = Exclude<keyof typeof ORGANISER_ROUTES, Drafting | Acting>;

export function organiserHandlers(deps: OrganiserDeps): Handlers<Drafting | Publishing | Acting> {
  return { ...draftHandlers(deps), ...publishHandlers(deps), ...actHandlers(deps) };
}

function actHandlers(deps: OrganiserDeps): Handlers<Acting> {
  const { db, publishQueue } = deps;
  const answer = async (ref: EventRef) => {
    await publishQueue.wake(ref);
    return { body: await readActs(db, ref) };
  };
  return {
    cancelEvent: async ({ params, body, caller, key }) => {
      const ref = parseEventId(params.eventId);
      await cancelEvent(deps, { ref, actor: caller.address, key, why: body.reason });
      return answer(ref);
    },
    rescheduleEvent: async ({ params, body: { reason: why, ...times }, caller, key }) => {
      const ref = parseEventId(params.eventId);
      await rescheduleEvent(deps, { ref, actor: caller.address, key, why, times });
      return answer(ref);
    },
    listEventJobs: async ({ params, query }) => ({
      body: await listJobs(db, parseEventId(params.eventId), query),
    }),
    listJobs: async ({ query }) => ({ body: await listJobs(db, undefined, query) }),
    getEventActs: async ({ params }) => ({
      body: await readActs(db, parseEventId(params.eventId)),
    }),
  };
}

function draftHandlers(deps: OrganiserDeps): Handlers<Drafting> {
  const { db } = deps;
  /** Each change answers the event as it is then: its version is the next change's. */
  const changed = async (eventId: string, change: (sql: Sql, ref: EventRef) => Promise<void>) => {
    const ref = parseEventId(eventId);
    return db.transaction(async (sql): Promise<{ body: Draft }> => {
      await change(sql, ref);
      return { body: await readDraft(sql, ref) };
    });
  };
  return {
    createEvent: async ({ body, caller, key }) => {
      const { id: deployment } = chooseDeployment(deps.env.deployments, body.deployment);
      const keyed = { owner: caller.address, key, route: "createEvent", body };
      const given = { deployment, request: body, actor: caller.address, organiser: caller.address };
      return {
        body: await once(db, keyed, async (sql) =>
          readDraft(sql, await createEvent(sql, deps, given)),
        ),
      };
    },
    listOrganiserEvents: async ({ query: { limit, cursor }, caller }) => {
      const after = cursor === undefined ? undefined : parseEventId(cursor);
      return { body: await listOrganiserEvents(db, { address: caller.address, limit, after }) };
    },
    getDraft: async ({ params }) => ({ body: await readDraft(db, parseEventId(params.eventId)) }),
    changeEvent: ({ params, query, body }) =>
      changed(params.eventId, (sql, ref) => changeEvent(sql, ref, { ...query, change: body })),
    putPlan: async ({ params, query, body }) => ({
      body: await putPlan(db, parseEventId(params.eventId), { ...query, file: body }),
    }),
    getPlan: async ({ params }) => ({ packed: await exportPlan(db, parseEventId(params.eventId)) }),
    putCategories: ({ params, query, body }) =>
      changed(params.eventId, (sql, ref) => putCategories(sql, ref, { ...query, ...body })),
    putAreas: ({ params, query, body }) =>
      changed(params.eventId, (sql, ref) => putAreas(sql, ref, { ...query, ...body })),
    putPhases: ({ params, query, body }) =>
      changed(params.eventId, (sql, ref) => putPhases(sql, deps, ref, { ...query, ...body })),
    changeHoldbacks: ({ params, query, body }) =>
      changed(params.eventId, (sql, ref) => changeHoldbacks(sql, ref, { ...query, ...body })),
    putPayees: ({ params, query, body }) =>
      changed(params.eventId, (sql, ref) =>
        putPayees(sql, ref, {
          ...query,
          payees: body.payees.map(({ address, shareBps }) => ({
            address: address as `0x${string}`,
            shareBps,
          })),
        }),
      ),
  };
}

function publishHandlers(deps: OrganiserDeps): Handlers<Publishing> {
  const { db, clock, publishQueue } = deps;
  const check = async (ref: EventRef) =>
    checkEvent({ ...deps, organiser: await deps.askOrganiser() }, ref);
  return {
    getSplit: async ({ params, caller }) => {
      const ref = parseEventId(params.eventId);
      const asked = { chain: chainOf(deps, ref), caller: caller.address };
      return { body: await readSplit(db, ref, asked) };
    },
    acceptSplit: async ({ params, body }) => {
      const ref = parseEventId(params.eventId);
      const chain = chainOf(deps, ref);
      const signature = body.signature as `0x${string}`;
      await acceptSplit(db, ref, { chain, payee: body.payee, signature });
      return { body: await readSplit(db, ref, { chain, caller: body.payee }) };
    },
    checkEvent: async ({ params }) => ({ body: await check(parseEventId(params.eventId)) }),
    publishEvent: async ({ params, query, caller }) => {
      const ref = parseEventId(params.eventId);
      const { deployment } = chainOf(deps, ref);
      const before = await readPublishing(db, ref);
      if (before.state === "draft") requireReady((await check(ref)).problems);
      // A request that is sent again finds the version that it has made itself.
      const version = before.state === "draft" ? query.version : undefined;
      await beginPublishing({ db, clock }, ref, { version, deployment, actor: caller.address });
      await publishQueue.wake(ref);
      return { body: await readPublishing(db, ref) };
    },
    getPublishing: async ({ params }) => ({
      body: await readPublishing(db, parseEventId(params.eventId)),
    }),
    withdrawPublishing: async ({ params, caller }) => {
      const ref = parseEventId(params.eventId);
      await withdrawPublishing({ db, clock }, ref, caller.address);
      return { body: await readPublishing(db, ref) };
    },
  };
}

function chooseDeployment(
  deployments: readonly Deployment[],
  wanted: number | undefined,
): Deployment {
  const chosen =
    wanted === undefined ? deployments[0] : deployments.find(({ id }) => id === wanted);
  if (chosen !== undefined) return chosen;
  throw new Refusal("event/invalid", `There is no deployment ${wanted}.`, {
    errors: [{ pointer: "/deployment", detail: "is not configured" }],
  });
}
