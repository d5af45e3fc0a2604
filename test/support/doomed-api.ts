// An API process whose every word to Postgres, Redis and Stripe is watched, to be killed between two of them.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiProcess, startApi } from "./api-process.ts";
import type { House } from "./house.ts";
import { createMoments, type Moment, type Moments } from "./moments.ts";
import type { Pipe } from "./pipe.ts";
import { openPostgresWire } from "./postgres-wire.ts";
import { openRedisWire } from "./redis-wire.ts";
import { openStripeWire } from "./stripe-wire.ts";
import { requireVariable } from "./variables.ts";

export interface DoomedApi {
  /**
   * Does the work until the process is about to do its n-th thing that counts, and leaves it
   * standing there; answers where that is, or undefined where the work came to its end before.
   */
  stopAt(
    nth: number,
    work: (url: string) => Promise<unknown>,
    counts?: (moment: Moment) => boolean,
  ): Promise<Moment | undefined>;
  /** Of the process that lives now. */
  url(): string;
  /** What counted while the last work was done. */
  passed(): readonly Moment[];
  /** All works that stand somewhere die with the process; another one takes its place. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface DoomedOptions {
  counts: (moment: Moment) => boolean;
  env?: Record<string, string>;
  stripeApiUrl?: string;
}

interface Watched {
  api: ApiProcess;
  moments: Moments;
  wires: Pipe[];
}

/** What Node compiled once it need not compile again: many processes start in one suite. */
const COMPILED = { NODE_COMPILE_CACHE: join(tmpdir(), "compiled") };

export async function openDoomedApi(house: House, options: DoomedOptions): Promise<DoomedApi> {
  let current = await startWatched(house, options);
  /** Started beforehand, because starting takes longer than dying. */
  let next = startWatched(house, options);
  return {
    passed: () => current.moments.passed(),
    url: () => current.api.url,
    stopAt: async (nth, work, counts = options.counts) => {
      const { moments, api } = current;
      const { stopped } = moments.arm(nth, counts);
      const done = work(api.url).then(() => undefined);
      const where = await Promise.race([stopped, done]);
      moments.disarm();
      return where;
    },
    kill: async () => {
      await current.api.kill();
      await closeAll(current.wires);
      current = await next;
      next = startWatched(house, options);
    },
    close: async () => {
      // In order, so that it leaves to others what it has compiled.
      for (const { api, wires } of [current, await next]) {
        await api.stop();
        await closeAll(wires);
      }
    },
  };
}

async function startWatched(house: House, options: DoomedOptions): Promise<Watched> {
  const { env = {}, stripeApiUrl } = options;
  const moments = createMoments();
  const postgres = await openPostgresWire(house.databaseUrl, moments);
  const redis = await openRedisWire(requireVariable("TEST_REDIS_URL"), moments);
  const wires = [postgres, redis];
  const given = {
    ...{ ...COMPILED, DATABASE_URL: postgres.url, REDIS_URL: redis.url, ...env },
    // Behind one name, as processes of one installation are.
    PUBLIC_URL: house.url,
  };
  if (stripeApiUrl === undefined) return { api: await startApi(house, given), moments, wires };
  const stripe = await openStripeWire(stripeApiUrl, moments);
  const api = await startApi(house, { ...given, STRIPE_API_URL: stripe.url });
  return { api, moments, wires: [...wires, stripe] };
}

async function closeAll(wires: readonly Pipe[]): Promise<void> {
  await Promise.all(wires.map((wire) => wire.close()));
}
