// Admissions on their way to the chain: many in a call, one that cannot be lets the others pass, each once.
import { expect } from "chai";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { openPassSession } from "#scripts/demo-pass.ts";
import { encodeRuns } from "#server/domain/mint-runs.ts";
import { packTicketId } from "#server/domain/ticket-id.ts";
import { checkInKey, checkIns } from "#server/gate/check-in.ts";
import { judgeScan } from "#server/gate/judge-scan.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { leaveLanes } from "#server/platform/tx/lane.ts";
import { askJobs } from "#server/queue/job/ask-jobs.ts";
import { stalls } from "../../support/buy.ts";
import { reorgAfter, waitForReceipt, write } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import {
  bringForward,
  type JobRow,
  mute,
  openGateJobs,
  readJobs,
  workJobs,
} from "../../support/job-work.ts";
import { gate, MARKET_EVENT, openPlay, type Play, refunder } from "../../support/market.ts";

const SUITE_LIMIT_MS = 60_000;
const FINALITY = 30;
const FLAG_USED = 1;

describe("admissions", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  let play: Play;
  let fan: Awaited<ReturnType<Play["fan"]>>;
  let seats = 0;
  before(async () => {
    house = await openHouse({ modules: true, finality: FINALITY });
    play = await openPlay(house.chain);
    fan = await play.fan();
  });
  after(() => house.close());

  async function bought(count: number): Promise<bigint[]> {
    const those = Array.from({ length: count }, (_, at) => seats + at + 1);
    seats += count;
    await play.buy(fan, ...those);
    await house.mirror();
    return play.ids(...those);
  }

  async function admit(ticketId: bigint) {
    const { chainId, tickets } = house.chain.deployment;
    const session = await openPassSession(fan, { ticketId, nonce: 0, chainId, tickets });
    const wish = {
      ...{ scanId: randomUuid(), event: { deployment: 1, eventId: MARKET_EVENT } },
      ...{ gate: "Door", staff: gate.address, pass: await session.codeAt() },
    };
    return judgeScan({ ...house, clock: systemClock }, wish);
  }

  async function isUsed(id: bigint): Promise<boolean> {
    const call = { address: house.chain.deployment.tickets, abi: ticketsAbi } as const;
    const { flags } = await house.chain.client.readContract({
      ...{ ...call, functionName: "ticketOf", args: [id] },
    });
    return (flags & FLAG_USED) !== 0;
  }

  const jobsOf = async (ids: readonly bigint[]): Promise<JobRow[]> => {
    const keys = ids.map((id) => `${id}:1`);
    return (await readJobs(house, "check-in")).filter(({ key }) => keys.includes(key));
  };
  const statesOf = async (ids: readonly bigint[]) => (await jobsOf(ids)).map(({ state }) => state);

  it("go to the chain in one call, and are done once no reorg reaches it", async () => {
    const ids = await bought(3);
    for (const id of ids) expect(await admit(id)).to.include({ decision: "admit" });
    expect(await admit(ids[0] as bigint)).to.include({ reason: "already_admitted" });
    expect(await statesOf(ids)).to.deep.equal(["waiting", "waiting", "waiting"]);
    const runner = openGateJobs(house);
    await runner.run();
    expect(await statesOf(ids), "they gather").to.deep.equal(["waiting", "waiting", "waiting"]);
    await bringForward(house);
    await runner.run();
    await included(ids);
    await runner.run();
    expect(await statesOf(ids)).to.deep.equal(["included", "included", "included"]);
    await workJobs(house, runner);
    const jobs = await jobsOf(ids);
    expect(new Set(jobs.map(({ tx_hash }) => tx_hash)).size).to.equal(1);
    expect(jobs.map(({ state, tries }) => [state, tries])).to.deep.equal([
      ["done", 1],
      ["done", 1],
      ["done", 1],
    ]);
    for (const id of ids) expect(await isUsed(id)).to.equal(true);
  });

  it("take the others along when one is due, and gather while a call is under way", async () => {
    const ids = await bought(3);
    const [first, second, third] = ids as [bigint, bigint, bigint];
    const runner = openGateJobs(house);
    await admit(first);
    await bringForward(house);
    await admit(second);
    await runner.run();
    await admit(third);
    await bringForward(house);
    await runner.run();
    expect(await statesOf(ids)).to.deep.equal(["sent", "sent", "waiting"]);
    await workJobs(house, runner);
    expect(await statesOf(ids)).to.deep.equal(["done", "done", "done"]);
  });

  it("pass by what another hand did, and by what no chain knows", async () => {
    const ids = await bought(4);
    const [used, taken, unknown, good] = ids as [bigint, bigint, bigint, bigint];
    for (const id of ids) await admit(id);
    await play.send(gate, "tickets", "checkIn", [used]);
    await play.send(refunder, "tickets", "void", [[taken]]);
    // As a reorg may leave it: admitted by a ticket that the chain has not.
    const none = unknown + 50n;
    await house.db.query({
      text: `UPDATE sale.chain_job SET key = $2, payload = jsonb_set(payload, '{ticketId}', $3)
             WHERE key = $1`,
      values: [`${unknown}:1`, `${none}:1`, JSON.stringify(none.toString())],
    });
    await bringForward(house);
    await workJobs(house, openGateJobs(house));
    const jobs = await jobsOf([used, taken, none, good]);
    expect(jobs.map(({ state, reason }) => [state, reason])).to.deep.equal([
      ["done", null],
      ["attention", "the ticket was void"],
      ["waiting", "ERC721NonexistentToken"],
      ["done", null],
    ]);
    expect(await isUsed(good)).to.equal(true);
    await house.db.query({ text: "UPDATE sale.chain_job SET state = 'done'" });
  });

  it("wait for a gate that the contract opens later", async () => {
    const [id] = (await bought(1)) as [bigint];
    const payload = { ticketId: (await ofLaterEvent()).toString(), entry: 1 };
    const { deployment, eventId } = house.event;
    const asked = { deployment, key: checkInKey(payload), eventId, payload };
    expect(await askJobs(house.db, checkIns, [asked, asked])).to.equal(1);
    await admit(id);
    await bringForward(house);
    await workJobs(house, openGateJobs(house));
    const [waiting] = await jobsOf([BigInt(payload.ticketId)]);
    expect(waiting).to.include({ state: "waiting", reason: "TicketsGateClosed", tx_id: null });
    expect(await statesOf([id])).to.deep.equal(["done"]);
  });

  it("are sent once by two workers, and by the bytes of one that died before it sent", async () => {
    const ids = await bought(2);
    for (const id of ids) await admit(id);
    await bringForward(house);
    await leaveLanes(house.db, "gate");
    const chains = new Map([[1, mute(house.chain)]]);
    const racers = ["one", "other"].map((holder) => openGateJobs(house, { holder, chains }));
    await Promise.all(racers.map((racer) => racer.run()));
    expect(await statesOf(ids)).to.deep.equal(["sent", "sent"]);
    const [{ tx_id: id }] = (await jobsOf(ids)) as [JobRow];
    await leaveLanes(house.db, "one");
    await leaveLanes(house.db, "other");
    await workJobs(house, openGateJobs(house));
    expect(
      (await jobsOf(ids)).map(({ state, tries, tx_id }) => [state, tries, tx_id]),
    ).to.deep.equal([
      ["done", 1, id],
      ["done", 1, id],
    ]);
  });

  /** Its doors are a month away. */
  async function ofLaterEvent(): Promise<bigint> {
    const { eventId } = house.event;
    const [seat] = stalls(1, 1) as [number];
    const ticketId = packTicketId({ eventId, issue: 0, seat });
    const runs = encodeRuns([{ ticketId, owner: fan.address }]);
    const args = [BigInt(eventId), 0, 5_000, runs] as const;
    await write(house.chain, "minter", { functionName: "mintRuns", args });
    await house.mirror();
    return ticketId;
  }

  it("go again, by the same bytes, when a reorg takes them away", async () => {
    const [id] = (await bought(1)) as [bigint];
    const before = await house.chain.client.getBlockNumber({ cacheTime: 0 });
    await admit(id);
    await bringForward(house);
    const runner = openGateJobs(house);
    await runner.run();
    const [sent] = await jobsOf([id]);
    await included([id]);
    await runner.run();
    expect(await statesOf([id])).to.deep.equal(["included"]);
    await reorgAfter(house.chain, before);
    await house.mirror();
    expect(await isUsed(id)).to.equal(false);
    await runner.run();
    expect(await statesOf([id])).to.deep.equal(["sent"]);
    await workJobs(house, runner);
    const [done] = await jobsOf([id]);
    expect(done).to.include({ state: "done", tries: 1, tx_id: sent?.tx_id });
    expect(await isUsed(id)).to.equal(true);
  });

  /** A block has what was sent for them, and the mirror has that block. */
  async function included(ids: readonly bigint[]): Promise<void> {
    const [job] = await jobsOf(ids);
    const { rows } = await house.db.query<{ hash: `0x${string}` }>({
      text: "SELECT hash FROM sale.chain_tx WHERE id = $1",
      values: [job?.tx_id],
    });
    await waitForReceipt(house.chain, rows[0]?.hash as `0x${string}`);
    await house.mirror();
  }
});
