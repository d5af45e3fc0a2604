// Found: a big block was told to all listeners in one turn, and each with a small buffer was dropped by it.
import { expect } from "chai";
import {
  FactAudience,
  KEPT_MAX,
  type Reader,
  type Said,
  SLOW_MS,
} from "#server/lookup/facts/fact-audience.ts";
import type { FactRow } from "#server/lookup/facts/fact-rows.ts";
import type { Position } from "#server/lookup/facts/position.ts";
import { systemClock } from "#server/platform/clock.ts";
import { turnOver } from "#server/platform/turn.ts";
import { until } from "../support/redis-server.ts";

const FACTS = 500;
const LISTENERS = 2_000;
const HASH = `0x${"ab".repeat(32)}`;

interface Fake extends Reader {
  isFull: boolean;
  writes: number;
  heard: string;
  dropped: boolean;
  behind: Position | undefined;
}

function reader(wish = "all", wants: (row: FactRow) => boolean = () => true): Fake {
  const fake: Fake = {
    ...{ isFull: false, writes: 0, heard: "", dropped: false, behind: undefined, wish, wants },
    listener: {
      send: (bytes) => {
        if (fake.isFull) return false;
        fake.writes += 1;
        fake.heard += Buffer.from(bytes).toString();
        return true;
      },
      end: () => undefined,
    },
    drop: () => {
      fake.dropped = true;
    },
    fallBehind: (from) => {
      fake.behind = from;
    },
  };
  return fake;
}

describe("a big block and many who listen", () => {
  let nowMs: number;
  let stopping: AbortController;
  let audience: FactAudience;
  let encoded: number;
  beforeEach(() => {
    nowMs = 0;
    encoded = 0;
    stopping = new AbortController();
    const clock = { ...systemClock, monotonicMs: () => nowMs };
    audience = new FactAudience({ clock, stopping: stopping.signal });
  });
  afterEach(() => stopping.abort());

  const join = (each: Fake) => {
    audience.join(each, Buffer.from("head "));
    return each;
  };
  const at = (log: number) => ({ deployment: 1, number: 1n, hash: HASH, fact: { log, part: 0 } });
  const facts = (count: number, from = 0): Said[] =>
    Array.from({ length: count }, (_, index) => ({
      from: at(from + index - 1),
      row: { log_index: from + index } as FactRow,
      frame: () => {
        encoded += 1;
        return Buffer.from(`${from + index} `);
      },
    }));
  const said = (logs: number[]) => `head ${logs.map((log) => `${log} `).join("")}`;
  const numbers = Array.from({ length: FACTS }, (_, log) => log);

  it("lets everything else have its turn, and is encoded once", async () => {
    const all = Array.from({ length: LISTENERS }, () => join(reader()));
    let turns = 0;
    let isOver = false;
    const other = (async () => {
      while (!isOver) {
        await turnOver();
        turns += 1;
      }
    })();
    await audience.tell(facts(FACTS));
    isOver = true;
    await other;
    expect(turns).to.be.above(LISTENERS / 100);
    expect(encoded).to.equal(FACTS);
    for (const { heard, writes } of all) {
      expect(heard).to.equal(said(numbers));
      expect(writes).to.be.below(FACTS / 10);
    }
  });

  it("is told to each as far as it wants it", async () => {
    const odd = (row: FactRow) => row.log_index % 2 === 1;
    const [some, none] = [join(reader("odd", odd)), join(reader("none", () => false))];
    await audience.tell(facts(FACTS));
    expect(some.heard).to.equal(said(numbers.filter((log) => log % 2 === 1)));
    expect(none.heard).to.equal(said([]));
  });

  it("waits for who is full, and tells nobody twice", async () => {
    const [full, quick] = [join(reader()), join(reader())];
    await audience.tell(facts(100));
    full.isFull = true;
    await audience.tell(facts(FACTS - 100, 100));
    expect(quick.heard).to.equal(said(numbers));
    full.isFull = false;
    await until("it was told", async () => full.heard === quick.heard);
    expect([full.dropped, full.behind]).to.deep.equal([false, undefined]);
  });

  it("drops who does not read for so long", async () => {
    const full = join(reader());
    full.isFull = true;
    await audience.tell(facts(1));
    nowMs += SLOW_MS;
    await audience.tell(facts(1, 1));
    expect(full.dropped).to.equal(false);
    nowMs += 1;
    await audience.tell(facts(1, 2));
    expect(full.dropped).to.equal(true);
    full.isFull = false;
    await audience.tell(facts(1, 3));
    expect(full.heard).to.equal("head ");
  });

  it("lets who is too far behind read on from where it was", async () => {
    const full = join(reader());
    await audience.tell(facts(10));
    full.isFull = true;
    await audience.tell(facts(KEPT_MAX, 10));
    expect(full.behind).to.equal(undefined);
    await audience.tell(facts(1, KEPT_MAX + 10));
    expect(full.behind).to.deep.equal(at(9));
    expect(full.dropped).to.equal(false);
    full.isFull = false;
    await audience.tell(facts(1, KEPT_MAX + 11));
    expect(full.heard).to.equal(said(numbers.slice(0, 10)));
  });
});
