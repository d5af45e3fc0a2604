// The moments of a process: before and after each thing that it asks of a service, to be stopped at.

/** Beside effects there are reads, which leave nothing behind that a death could cut in half. */
export interface Step {
  service: "postgres" | "redis" | "stripe";
  what: string;
  isEffect: boolean;
}

export type Moment = Step & { when: "before" | "after" };

export interface Moments {
  /** Resolves when the process may go on; never, for the one that is stopped there. */
  pass(moment: Moment): Promise<void>;
  /** Stops whatever comes to the n-th moment that counts from now on. */
  arm(nth: number, counts: (moment: Moment) => boolean): { stopped: Promise<Moment> };
  /** Nobody is stopped any more. */
  disarm(): void;
  /** All that count since they were armed, the one that was stopped included. */
  passed(): readonly Moment[];
}

export function createMoments(): Moments {
  let armed: { nth: number; counts: (moment: Moment) => boolean; stop: (at: Moment) => void };
  let seen: Moment[] = [];
  const disarm = () => {
    armed = { nth: 0, counts: () => false, stop: () => undefined };
  };
  disarm();
  return {
    disarm,
    passed: () => seen,
    pass: async (moment) => {
      if (!armed.counts(moment)) return;
      seen.push(moment);
      if (seen.length !== armed.nth) return;
      armed.stop(moment);
      await new Promise<never>(() => undefined);
    },
    arm: (nth, counts) => {
      seen = [];
      const stopped = new Promise<Moment>((resolve) => {
        armed = { nth, counts, stop: resolve };
      });
      return { stopped };
    },
  };
}

export function nameOf({ when, service, what }: Moment): string {
  return `${when} ${what} at ${service}`;
}
