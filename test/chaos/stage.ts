// What stands before the curtain: services, contracts and one large event on sale, made by the way all go.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployDevelopment, deploymentOf } from "#scripts/deployment/deploy-development.ts";
import type { DeploymentRecord } from "#scripts/deployment/record.ts";
import { migrate } from "#scripts/migrate.ts";
import { finishPublishing } from "#scripts/seed-publish.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { removeHome } from "#scripts/services/home.ts";
import { type Services, startServices } from "#scripts/services/start-services.ts";
import { EventRequest } from "#server/api/organiser.ts";
import type { EventRef } from "#server/domain/ticket-id.ts";
import { createEvent } from "#server/event/draft/create-event.ts";
import { putCategories } from "#server/event/draft/put-categories.ts";
import { putPhases } from "#server/event/draft/put-phases.ts";
import { importPlan, packPlan } from "#server/event/plan/import-plan.ts";
import { readPlanFile } from "#server/event/plan/read-plan-file.ts";
import { beginPublishing } from "#server/event/publish/begin.ts";
import { openChains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openDb } from "#server/platform/db/client.ts";
import type { Deployment } from "#server/platform/env.ts";
import { createLog } from "#server/platform/log.ts";
import { eventRequest, phase } from "../support/organise.ts";
import { makePlan } from "../support/plan.ts";

export interface StageOptions {
  seats: number;
  blockTimeMs: number;
  /** How long a hold and an order last that nobody pays. */
  holdMs: number;
}

export interface Stage {
  services: Services;
  deployment: Deployment;
  event: EventRef;
  /** As tickets name them. */
  seats: number[];
  folder: string;
  close(): Promise<void>;
}

const SEATS_PER_ROW = 25;
const ROWS_PER_ZONE = 40;
const PRICE = "4500";
const ACTOR = "chaos";
/** Deeper than any reorg of the nemesis. */
const FINAL_DEPTH = 16;

export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "stagedoor-chaos-"));
  // The postgres user of a run by root must be able to pass through.
  chmodSync(folder, 0o711);
  const services = await startServices({
    home: folder,
    want: { postgres: true, redis: true, chain: true },
    blockTimeMs: options.blockTimeMs,
  });
  const close = async () => {
    await services.stop();
    removeHome(folder);
    // What Node compiled, and whatever a killed process left.
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await migrate({ databaseUrl: services.databaseUrl });
    const deployment = await deploy(services.rpcUrl);
    const { event, seats } = await putOnSale(services.databaseUrl, deployment, options);
    return { services, deployment, event, seats, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function deploy(rpcUrl: string): Promise<Deployment> {
  let record: DeploymentRecord | undefined;
  const store = {
    read: () => record,
    write: (written: DeploymentRecord) => {
      record = written;
    },
  };
  const made = await deployDevelopment({
    ...{ rpcUrl, collection: "main", store },
    note: () => undefined,
  });
  const { modules: _modules, ...deployment } = deploymentOf(made, { id: 1, rpcUrl });
  return { ...deployment, finality: FINAL_DEPTH };
}

async function putOnSale(databaseUrl: string, deployment: Deployment, options: StageOptions) {
  const log = createLog({ name: "stage", level: "fatal" });
  const open = { url: databaseUrl, log, connectionsMax: 2 };
  const db = await openDb({ ...open, role: "stagedoor_server" });
  const chains = openChains([deployment]);
  try {
    const rows = Math.ceil(options.seats / SEATS_PER_ROW);
    const zones = Math.ceil(rows / ROWS_PER_ZONE);
    const file = makePlan({ zones, rows: Math.ceil(rows / zones), seats: SEATS_PER_ROW });
    const read = readPlanFile(file);
    const plan = { ...read, packed: await packPlan(read) };
    const clock = systemClock;
    const organiser = anvilAccount(ANVIL_ROLES.organiser).address.toLowerCase() as `0x${string}`;
    const event = await db.transaction(async (sql) => {
      const request = EventRequest.parse(eventRequest());
      const given = { deployment: deployment.id, request, actor: ACTOR, organiser };
      const ref = await createEvent(sql, { clock }, given);
      await importPlan(sql, ref, { version: 1, plan });
      const categories = [{ name: "Stalls", price: PRICE }];
      await putCategories(sql, ref, { version: 2, categories });
      const phases = [{ ...phase("Drop", -1, 31), limitPerPerson: null, proofOfWork: 0 }];
      await putPhases(sql, { clock }, ref, { version: 3, phases });
      return ref;
    });
    await beginPublishing({ db, clock }, event, { version: undefined, deployment, actor: ACTOR });
    await finishPublishing({ db, chains }, event);
    const values = [event.deployment, event.eventId];
    await db.query({
      text: "UPDATE sale.event SET hold_ttl_ms = $3 WHERE deployment = $1 AND id = $2",
      values: [...values, options.holdMs],
    });
    const { rows: found } = await db.query<{ seat: bigint }>({
      text: "SELECT seat FROM sale.seat WHERE deployment = $1 AND event_id = $2 ORDER BY rank",
      values,
    });
    return { event, seats: found.map(({ seat }) => Number(seat)) };
  } finally {
    await db.close();
  }
}
