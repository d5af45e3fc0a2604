// The way between a worker and what it asks: every exchange is a step at which anything can happen.
import type { Dice } from "./dice.ts";
import type { Session } from "./rows.ts";
import type { Faults } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";

/** One process, from its start to its death. */
export interface Life {
  name: string;
  isAlive: boolean;
  /** As by SIGSTOP: its connections stay open, and it learns of nothing. */
  pausedUntilMs: number;
  readonly sessions: Set<Session>;
}

export interface Weather {
  timeline: Timeline;
  dice: Dice;
  /** How much goes wrong at the moment. */
  faults(): Faults;
  kill(life: Life, where: string): void;
}

export type Outcome<T> = { value: T } | { error: unknown };

export interface Exchange<T> {
  what: string;
  /** Until it arrives, and until its answer does. */
  outMs: number;
  backMs: number;
  /** Does what was asked; tells how it went, now or later. */
  act(tell: (outcome: Outcome<T>) => void): void;
}

/** What a dead process had written may be on its way already. */
const SENT_BEFORE_DEATH_PERMILLE = 500;
const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 20_000;

/** Never answers a process that has died meanwhile. */
export function exchange<T>(weather: Weather, life: Life, of: Exchange<T>): Promise<T> {
  const { timeline, dice, faults, kill } = weather;
  return new Promise((resolve, reject) => {
    if (!life.isAlive) return;
    timeline.note(`${life.name} asks ${of.what}`);
    if (dice.permille(faults().crash)) kill(life, `before ${of.what}`);
    if (dice.permille(faults().pause)) {
      life.pausedUntilMs = timeline.nowMs() + dice.between(PAUSE_MS_MIN, PAUSE_MS_MAX);
      timeline.tally("pause");
      timeline.note(`${life.name} is stopped until ${life.pausedUntilMs}`);
    }
    timeline.after(of.outMs, () => {
      if (!life.isAlive && !dice.permille(SENT_BEFORE_DEATH_PERMILLE)) return;
      of.act((outcome) => {
        if (life.isAlive && dice.permille(faults().crash)) kill(life, `after ${of.what}`);
        timeline.after(of.backMs, () => deliver(outcome));
      });
    });

    const deliver = (outcome: Outcome<T>): void => {
      if (!life.isAlive) return;
      const waitMs = life.pausedUntilMs - timeline.nowMs();
      if (waitMs > 0) timeline.after(waitMs, () => deliver(outcome));
      else if ("value" in outcome) resolve(outcome.value);
      else {
        timeline.note(`${life.name} fails at ${of.what}: ${(outcome.error as Error).name}`);
        reject(outcome.error);
      }
    };
  });
}
