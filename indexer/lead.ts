// Of several indexers one writes: whoever holds the lock; the others wait to take its place.
import type { Client } from "pg";
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import type { Log } from "#server/platform/log.ts";
import type { Metrics } from "#server/platform/metrics.ts";
import { askForLead, backendOf, type LeadAnswer } from "./ask-for-lead.ts";

/**
 * The lock ends with the connection of its holder, so a process that dies is followed within this.
 * One that is cut off goes on until its next write: that one moves the cursor only from where it
 * was read, so whoever leads by then has fenced it off.
 */
const ASK_EVERY_MS = 1_000;
/** How often the holder looks whether its connection, and the lock with it, is still there. */
const LOOK_EVERY_MS = 1_000;

export interface LeadDeps {
  db: Db;
  log: Log;
  metrics: Metrics;
  name: string;
  stopping: AbortSignal;
}

/** Runs `work` whenever this process holds the lock; its signal ends with the lock. */
export async function lead(
  deps: LeadDeps,
  work: (leading: AbortSignal) => Promise<void>,
): Promise<void> {
  const { db, metrics, name, stopping } = deps;
  const tell = createTeller(deps);
  while (!stopping.aborted) {
    const answer = await askForLead(db, name);
    tell(answer);
    if (answer.kind === "held") {
      metrics.mirrorLeads.set({ lock: name }, 1);
      try {
        await whileHeld(answer, deps, work);
      } finally {
        metrics.mirrorLeads.set({ lock: name }, 0);
      }
    }
    await answer.client?.end().catch(() => undefined);
    await systemClock.sleep(ASK_EVERY_MS, stopping);
  }
}

/** Says once how it is, and again when it is otherwise: a night of waiting is one line. */
function createTeller({ log, metrics, name }: LeadDeps): (answer: LeadAnswer) => void {
  let told = "";
  metrics.mirrorLeads.set({ lock: name }, 0);
  return (answer) => {
    const { kind } = answer;
    const state = kind === "unknown" ? `${kind} ${answer.reason}` : kind;
    if (kind === "unknown") metrics.mirrorLeadFaults.inc({ lock: name, reason: "database" });
    if (kind === "abandoned") metrics.mirrorLeadFaults.inc({ lock: name, reason: "abandoned" });
    // Who led and lost it has something to say when it leads again.
    if (state === told && kind !== "held") return;
    told = state;
    if (kind === "held") log.info({ lock: name }, "leads");
    else if (kind === "taken") log.info({ lock: name }, "another process leads; this one waits");
    else if (kind === "unknown") {
      log.warn(
        { lock: name, err: answer.error },
        "the database does not say who leads; asks again",
      );
    } else {
      const { pid, silentMs } = answer;
      log.error({ lock: name, pid, silentMs }, "the lead is kept by a connection that nobody uses");
    }
  };
}

async function whileHeld(
  { client, pid }: LeadAnswer & { kind: "held" },
  { log, metrics, name, stopping }: LeadDeps,
  work: (leading: AbortSignal) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  client.once("end", () => lost.abort());
  const leading = AbortSignal.any([stopping, lost.signal]);
  const looking = (async () => {
    while (!leading.aborted) {
      if ((await isStill(client, pid)) === "another") {
        metrics.mirrorLeadFaults.inc({ lock: name, reason: "pooler" });
        log.error({ lock: name }, "a pooler gives the lead to anybody; connect without it");
        lost.abort();
      }
      await systemClock.sleep(LOOK_EVERY_MS, leading);
    }
  })();
  const look = looking.catch(() => lost.abort());
  try {
    await work(leading);
  } finally {
    lost.abort();
    await look;
  }
}

/** The lock is a session's: behind a pooler the next statement may be in another one. */
async function isStill(client: Client, pid: number): Promise<"same" | "another"> {
  return (await backendOf(client)) === pid ? "same" : "another";
}
