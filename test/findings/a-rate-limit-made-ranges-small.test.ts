// Found: a provider that was asked too often was asked for smaller ranges, which is to ask it more often.
import { expect } from "chai";
import { HttpRequestError, LimitExceededRpcError, RpcRequestError } from "viem";
import { createAhead } from "#indexer/ahead.ts";
import type { Header } from "#indexer/header.ts";
import { isRefusal, isTooOften } from "#indexer/pace.ts";
import { Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";

const url = "https://range-limit.example";
const LAST = 8_000n;
const EVERY = 5;

const said = (code: number, message: string) =>
  new RpcRequestError({ body: { method: "eth_getLogs" }, error: { code, message }, url });

/** As Alchemy, Infura (twice), QuickNode and a proxy in between say it. */
const TOO_OFTEN: Record<string, Error> = {
  "compute units": said(429, "Your app has exceeded its compute units per second capacity."),
  "a day's questions": said(-32_005, "daily request count exceeded, request rate limited"),
  "a project's rate": new LimitExceededRpcError(said(-32_005, "exceeded project rate limit")),
  "calls per second": said(-32_007, "50/second request limit reached - reduce calls per second"),
  "a status alone": new HttpRequestError({ url, status: 429, details: "Too Many Requests" }),
};

describe("finding: a provider that is asked too often", () => {
  for (const [name, error] of Object.entries(TOO_OFTEN)) {
    it(`by ${name}, is left alone and asked for the same again`, async () => {
      const fault = new Fault("chain/unreachable", "The chain does not answer.", { cause: error });
      for (const each of [error, fault]) {
        expect([isRefusal(each), isTooOften(each)]).to.deep.equal([false, true]);
      }
      const sizes = await backfill(fault);
      expect(Math.max(...sizes)).to.equal(2_000);
      expect(sizes.slice(8).filter((blocks) => blocks < 25)).to.deep.equal([]);
    });
  }

  it("is told from one that refuses ranges, also where its address has the words in it", () => {
    expect(isRefusal(said(-32_000, "header not found"))).to.equal(false);
    expect(isRefusal(said(-32_602, "query exceeds max block range 5000"))).to.equal(true);
    expect(isTooOften(said(-32_602, "query exceeds max block range 5000"))).to.equal(false);
  });
});

/** The sizes of the ranges that came, while one question in a few fails like this. */
async function backfill(error: Error): Promise<number[]> {
  let asked = 0;
  const fetch = async (_chain: Chain, from: bigint, to: bigint) => {
    asked += 1;
    if (asked % EVERY === 0) throw error;
    const headers = Array.from({ length: Number(to - from) + 1 }, (_, at) => ({
      number: from + BigInt(at),
    })) as Header[];
    return { headers, facts: [], logs: 0 };
  };
  const ahead = createAhead({} as Chain, fetch);
  const sizes: number[] = [];
  for (let next = 1n; next <= LAST; ) {
    const range = await ahead.take(next, LAST).catch(() => undefined);
    if (range === undefined) continue;
    sizes.push(range.headers.length);
    next = (range.headers.at(-1)?.number as bigint) + 1n;
  }
  return sizes;
}
