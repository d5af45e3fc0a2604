// What is due is paid out by itself: royalties to artists, escrow to organisers; once, and nobody stops the others.
import { expect } from "chai";
import { zeroAddress } from "viem";
import { leaveLanes } from "#server/platform/tx/lane.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { startAnvil } from "../../support/anvil.ts";
import { reorgAfter } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import {
  bringForward,
  type JobRow,
  mute,
  openPayoutJobs,
  payoutSigner,
  readJobs,
  workJobs,
} from "../../support/job-work.ts";
import { FACE_WEI, MARKET_EVENT, openPlay, organiser, type Play } from "../../support/market.ts";
import { finalise, hasten } from "../../support/refund-work.ts";

const SUITE_LIMIT_MS = 60_000;
const FINALITY = 10;
/** Twice the face, as the event allows; a tenth of it is the payees'. */
const PRICE = 2n * FACE_WEI;
const ROYALTY = PRICE / 10n;
const EVENT_ID = `evt_1_${MARKET_EVENT}`;
const DAY_SECONDS = 24 * 60 * 60;
/** A payee whose wallet takes nothing. */
const REVERTS = "0x60006000fd";

type Fan = Awaited<ReturnType<Play["fan"]>>;

describe("payouts", function () {
  this.timeout(SUITE_LIMIT_MS);
  // Its own, because its clock is moved.
  let anvil: Awaited<ReturnType<typeof startAnvil>>;
  let house: House;
  let play: Play;
  let fan: Fan;
  let seats = 0;
  before(async () => {
    anvil = await startAnvil({ chainId: 31_337, args: ["--accounts", "30"] });
    const through = async (service: string, url: string) => (service === "chain" ? anvil.url : url);
    house = await openHouse({ modules: true, finality: FINALITY, through });
    play = await openPlay(house.chain);
    await play.lockSplit();
    fan = await play.fan();
  });
  after(async () => {
    await house.close();
    await anvil.stop();
  });

  /** A fan sells a ticket on; a tenth of the price is the payees'. */
  async function resold(): Promise<void> {
    seats += 1;
    await play.buy(fan, seats);
    const [id] = play.ids(seats) as [bigint];
    await play.sell({ from: fan, to: await play.fan(), id, price: PRICE });
    await house.mirror();
  }

  const royalties = () => readJobs(house, "royalties");
  const balances = () =>
    Promise.all(
      play.payees.map(({ address }) => house.chain.client.getBalance({ address })),
    ) as Promise<[bigint, bigint]>;

  /** As if the last payout were long ago. */
  async function anHourLater(): Promise<void> {
    await house.db.query({
      text: "UPDATE sale.chain_job SET created_at = created_at - interval '61 minutes'",
    });
  }

  async function sentBy(): Promise<number> {
    const { rows } = await house.db.query<{ count: number }>({
      text: "SELECT count(*)::int AS count FROM sale.chain_tx WHERE signer = $1 AND intent LIKE 'share%'",
      values: [payoutSigner.address],
    });
    return rows[0]?.count ?? 0;
  }

  it("share royalties out, once, and the next ones an hour later", async () => {
    await resold();
    const before = await balances();
    const runner = openPayoutJobs(house);
    await workJobs(house, runner);
    const after = await balances();
    expect(after[0] - before[0]).to.equal((ROYALTY * 6_667n) / 10_000n);
    expect(after[0] + after[1] - before[0] - before[1]).to.equal(ROYALTY);
    expect((await royalties()).map(({ key, state }) => [key, state])).to.deep.equal([
      [`${MARKET_EVENT}:0`, "done"],
    ]);
    await runner.run();
    await resold();
    await runner.run();
    expect(await royalties(), "an hour has not passed").to.have.lengthOf(1);
    await anHourLater();
    await workJobs(house, runner);
    expect((await royalties()).map(({ key, state }) => [key, state])).to.deep.equal([
      [`${MARKET_EVENT}:0`, "done"],
      [`${MARKET_EVENT}:${ROYALTY}`, "done"],
    ]);
    expect(await sentBy()).to.equal(2);
  });

  it("are sent once by two workers, and by the bytes of one that died before it sent", async () => {
    await anHourLater();
    await resold();
    await leaveLanes(house.db, "payout");
    const chains = new Map([[1, mute(house.chain)]]);
    const racers = ["one", "other"].map((holder) => openPayoutJobs(house, { holder, chains }));
    await Promise.all(racers.map((racer) => racer.run()));
    const sent = (await royalties()).at(-1);
    expect(sent).to.include({ state: "sent", tries: 1 });
    await leaveLanes(house.db, "one");
    await leaveLanes(house.db, "other");
    await workJobs(house, openPayoutJobs(house));
    expect((await royalties()).at(-1)).to.include({ state: "done", tries: 1, tx_id: sent?.tx_id });
    expect(await sentBy()).to.equal(3);
  });

  it("owe a payee who takes nothing, and pay the others", async () => {
    await anHourLater();
    await resold();
    const [, refuses] = play.payees as [Fan, Fan];
    await anvil.rpc("anvil_setCode", refuses.address, REVERTS);
    const before = await balances();
    await workJobs(house, openPayoutJobs(house));
    await anvil.rpc("anvil_setCode", refuses.address, "0x");
    const after = await balances();
    expect(after[0] - before[0]).to.equal((ROYALTY * 6_667n) / 10_000n);
    expect(after[1]).to.equal(before[1]);
    const paid = await (await house.fan()).call("listPayouts", { params: { eventId: EVENT_ID } });
    expect(paid.payouts[0]).to.deep.include({
      kind: "royalties",
      account: refuses.address.toLowerCase(),
    });
    expect(paid.owed).to.deep.equal([
      {
        account: refuses.address.toLowerCase(),
        amount: (ROYALTY - (ROYALTY * 6_667n) / 10_000n).toString(),
      },
    ]);
  });

  it("wait while their gas would be too much of them, and say so to the organiser", async () => {
    await anHourLater();
    await resold();
    const terms = { everyMinutes: 60, gasPercentMax: 5, anchorEveryMinutes: 1_440 };
    await openPayoutJobs(house, { terms }).run();
    expect((await royalties()).at(-1)).to.include({
      ...{ state: "waiting", reason: "its gas is more than 5 % of it", tx_id: null },
    });
    const staff = await house.operator();
    const query = { state: "waiting" } as const;
    const shown = await staff.call("listEventJobs", { params: { eventId: EVENT_ID }, query });
    expect(shown.jobs.map(({ kind, reason }) => [kind, reason])).to.deep.equal([
      ["royalties", "its gas is more than 5 % of it"],
    ]);
    const all = await staff.call("listJobs", { query: { kind: "royalties", limit: 1 } });
    expect(all.jobs).to.deep.equal(shown.jobs);
    const [first] = await royalties();
    const next = { kind: "royalties", limit: 200, cursor: all.next as string } as const;
    const older = (await staff.call("listJobs", { query: next })).jobs.at(-1);
    expect(older).to.include({ subject: first?.key, state: "done", txHash: first?.tx_hash });
    const fees = { perTicket: 1n, perHour: 1n };
    const capped = { ...house.chain, deployment: { ...house.chain.deployment, fees } };
    await bringForward(house);
    await openPayoutJobs(house, { chains: new Map([[1, capped]]) }).run();
    expect((await royalties()).at(-1)).to.include({
      ...{ state: "waiting", reason: "The chain's fees are above the cap for a ticket." },
    });
    await bringForward(house);
    await workJobs(house, openPayoutJobs(house));
    expect((await royalties()).at(-1)).to.include({ state: "done" });
  });

  it("go again, by the same bytes, when a reorg takes them away", async () => {
    await anHourLater();
    await resold();
    const before = await house.chain.client.getBlockNumber({ cacheTime: 0 });
    const runner = openPayoutJobs(house);
    await runner.run();
    await house.mirror();
    await runner.run();
    const included = (await royalties()).at(-1);
    expect(included).to.include({ state: "included" });
    await reorgAfter(house.chain, before);
    await house.mirror();
    await runner.run();
    expect((await royalties()).at(-1)).to.include({ state: "sent", tx_hash: null });
    await workJobs(house, runner);
    const { tx_id, tx_hash } = included as JobRow;
    expect((await royalties()).at(-1)).to.include({ state: "done", tries: 1, tx_id, tx_hash });
  });

  it("are no job of ours any more when somebody else has asked for them", async () => {
    await anHourLater();
    await resold();
    await openPayoutJobs(house, { chains: new Map([[1, mute(house.chain)]]) }).run();
    const payees = play.payees.map(({ address }) => address);
    const split = { version: 0n, payees, shares: [6_667, 3_333] };
    const pot = [BigInt(MARKET_EVENT), zeroAddress];
    const txHash = await play.send(organiser, "resale", "distribute", [...pot, split]);
    await workJobs(house, openPayoutJobs(house));
    expect((await royalties()).at(-1)).to.include({ state: "done", tx_hash: txHash });
    for (const _ of ["sent", "looked up"]) {
      await hasten(house);
      await recoverTransactions(house);
    }
    const { rows } = await house.db.query<{ state: string }>({
      text: "SELECT state FROM sale.chain_tx WHERE signer = $1 ORDER BY nonce DESC LIMIT 1",
      values: [payoutSigner.address],
    });
    expect(rows, "its own is over as well").to.deep.equal([{ state: "reverted" }]);
  });

  it("leave escrow alone until it is due, and that of a cancelled event for ever", async () => {
    const runner = openPayoutJobs(house);
    await runner.run();
    expect(await readJobs(house, "escrow")).to.deep.equal([]);
    await anvil.rpc("evm_increaseTime", 4 * DAY_SECONDS);
    await finalise(house);
    await house.indexerDb.query({ text: "UPDATE mirror.event SET cancelled = true" });
    await runner.run();
    expect(await readJobs(house, "escrow")).to.deep.equal([]);
    await house.indexerDb.query({ text: "UPDATE mirror.event SET cancelled = false" });
  });

  it("release escrow once it is due, once", async () => {
    const account = { address: organiser.address };
    const before = await house.chain.client.getBalance(account);
    await leaveLanes(house.db, "payout");
    const racers = ["one", "other"].map((holder) => openPayoutJobs(house, { holder }));
    await Promise.all(racers.map((racer) => racer.run()));
    await leaveLanes(house.db, "one");
    await leaveLanes(house.db, "other");
    const runner = openPayoutJobs(house);
    await workJobs(house, runner);
    await runner.run();
    const jobs = await readJobs(house, "escrow");
    expect(jobs.map(({ key, state, tries }) => [key, state, tries])).to.deep.equal([
      [`${MARKET_EVENT}:0`, "done", 1],
    ]);
    const after = await house.chain.client.getBalance(account);
    expect(after - before).to.equal(BigInt(seats) * FACE_WEI);
    const paid = await (await house.fan()).call("listPayouts", { params: { eventId: EVENT_ID } });
    expect(paid.payouts[0]).to.deep.include({
      ...{ kind: "escrow", account: organiser.address.toLowerCase(), final: true },
      ...{ amount: (BigInt(seats) * FACE_WEI).toString(), txHash: jobs[0]?.tx_hash },
    });
  });
});
