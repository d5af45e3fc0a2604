// One run of chaos from a seed: a drop with a nemesis in it, a calm, and the checker's verdict.
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#server/platform/clock.ts";
import { check } from "./checker/check.ts";
import type { Facts } from "./checker/facts.ts";
import type { Violation } from "./checker/rules.ts";
import { type CrowdEnd, startCrowd } from "./crowd.ts";
import { type Struck, strike } from "./nemesis.ts";
import { planFaults } from "./plan.ts";
import type { Rig } from "./rig.ts";

export interface ChaosOptions {
  seed: number;
  kills: number;
  /** Over how long the fans and the faults come. */
  overMs: number;
  /** As crowds have it. */
  fullForMs: number;
  /** After the last fan: how long everything may take to be in order again. */
  calmMs: number;
  /** Waits no longer once nothing is wrong any more. */
  isCalmEnough?: boolean;
  say: (text: string) => void;
}

export interface ChaosEnd {
  wrong: Violation[];
  facts: Facts;
  crowd: CrowdEnd;
  struck: Struck;
  /** Of processes that ended by a bug of their own. */
  bugs: string[];
}

const PROGRESS_MS = 15_000;
const LOOK_MS = 1_000;

export async function wreak(rig: Rig, options: ChaosOptions): Promise<ChaosEnd> {
  const { seed, kills, overMs, fullForMs, say } = options;
  const crowd = startCrowd(rig, { seed, overMs, fullForMs });
  const ended = new AbortController();
  const reporting = report(() => crowd.progress(), { say, signal: ended.signal });
  try {
    const struck = await strike(rig, planFaults({ seed, kills, overMs }), say);
    say(`the last fault is over: ${struck.kills} killed, ${struck.others} other faults`);
    const end = await crowd.ended;
    ended.abort();
    say(`the last fan left: ${JSON.stringify(end.ends)}`);
    const { facts, wrong } = await calm(rig, end, options);
    return { facts, wrong, struck, crowd: end, bugs: findBugs(rig.logs) };
  } finally {
    ended.abort();
    await reporting;
  }
}

async function calm(rig: Rig, crowd: CrowdEnd, options: ChaosOptions) {
  const { calmMs, isCalmEnough = false, say } = options;
  const beganMs = systemClock.monotonicMs();
  const look = () => lookAt(rig, crowd.told);
  const leftMs = () => calmMs - (systemClock.monotonicMs() - beganMs);
  say(`calm for ${calmMs / 1_000} s${isCalmEnough ? " at most" : ""}`);
  while (isCalmEnough && leftMs() > 0) {
    // What is half way in one of the three is not wrong yet.
    const { wrong } = await look().catch(() => ({ wrong: [undefined] }));
    if (wrong.length === 0) break;
    await systemClock.sleep(LOOK_MS);
  }
  if (!isCalmEnough) await systemClock.sleep(calmMs);
  const seen = await look();
  say(`the checker looked ${((calmMs - leftMs()) / 1_000).toFixed(1)} s after the last fan`);
  return seen;
}

function lookAt({ stage, stripe }: Rig, told: CrowdEnd["told"]) {
  const { databaseUrl, rpcUrl } = stage.services;
  const { tickets } = stage.deployment;
  return check({ databaseUrl, rpcUrl, tickets, stripeUrl: stripe.apiUrl, told });
}

async function report(
  progress: () => string,
  { say, signal }: { say: (text: string) => void; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(PROGRESS_MS, signal);
    if (!signal.aborted) say(progress());
  }
}

const FATAL = 60;

/** A process that cannot start without its services ends, and that is no bug. */
function findBugs(logs: string): string[] {
  return readdirSync(logs).flatMap((name) =>
    readFileSync(join(logs, name), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("{") && line.includes(`"level":${FATAL}`))
      .flatMap((line) => {
        const { msg, err } = JSON.parse(line) as { msg: string; err?: { stack?: string } };
        return msg === "uncaught" ? [`${name}: ${err?.stack ?? line}`] : [];
      }),
  );
}

/** What stood in the tables, so that a verdict over nothing cannot look like a good one. */
export function summaryOf({ facts, wrong, bugs, struck, crowd }: ChaosEnd): string[] {
  const paid = facts.orders.filter(({ state }) => state === "paid" || state === "fulfilled");
  const money = facts.intents.reduce((sum, { received }) => sum + received, 0n);
  const count = (rule: string) => wrong.filter((one) => one.rule === rule).length;
  return [
    `fans ${crowd.fans}, orders ${facts.orders.length}, paid ${paid.length}, ` +
      `tickets on chain ${facts.tickets.length}, money at Stripe ${money}`,
    `killed ${struck.kills}, other faults ${struck.others}, ended by a bug ${bugs.length}`,
    `double sold ${count("seat-sold-twice")}, paid but unminted ${count("paid-unminted")}, ` +
      `minted but unpaid ${count("minted-unpaid")}, lost ${count("lost")}, ` +
      `all violations ${wrong.length}`,
  ];
}

/** Writes each line with the seconds since the beginning, and hands it on. */
export function openTimeline(onLine: (line: string) => void, path?: string) {
  const beganMs = systemClock.monotonicMs();
  const file = path === undefined ? undefined : openSync(path, "a");
  return {
    say: (text: string) => {
      const seconds = (systemClock.monotonicMs() - beganMs) / 1_000;
      const line = `${seconds.toFixed(1).padStart(7)} s  ${text}`;
      if (file !== undefined) writeSync(file, `${line}\n`);
      onLine(line);
    },
    close: () => {
      if (file !== undefined) closeSync(file);
    },
  };
}
