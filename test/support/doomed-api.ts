// An API process whose every word to Postgres, Redis and Stripe is watched, to be killed between two of them.
import { type ApiProcess, startApi } from "./api-process.ts";
import type { House } from "./house.ts";
import { createMoments, type Moment } from "./moments.ts";
import { openPostgresWire } from "./postgres-wire.ts";
import { openRedisWire } from "./redis-wire.ts";
import { openStripeWire } from "./stripe-wire.ts";
import { requireVariable } from "./variables.ts";

export interface DoomedApi {
  /**
   * Does the work until the process is about to do its n-th thing that counts, and leaves it
   * standing there; answers where that is, or undefined where the work came to its end before.
   */
  stopAt(nth: number, work: (url: string) => Promise<unknown>): Promise<Moment | undefined>;
  /** What counted while the last work was done. */
  passed(): readonly Moment[];
  /** All works that stand somewhere die with the process; another process is started. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function openDoomedApi(
  house: House,
  options: {
    counts: (moment: Moment) => boolean;
    env?: Record<string, string>;
    stripeApiUrl?: string;
  },
): Promise<DoomedApi> {
  const moments = createMoments();
  const { counts, env = {}, stripeApiUrl } = options;
  const postgres = await openPostgresWire(house.databaseUrl, moments);
  const redis = await openRedisWire(requireVariable("TEST_REDIS_URL"), moments);
  const stripe =
    stripeApiUrl === undefined ? undefined : await openStripeWire(stripeApiUrl, moments);
  const start = () =>
    startApi(house, {
      ...{ DATABASE_URL: postgres.url, REDIS_URL: redis.url },
      ...(stripe === undefined ? {} : { STRIPE_API_URL: stripe.url }),
      ...env,
    });
  let current: Promise<ApiProcess> = start();
  return {
    passed: () => moments.passed(),
    stopAt: async (nth, work) => {
      const { url } = await current;
      const { stopped } = moments.arm(nth, counts);
      const done = work(url).then(() => undefined);
      const where = await Promise.race([stopped, done]);
      moments.disarm();
      return where;
    },
    kill: async () => {
      await (await current).kill();
      current = start();
      // Whoever waits for it hears of a failure; nobody may be waiting yet.
      current.catch(() => undefined);
    },
    close: async () => {
      await (await current).kill();
      await Promise.all([postgres, redis, stripe].map((wire) => wire?.close()));
    },
  };
}
