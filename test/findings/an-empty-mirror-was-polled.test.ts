// Found: while the mirror was empty, everybody who listened to facts looked at it forty times a second.
import { expect } from "chai";
import { createFactFeed } from "#server/lookup/facts/fact-feed.ts";
import type { Heads } from "#server/lookup/mirror-heads.ts";
import type { Chains } from "#server/platform/chain.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import { BEAT_MS } from "#server/platform/event-frames.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { until } from "../support/redis-server.ts";

const LISTENERS = 10;
/** Of which each would have looked eight times. */
const WHILE_MS = 200;

describe("those who listen to the facts of an empty mirror", () => {
  const stopping = new AbortController();
  after(() => stopping.abort());

  it("wait until somebody tells them that it is not", async () => {
    let naps = 0;
    let asked = 0;
    let tell: (heads: Heads) => void = () => undefined;
    const sleep: Clock["sleep"] = (ms, signal) => {
      if (ms !== BEAT_MS) naps += 1;
      return systemClock.sleep(ms, signal);
    };
    const query = async () => {
      asked += 1;
      return { rows: [] };
    };
    const feed = createFactFeed({
      db: { query } as unknown as Db,
      chains: new Map([[1, {}]]) as unknown as Chains,
      clock: { ...systemClock, sleep },
      log: createLog({ name: "test", level: "silent" }),
      metrics: createMetrics("empty"),
      heads: {
        follow: (onHeads) => {
          tell = onHeads;
          onHeads(new Map());
          return () => undefined;
        },
      },
      stopping: stopping.signal,
    });
    const heard: string[] = [];
    const leaves = Array.from({ length: LISTENERS }, (_, at) =>
      feed.listen({ query: {}, lastEventId: undefined, network: `network ${at}` }).listen({
        send: (bytes) => {
          heard.push(Buffer.from(bytes).toString());
          return true;
        },
        end: () => undefined,
      }),
    );
    await systemClock.sleep(WHILE_MS);
    expect([naps, asked]).to.deep.equal([0, 0]);
    leaves.pop()?.();
    const hash = `0x${"ab".repeat(32)}`;
    tell(new Map([[1, { number: 1n, hash, finalNumber: 0n }]]));
    const heads = () => heard.filter((text) => text.includes("event: head")).length;
    await until("all who are still there", async () => heads() > 0);
    expect(heads()).to.equal(LISTENERS - 1);
    for (const leave of leaves) leave();
  });
});
