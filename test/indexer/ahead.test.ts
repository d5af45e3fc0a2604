// Ranges come in order and whole, whatever a provider refuses, and as large as it allows.
import { expect } from "chai";
import { HttpRequestError, ResponseBodyTooLargeError, TimeoutError } from "viem";
import { type Ahead, createAhead } from "#indexer/ahead.ts";
import type { Header } from "#indexer/header.ts";
import { isRefusal } from "#indexer/pace.ts";
import type { Range } from "#indexer/range.ts";
import { Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";

const chain = {} as Chain;
const TAKES_MAX = 1_000;

function rangeOf(from: bigint, to: bigint, logsPerBlock: number): Range {
  const headers = Array.from({ length: Number(to - from) + 1 }, (_, at) => ({
    number: from + BigInt(at),
  })) as Header[];
  return { headers, facts: [], logs: headers.length * logsPerBlock };
}

/** A provider that answers at most so many blocks at once, and says so in words of its own. */
function provider(options: { blocksMax?: number; logsPerBlock?: number }) {
  const asked: number[] = [];
  let underWay = 0;
  let underWayMax = 0;
  const fetch = async (_chain: Chain, from: bigint, to: bigint): Promise<Range> => {
    asked.push(Number(to - from) + 1);
    underWay += 1;
    underWayMax = Math.max(underWayMax, underWay);
    await new Promise((resolve) => setTimeout(resolve, 1));
    underWay -= 1;
    if (Number(to - from) + 1 > (options.blocksMax ?? Number.POSITIVE_INFINITY)) {
      throw Object.assign(new Error("query exceeds max block range"), { code: -32_602 });
    }
    return rangeOf(from, to, options.logsPerBlock ?? 0);
  };
  return { fetch, asked, underWayMax: () => underWayMax };
}

async function takeAll(ahead: Ahead, from: bigint, to: bigint): Promise<bigint[]> {
  const numbers: bigint[] = [];
  let next = from;
  for (let takes = 0; takes < TAKES_MAX && next <= to; takes += 1) {
    const { headers } = await ahead.take(next, to);
    numbers.push(...headers.map(({ number }) => number));
    next = (numbers.at(-1) as bigint) + 1n;
  }
  return numbers;
}

const every = (from: bigint, to: bigint) =>
  Array.from({ length: Number(to - from) + 1 }, (_, at) => from + BigInt(at));

/** What an indexer has in memory beside what it writes. */
const KEPT = 24;

describe("fetching ahead", () => {
  it("hands out every block once and in order, with several ranges under way", async () => {
    const { fetch, underWayMax } = provider({});
    const numbers = await takeAll(createAhead(chain, fetch), 7n, 5_000n);
    expect(numbers).to.deep.equal(every(7n, 5_000n));
    expect(underWayMax()).to.be.greaterThan(1);
  });

  it("halves what is refused until it is answered, and does not ask for that much again", async () => {
    const { fetch, asked } = provider({ blocksMax: 30 });
    const numbers = await takeAll(createAhead(chain, fetch), 1n, 2_000n);
    expect(numbers).to.deep.equal(every(1n, 2_000n));
    const refused = asked.filter((blocks) => blocks > 30);
    expect(refused.length).to.be.lessThan(15);
    // Nearly as few as the provider makes possible.
    expect(asked.length).to.be.lessThan(refused.length + 1.25 * (2_000 / 30) + 5);
  });

  it("asks for more where little happens and for less where much does", async () => {
    const quiet = provider({});
    await takeAll(createAhead(chain, quiet.fetch), 1n, 20_000n);
    expect(Math.max(...quiet.asked)).to.equal(2_000);
    const busy = provider({ logsPerBlock: 1_000 });
    await takeAll(createAhead(chain, busy.fetch), 1n, 2_000n);
    expect(busy.asked.at(-3)).to.equal(2);
  });

  it("says so when even a single block is refused", async () => {
    const { fetch } = provider({ blocksMax: 0 });
    const error = await createAhead(chain, fetch)
      .take(1n, 100n)
      .catch((thrown: Error) => thrown);
    expect(String(error)).to.match(/max block range|refuses every range/);
  });

  it("takes an answer that is too large or too late for a refusal, and a broken wire for none", () => {
    const url = "http://node";
    expect(isRefusal(new ResponseBodyTooLargeError({ maxSize: 1, size: 2 }))).to.equal(true);
    const late = new Fault("chain/unreachable", "late", {
      cause: new TimeoutError({ body: {}, url }),
    });
    expect(isRefusal(late)).to.equal(true);
    expect(isRefusal(new HttpRequestError({ url, status: 413 }))).to.equal(true);
    expect(isRefusal(new HttpRequestError({ url, status: 500 }))).to.equal(false);
    const slow = '{"code":-32000,"message":"query timed out"}';
    expect(isRefusal(new HttpRequestError({ url, status: 503, details: slow }))).to.equal(true);
    const page = '"<html>The limit of our patience is exceeded</html>"';
    expect(isRefusal(new HttpRequestError({ url, status: 503, details: page }))).to.equal(false);
    expect(isRefusal(new Error("connect ECONNREFUSED"))).to.equal(false);
  });

  it("passes other failures on, and begins anew after them", async () => {
    let broken = true;
    const fetch = async (_chain: Chain, from: bigint, to: bigint) => {
      if (broken) throw new Error("the wire broke");
      return rangeOf(from, to, 0);
    };
    const ahead = createAhead(chain, fetch);
    const error = await ahead.take(1n, 10n).catch((thrown: Error) => thrown);
    expect(String(error)).to.include("the wire broke");
    broken = false;
    expect((await ahead.take(1n, 10n)).headers).to.have.lengthOf(10);
  });

  it("hands out more only if it is there, and keeps no more than a few", async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const asked: bigint[] = [];
    const fetch = async (_chain: Chain, from: bigint, to: bigint) => {
      asked.push(from);
      if (from > 100n) await held;
      return rangeOf(from, to, 200);
    };
    const ahead = createAhead(chain, fetch);
    const first = await ahead.take(1n, 1_000n);
    let next = (first.headers.at(-1)?.number as bigint) + 1n;
    await new Promise(setImmediate);
    const known = asked.length;
    for (let more = ahead.takeMore(next, 1_000n); more; more = ahead.takeMore(next, 1_000n)) {
      next = (more.headers.at(-1)?.number as bigint) + 1n;
      expect(asked.length - known).to.be.lessThan(2 * KEPT);
    }
    expect(next).to.be.within(76n, 126n);
    expect(ahead.takeMore(next, 1_000n)).to.equal(undefined);
    letGo();
    await ahead.take(next, 1_000n);
    await new Promise(setImmediate);
    // Nobody takes any of them.
    expect(asked.filter((from) => from > next)).to.have.length(KEPT);
    expect(ahead.takeMore(next, 1_000n), "of the past").to.equal(undefined);
  });

  it("keeps no more headers than fit, where nothing happens", async () => {
    let furthest = 0n;
    const fetch = async (_chain: Chain, from: bigint, to: bigint) => {
      furthest = to;
      return rangeOf(from, to, 0);
    };
    const ahead = createAhead(chain, fetch);
    const { headers } = await ahead.take(1n, 1_000_000n);
    const taken = headers.at(-1)?.number as bigint;
    for (let turn = 0; turn < KEPT; turn += 1) await new Promise(setImmediate);
    expect(Number(furthest - taken)).to.be.within(20_000, 24_000);
    // There is room again for as many as are taken.
    const { headers: more } = await ahead.take(taken + 1n, 1_000_000n);
    expect(more.at(-1)?.number).to.be.lessThan(furthest);
    for (let turn = 0; turn < KEPT; turn += 1) await new Promise(setImmediate);
    const next = await takeAll(ahead, (more.at(-1)?.number as bigint) + 1n, 60_000n);
    expect(next.at(-1)).to.equal(60_000n);
  });

  it("never hands out blocks beyond the limit, also when it shrank meanwhile", async () => {
    const { fetch } = provider({});
    const ahead = createAhead(chain, fetch);
    await ahead.take(1n, 1_000n);
    const range = await ahead.take(101n, 150n);
    expect(range.headers.at(-1)?.number).to.equal(150n);
  });
});
