// A seeded crowd that comes over the time of a drop and stays until the house is sold or nobody gets any more.
import { keccak256, toHex } from "viem";
import { formatEventId } from "#server/domain/ticket-id.ts";
import { systemClock } from "#server/platform/clock.ts";
import { chanceOf } from "../support/seeded.ts";
import { beFan, type FanEnd, type FanResult, type Told } from "./fan.ts";
import type { Rig } from "./rig.ts";

export interface CrowdOptions {
  seed: number;
  /** Over how long the fans arrive who would buy the whole house. */
  overMs: number;
  /** How long the house must be full: what somebody left comes back after its hold. */
  fullForMs: number;
}

export interface CrowdEnd {
  told: Told[];
  /** Answers that no fan should ever get. */
  surprises: string[];
  ends: Partial<Record<FanEnd, number>>;
  fans: number;
  places: number;
}

export interface Crowd {
  /** Fans who have their tickets, and the places that they paid. */
  progress(): string;
  /** Nobody comes any more once this many places were paid for, or the house stays full. */
  ended: Promise<CrowdEnd>;
  /** Nobody comes from now on; those who are there go on. */
  stop(): void;
}

/** The mean of what a fan buys, less those who leave. */
const PLACES_PER_FAN = 2.9;
const AT_ONCE_MAX = 120;
/** After the rush: those who come for what others left. */
const LATE_EVERY_MS = 60;
const LATE_TO_FULL_EVERY_MS = 1_000;
const LATE_MAX_MS = 240_000;
const POLL_MS = 20;

export function startCrowd(rig: Rig, options: CrowdOptions): Crowd {
  const { seed, overMs, fullForMs } = options;
  const { stage } = rig;
  const results: FanResult[] = [];
  const surprises: string[] = [];
  const stopped = new AbortController();
  const inside = new Set<Promise<void>>();
  let fans = 0;

  function come(): void {
    const at = fans;
    fans += 1;
    let keys = 0;
    const chance = chanceOf(seed * 1_000_003 + at);
    const newKey = () => `fan-${seed}-${at}-${++keys}-${stage.event.eventId}`;
    const fan = beFan({
      ...{ url: rig.balancer.url, pageUrl: rig.stripe.pageUrl, seats: stage.seats },
      ...{ eventId: formatEventId(stage.event), key: keccak256(toHex(`fan ${seed} ${at}`)) },
      ...{ chance, newKey },
    }).then(
      (result) => void results.push(result),
      (error: unknown) => void surprises.push(`fan ${at}: ${String(error)}`),
    );
    inside.add(fan);
    void fan.then(() => inside.delete(fan));
  }

  const paid = () =>
    results
      .filter(({ end }) => end === "bought" || end === "paid-unseen")
      .reduce((sum, { places }) => sum + places, 0);
  const isFull = () => {
    const last = results.slice(-10);
    return last.length === 10 && last.every(({ end }) => end === "none-left");
  };

  async function run(): Promise<CrowdEnd> {
    const beganMs = systemClock.monotonicMs();
    const expected = Math.ceil(stage.seats.length / PLACES_PER_FAN);
    let lastFreeMs = beganMs;
    const isOver = () => {
      const nowMs = systemClock.monotonicMs();
      if (fans < expected || !isFull()) lastFreeMs = nowMs;
      const isLate = nowMs - beganMs > overMs + fullForMs + LATE_MAX_MS;
      return stopped.signal.aborted || isLate || nowMs - lastFreeMs > fullForMs;
    };
    const everyMs = () => {
      if (fans < expected) return overMs / expected;
      return isFull() ? LATE_TO_FULL_EVERY_MS : LATE_EVERY_MS;
    };
    let dueMs = beganMs;
    while (!isOver() && paid() < stage.seats.length) {
      if (systemClock.monotonicMs() >= dueMs && inside.size < AT_ONCE_MAX) {
        come();
        dueMs += everyMs();
      }
      await systemClock.sleep(POLL_MS);
    }
    await Promise.all(inside);
    return { ...endOf(results), fans, surprises };
  }
  const ended = run();
  // Awaited by whoever started it, after the faults.
  ended.catch(() => undefined);
  return {
    progress: () => `${fans} fans came, ${results.length} left, ${paid()} places paid`,
    ended,
    stop: () => stopped.abort(),
  };
}

function endOf(results: readonly FanResult[]): Omit<CrowdEnd, "fans" | "surprises"> {
  const ends: CrowdEnd["ends"] = {};
  for (const { end } of results) ends[end] = (ends[end] ?? 0) + 1;
  const told = results.flatMap((result) => result.told ?? []);
  return { told, ends, places: told.reduce((sum, { tickets }) => sum + tickets.length, 0) };
}
