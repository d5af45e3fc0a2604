// A node that leaves logs out, makes some up, or contradicts the others is found out before anything is mirrored (F21).
import { expect } from "chai";
import { getAbiItem, toEventSelector } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { RawLog } from "#indexer/answer.ts";
import type { SyncDeps } from "#indexer/sync.ts";
import { verifyMirror } from "#indexer/verify.ts";
import { Fault } from "#server/domain/failure.ts";
import { type Chain, openChains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { syncOutcome } from "../support/catch-up.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { type House, openHouse } from "../support/house.ts";
import { openPlay, type Play } from "../support/market.ts";
import { dumpMirror } from "../support/mirror.ts";

type Client = Chain["client"];
type Ask = (question: { method: string; params?: unknown[] }) => Promise<unknown>;
type Lie = (method: string, answer: unknown) => unknown;

const CATCH_UP_LIMIT_MS = 25_000;
const RETRY_MS = 20;
const DROPPED_SHARE = 0.05;

describe("a node that lies", () => {
  let house: House;
  let play: Play;
  beforeEach(async () => {
    house = await openHouse({ modules: true });
    play = await openPlay(house.chain);
    const fan = await play.fan();
    await play.buy(fan, 1, 2, 3);
    const [id] = play.ids(1) as [bigint];
    await play.send(fan, "tickets", "cancel", [id]);
    await play.send(fan, "tickets", "cancel", [id]);
  });
  afterEach(() => house.close());

  /** A client whose answers are what `lie` makes of the true ones. */
  function lying(client: Client, lie: Lie): Client {
    const ask = client.request as unknown as Ask;
    const request: Ask = async (question) => lie(question.method, await ask(question));
    return { ...client, request } as unknown as Client;
  }

  function depsOf(changes: Partial<Chain>): SyncDeps {
    const chain = { ...house.chain, ...changes };
    return { db: house.indexerDb, chain, log: house.log, metrics: createMetrics("lies") };
  }

  const isCancelled = ({ topics }: RawLog) => topics[0] === CANCELLED;

  const logsOnly =
    (change: (logs: RawLog[]) => RawLog[]): Lie =>
    (method, answer) =>
      method === "eth_getLogs" ? change(answer as RawLog[]) : answer;

  async function expectRefused(outcome: unknown, sentence: RegExp): Promise<void> {
    expect(outcome).to.be.instanceOf(Fault);
    expect((outcome as Fault).code).to.equal("chain/unreachable");
    expect((outcome as Fault).message).to.match(sentence);
  }

  it("by leaving out a log again and again keeps the mirror before that block", async () => {
    let hidden: bigint | undefined;
    const lie = logsOnly((logs) =>
      logs.filter((log) => {
        if (!isCancelled(log)) return true;
        hidden ??= BigInt(log.blockNumber);
        return BigInt(log.blockNumber) !== hidden;
      }),
    );
    const deps = depsOf({ client: lying(house.chain.client, lie) });
    await expectRefused(await syncOutcome(deps), /left out logs/);
    const { rows } = await house.db.query<{ block_number: bigint }>({
      text: "SELECT block_number FROM mirror.cursor",
    });
    const [cursor] = rows;
    if (cursor !== undefined) expect(cursor.block_number < (hidden as bigint)).to.equal(true);
    expect(await syncOutcome(depsOf({}))).to.equal("caught up");
    expect(await dumpMirror(house.db)).to.deep.equal(await freshMirror(house.chain));
  });

  it("by losing one log in twenty, another one each time, is asked until nothing is missing", async () => {
    let dropped = 0;
    let seed = 7;
    const lie = logsOnly((logs) =>
      logs.filter(() => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        if (seed / 2 ** 31 >= DROPPED_SHARE) return true;
        dropped += 1;
        return false;
      }),
    );
    const deps = depsOf({ client: lying(house.chain.client, lie) });
    const endMs = systemClock.monotonicMs() + CATCH_UP_LIMIT_MS;
    while ((await syncOutcome(deps)) !== "caught up" && systemClock.monotonicMs() < endMs) {
      await systemClock.sleep(RETRY_MS);
    }
    expect(dropped).to.be.greaterThan(0);
    const verdict = await verifyMirror({ db: house.indexerDb, chain: house.chain });
    expect(verdict?.differences).to.deep.equal([]);
    expect(await syncOutcome(depsOf({}))).to.equal("caught up");
    expect(await dumpMirror(house.db)).to.deep.equal(await freshMirror(house.chain));
  });

  it("by making up a log is refused", async () => {
    const lie = logsOnly((logs) => {
      const at = logs.findIndex(isCancelled);
      const log = logs[at];
      if (log === undefined) return logs;
      return [...logs.slice(0, at), { ...log, topics: [CANCELLED, TICKET] }, ...logs.slice(at)];
    });
    const deps = depsOf({ client: lying(house.chain.client, lie) });
    await expectRefused(await syncOutcome(deps), /not those of its receipts/);
  });

  it("also in its receipts and headers is found out by another node", async () => {
    const lie: Lie = (method, answer) => {
      if (method === "eth_getLogs") return (answer as RawLog[]).filter((log) => !isCancelled(log));
      if (method === "eth_getBlockReceipts") return null;
      return answer;
    };
    const client = lying(house.chain.client, lie);
    await expectRefused(
      await syncOutcome(depsOf({ client, witnesses: [house.chain.client] })),
      /do not agree on the logs|left out logs/,
    );
  });

  it("about a block that is final is found out by another node, and nothing more is called final", async () => {
    const lie: Lie = (method, answer) => {
      const header = answer as { hash?: string } | null;
      if (method !== "eth_getBlockByNumber" || header === null) return answer;
      return { ...header, hash: `0x${"ab".repeat(32)}` };
    };
    const witness = lying(house.chain.client, lie);
    await expectRefused(
      await syncOutcome(depsOf({ witnesses: [witness] })),
      /do not agree on a block/,
    );
    const { rows } = await house.db.query({ text: "SELECT 1 FROM mirror.cursor" });
    expect(rows).to.deep.equal([]);
  });

  it("is no longer asked when it does not answer at all: the next one is", async () => {
    const { deployment } = house.chain;
    const dead = { ...deployment, rpcUrl: "http://127.0.0.1:9", moreRpcUrls: [deployment.rpcUrl] };
    const [chain] = openChains([dead]).values();
    expect(await syncOutcome({ ...depsOf({}), chain: chain as Chain })).to.equal("caught up");
    expect(await dumpMirror(house.db)).to.deep.equal(await freshMirror(house.chain));
  });

  it("is no liar when it is only behind: a witness that lags is waited for by nobody but `final`", async () => {
    const lagging: Lie = (method, answer) => {
      if (method === "eth_getLogs") return [];
      if (method === "eth_blockNumber") return "0x1";
      return method === "eth_getBlockByNumber" ? null : answer;
    };
    const witness = lying(house.chain.client, lagging);
    expect(await syncOutcome(depsOf({ witnesses: [witness] }))).to.equal("caught up");
    const { rows } = await house.db.query<{ final_number: bigint }>({
      text: "SELECT final_number FROM mirror.cursor",
    });
    expect(rows[0]?.final_number).to.equal(0n);
  });
});

const CANCELLED = toEventSelector(getAbiItem({ abi: ticketsAbi, name: "AskCancelled" }));
const TICKET = `0x${"5".padStart(64, "0")}` as const;
