// Each dependency loses everything that is sent to it, and nobody is told: what stops, how soon, and for how long.
import { expect } from "chai";
import { ApiFailure } from "#server/api/client.ts";
import { systemClock } from "#server/platform/clock.ts";
import { buy, hold, mint, order, pay, stalls } from "./buy.ts";
import { openHouse } from "./house.ts";
import { type Wire, wireTo } from "./proxy.ts";

/** P14. */
const ENTERED_WITHIN_MS = 5_000;
const LEFT_WITHIN_MS = 10_000;
const POLL_MS = 200;

export interface Blackholes {
  /** Each is dead for that long, while fans go on asking. */
  redis(silentMs: number): Promise<void>;
  postgres(silentMs: number): Promise<void>;
  chain(silentMs: number): Promise<void>;
  close(): Promise<void>;
}

export async function openBlackholes(): Promise<Blackholes> {
  const wires = new Map<string, Wire>();
  const house = await openHouse({
    through: async (service, url) => {
      const { url: wired, wire } = await wireTo(url);
      wires.set(service, wire);
      return wired.replace(/\/$/, "");
    },
  });
  const fan = await house.fan();
  const wireOf = (service: string) => wires.get(service) as Wire;
  let row = 0;

  /** Runs while the service is dead, and again until it is over. */
  async function during(service: string, silentMs: number, look: () => Promise<void>) {
    wireOf(service).hush();
    const endMs = systemClock.monotonicMs() + silentMs;
    try {
      do await look();
      while (systemClock.monotonicMs() < endMs);
    } finally {
      wireOf(service).heal();
    }
  }

  return {
    redis: async (silentMs) => {
      row += 1;
      const waiting = [await order(house, fan, stalls(row, 1))];
      await during("redis", silentMs, async () => {
        await refusedInTime(hold(house, fan, stalls(row, 2)));
        for (const { id } of waiting.splice(0)) {
          expect((await inTime(pay(fan, id))).state).to.equal("captured");
        }
        await inTime(fan.call("getSession"));
        await inTime(fan.call("getSeatStates", { params: { eventId: house.eventId } }));
      });
      await soon(() => hold(house, fan, stalls(row, 3)));
    },
    postgres: async (silentMs) => {
      row += 1;
      await during("postgres", silentMs, async () => {
        await refusedInTime(fan.call("listTickets", { query: { owner: fan.account.address } }));
        await refusedInTime(house.fan());
      });
      await soon(() => buy(house, fan, stalls(row, 1)));
    },
    chain: async (silentMs) => {
      row += 1;
      const paid: string[] = [];
      await during("chain", silentMs, async () => {
        if (paid.length > 0) await systemClock.sleep(POLL_MS);
        else paid.push((await inTime(buy(house, fan, stalls(row, 1)))).id);
        await inTime(fan.call("listTickets", { query: { owner: fan.account.address } }));
      });
      for (const id of paid) await soon(() => mint(house, fan, id));
    },
    close: async () => {
      await house.close();
      for (const wire of wires.values()) await wire.close();
    },
  };
}

async function inTime<T>(call: Promise<T>): Promise<T> {
  const startedMs = systemClock.monotonicMs();
  const answer = await call;
  expect(systemClock.monotonicMs() - startedMs, "ms").to.be.below(ENTERED_WITHIN_MS);
  return answer;
}

async function refusedInTime(call: Promise<unknown>): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  const error = await call.then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(systemClock.monotonicMs() - startedMs, "ms").to.be.below(ENTERED_WITHIN_MS);
  expect(error, "an error").to.be.instanceOf(ApiFailure);
  const { data } = error as ApiFailure;
  expect(data).to.include({ code: "server/unavailable", status: 503, retry: "same" });
}

async function soon(step: () => Promise<unknown>): Promise<void> {
  const endMs = systemClock.monotonicMs() + LEFT_WITHIN_MS;
  for (;;) {
    const error = await step().then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    const leftMs = endMs - systemClock.monotonicMs();
    if (error === undefined && leftMs > 0) return;
    if (leftMs <= 0) throw new Error(`not back within ${LEFT_WITHIN_MS} ms`, { cause: error });
    await systemClock.sleep(POLL_MS);
  }
}
