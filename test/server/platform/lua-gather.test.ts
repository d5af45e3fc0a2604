// Calls of one script that travel together: each has its own answer, and what one raises is its own.
import { createHash } from "node:crypto";
import { expect } from "chai";
import { Redis } from "ioredis";
import type { Script } from "#server/platform/lua.ts";
import { gatherCalls } from "#server/platform/lua-gather.ts";
import { randomUuid } from "#server/platform/random.ts";
import { gatherWrites } from "#server/platform/redis-writes.ts";

const SOURCE = `-- Adds to a number, unless it is told to fail.
if ARGV[1] == 'fail' then return redis.error_reply('ERR as told') end
if ARGV[1] == 'raise' then return redis.call('INCR') end
if ARGV[1] == 'none' then return end
return {redis.call('INCRBY', KEYS[1], ARGV[2]), #ARGV, KEYS[1]}`;

describe("calls of a script in one turn", () => {
  let redis: Redis;
  let script: Script;
  let sent: string[];

  beforeEach(async () => {
    redis = new Redis(process.env.TEST_REDIS_URL ?? "", { lazyConnect: true });
    await redis.connect();
    const sha = createHash("sha1").update(SOURCE).digest("hex");
    script = { path: "add.lua", source: SOURCE, sha };
    sent = [];
    const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(redis, {
      evalsha: (...args: unknown[]) => {
        sent.push(String(args[0]));
        return evalsha(...args);
      },
    });
  });
  afterEach(() => redis.disconnect());

  it("are one command, and have their own answers in their own order", async () => {
    const run = gatherCalls(redis, script);
    const keys = Array.from({ length: 10 }, () => `add:${randomUuid()}`);
    const calls = keys.map((key, at) => run({ keys: [key], args: ["add", at, "more", "words"] }));
    const answers = await Promise.all(calls);
    expect(answers).to.deep.equal(keys.map((key, at) => [at, 4, key]));
    expect(new Set(sent).size).to.equal(1);
    expect(sent).not.to.include(script.sha);
  });

  it("know the script again after Redis forgot all of them", async () => {
    const run = gatherCalls(redis, script);
    const key = `add:${randomUuid()}`;
    const call = () => run<number[]>({ keys: [key], args: ["add", 1] });
    await Promise.all([call(), call()]);
    await redis.script("FLUSH");
    const answers = await Promise.all([call(), call()]);
    expect(answers.map(([sum]) => sum)).to.deep.equal([3, 4]);
  });

  it("fail alone: what one raises is no answer of another's", async () => {
    const run = gatherCalls(redis, script);
    const key = `add:${randomUuid()}`;
    const words = [["add", 1], ["fail"], ["raise"], ["none"], ["add", 2]];
    const all = await Promise.allSettled(words.map((args) => run({ keys: [key], args })));
    expect(all.map(({ status }) => status)).to.deep.equal([
      "fulfilled",
      "rejected",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    const said = all.map((one) =>
      one.status === "fulfilled" ? one.value : (one.reason as Error).message,
    );
    expect(said[0]).to.deep.equal([1, 2, key]);
    expect(said[1]).to.equal("ERR as told");
    expect(said[2]).to.match(/wrong number of arg/i);
    expect(said[3]).to.equal(null);
    expect(said[4]).to.deep.equal([3, 2, key]);
  });

  it("is the script itself where one comes alone", async () => {
    const run = gatherCalls(redis, script);
    expect(await run({ keys: [`add:${randomUuid()}`], args: ["add", 5] })).to.have.length(3);
    expect(sent[0]).to.equal(script.sha);
  });

  it("fail together where Redis is away", async () => {
    const run = gatherCalls(redis, script);
    redis.disconnect();
    const calls = [1, 2].map((add) => run({ keys: ["add:away"], args: ["add", add] }));
    const all = await Promise.allSettled(calls);
    for (const one of all) {
      expect(one).to.have.nested.property("reason.code", "server/unavailable");
    }
  });

  it("begin in Redis before the turn ends where they are many", async () => {
    const writes: number[] = [];
    let turn = 0;
    const own = new Redis(process.env.TEST_REDIS_URL ?? "", { lazyConnect: true });
    own.once("connect", () => {
      const { stream } = own;
      const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
      const note = (...args: unknown[]) => {
        writes.push(turn);
        return write(...args);
      };
      Object.assign(stream, { write: note });
    });
    gatherWrites(own);
    await own.connect();
    writes.length = 0;
    const run = gatherCalls(own, script);
    const calls = Array.from({ length: 100 }, (_, at) => {
      return run({ keys: [`add:${randomUuid()}`], args: ["add", at] });
    });
    turn = 1;
    const answers = (await Promise.all(calls)) as number[][];
    expect(answers.map(([sum]) => sum)).to.deep.equal([...answers.keys()]);
    expect(writes.filter((at) => at === 0).length, "writes of the turn").to.be.within(2, 10);
    own.disconnect();
  });
});
