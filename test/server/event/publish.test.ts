// Publishing: what stops it, what it costs, and that the chain gets what was decided.
import { expect } from "chai";
import { decodeEventLog } from "viem";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Client } from "#scripts/demo-client.ts";
import { finishPublishing } from "#scripts/seed-publish.ts";
import { parseEventId } from "#server/domain/ticket-id.ts";
import { write } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import {
  accept,
  createDraft,
  createReadyDraft,
  type Draft,
  daysAhead,
  of,
  phase,
} from "../../support/organise.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("publishing an event", () => {
  let house: House;
  let operator: Client;
  before(async () => {
    house = await openHouse({ modules: true });
    operator = await house.operator();
  });
  after(() => house.close());

  const check = (draft: Draft) => operator.call("checkEvent", { params: { eventId: draft.id } });
  const publish = (draft: Draft) => operator.call("publishEvent", of(draft));
  const read = (draft: Draft) => operator.call("getDraft", { params: { eventId: draft.id } });

  async function finish(draft: Draft) {
    await finishPublishing(house, parseEventId(draft.id));
    return operator.call("getPublishing", { params: { eventId: draft.id } });
  }

  function onChain(draft: Draft) {
    const { eventId } = parseEventId(draft.id);
    const address = house.chain.deployment.tickets;
    return house.chain.client.readContract({
      ...{ address, abi: ticketsAbi, functionName: "eventOf", args: [BigInt(eventId)] },
    });
  }

  /** With two payees, of whom nobody has accepted yet. */
  async function withPayees(draft: Draft) {
    const payees = [await house.fan(), await house.fan()] as const;
    const [first, second] = payees.map(({ account }) => account.address);
    const body = {
      payees: [
        { address: String(first), shareBps: 7_500 },
        { address: String(second), shareBps: 2_500 },
      ],
    };
    return { payees, draft: await operator.call("putPayees", { ...of(draft), body }) };
  }

  it("is told everything that stops it, with its place", async () => {
    const draft = await createDraft(operator);
    const { ready, problems } = await check(draft);
    expect(ready).to.equal(false);
    expect(problems.filter(({ stops }) => stops).map(({ code }) => code)).to.deep.equal([
      "places-missing",
    ]);
    const categories = [{ name: "Floor", price: "0" }];
    const priced = await operator.call("putCategories", { ...of(draft), body: { categories } });
    const areas = [{ name: "Floor", category: "Floor", capacity: 10 }];
    const placed = await operator.call("putAreas", { ...of(priced), body: { areas } });
    const { draft: shared } = await withPayees(placed);
    const found = (await check(shared)).problems;
    expect(
      found.filter(({ stops }) => stops).map(({ code, place }) => [code, place]),
    ).to.deep.equal([
      ["price-missing", "categories/Floor"],
      ["phase-missing", "phases"],
      ["payee-waiting", "payees/0"],
      ["payee-waiting", "payees/1"],
    ]);
    const refused = await expectProblem(publish(shared), "event/not-ready");
    expect(refused.problems).to.have.lengthOf(4);
    expect((await read(shared)).state).to.equal("draft");
  });

  it("may be warned of what was perhaps not meant", async () => {
    const draft = await createReadyDraft(operator);
    const held = await operator.call("changeHoldbacks", {
      ...of(draft),
      body: {
        holdbacks: [
          { guids: ["1-A-1"], access: "companion" },
          { guids: ["1-A-2"], access: "wheelchair" },
          { guids: ["1-A-5"], access: "companion" },
          { guids: ["2-B-5"], class: "presale" },
        ],
      },
    });
    const late = await operator.call("putPhases", {
      ...of(held),
      body: { phases: [phase("Over", -3, -2), phase("General", -1, 31), phase("Late", 32, 33)] },
    });
    const { ready, problems } = await check(late);
    expect(ready).to.equal(true);
    expect(problems.map(({ code, place }) => [code, place])).to.deep.equal([
      ["companion-alone", "holdbacks"],
      ["phase-missing", "phases"],
      ["phase-over", "phases/2"],
      ["phase-late", "phases/4"],
      ["split-missing", "payees"],
      ["currency-token-missing", "currency"],
    ]);
    expect(problems[0]?.detail).to.include("row A, seat 5");
  });

  it("is told by the chain what it refuses, and what the transactions cost", async () => {
    const draft = await createReadyDraft(operator);
    const fair = await check(draft);
    expect(fair.transactions.map(({ step }) => step)).to.deep.equal(["create", "market"]);
    for (const { gas, costWei } of fair.transactions) {
      expect(Number(gas)).to.be.within(21_000, 400_000);
      expect(BigInt(costWei ?? 0n) > 0n).to.equal(true);
    }
    const zero = "0x0000000000000000000000000000000000000000";
    const nobody = await operator.call("changeEvent", { ...of(draft), body: { organiser: zero } });
    const refused = (await check(nobody)).problems.find(({ stops }) => stops);
    expect(refused).to.include({ code: "chain-refuses", place: "transactions/create" });
    expect(refused?.detail).to.include("TicketsOrganiserZero");
  });

  it("puts terms, stock, market and split on chain, and the event on sale", async () => {
    const terms = { resaleCapBps: 12_000, maxGifts: 3, lockMinutes: 60, freezeAt: daysAhead(29) };
    const ready = await createReadyDraft(operator, terms);
    const held = await operator.call("changeHoldbacks", {
      ...of(ready),
      body: { holdbacks: [{ zone: "Block 2", row: "A", class: "artist" }] },
    });
    const { payees, draft } = await withPayees(held);
    for (const payee of payees) await accept(house, payee, draft);
    const begun = await publish(draft);
    expect(begun.state).to.equal("publishing");
    expect(begun.steps.map(({ step }) => step)).to.deep.equal(["create", "market", "split"]);
    const { state, steps } = await finish(draft);
    expect(state).to.equal("published");
    expect(steps.map((step) => step.state)).to.deep.equal(["done", "done", "done"]);
    const after = await read(draft);
    const event = await onChain(draft);
    expect(event).to.include({ planHash: after.planHash, resaleCapBps: 12_000, maxGifts: 3 });
    expect(event.freezeAt).to.equal(Math.floor(Date.parse(terms.freezeAt) / 1_000));
    expect(event.organiser.toLowerCase()).to.equal(operator.account.address.toLowerCase());
    expect(await capOf(draft, 0)).to.equal(15n);
    expect(await capOf(draft, 2)).to.equal(5n);
    const resale = house.chain.deployment.modules?.resale;
    const { eventId } = parseEventId(draft.id);
    const allowed = await house.chain.client.readContract({
      ...{ address: house.chain.deployment.tickets, abi: ticketsAbi, functionName: "isMarket" },
      args: [BigInt(eventId), resale as `0x${string}`],
    });
    expect(allowed).to.equal(true);
    const locked = await logOf(steps[2]?.txHash);
    expect(locked.args.shares).to.deep.equal([7_500, 2_500]);
    const fan = await house.fan();
    const shown = await fan.call("getEvent", { params: { eventId: draft.id } });
    expect(shown.phases.map(({ name }) => name)).to.deep.equal(["General sale"]);
  });

  async function capOf(draft: Draft, of: number): Promise<bigint> {
    const { eventId } = parseEventId(draft.id);
    const [cap] = await house.chain.client.readContract({
      ...{ address: house.chain.deployment.tickets, abi: ticketsAbi, functionName: "classOf" },
      args: [BigInt(eventId), of],
    });
    return cap;
  }

  async function logOf(hash: string | null | undefined) {
    const receipt = await house.chain.client.getTransactionReceipt({ hash: hash as `0x${string}` });
    const [log] = receipt.logs;
    return decodeEventLog({
      ...{ abi: splitsAbi, eventName: "SplitLocked", data: log!.data, topics: log!.topics },
    });
  }

  it("needs no plan where there are areas alone, whose hash names them", async () => {
    const draft = await createDraft(operator);
    const categories = [{ name: "Floor", price: "3000" }];
    const priced = await operator.call("putCategories", { ...of(draft), body: { categories } });
    const areas = [{ name: "Floor", category: "Floor", capacity: 2_000 }];
    const placed = await operator.call("putAreas", { ...of(priced), body: { areas } });
    const phases = [phase("General sale", -1, 31)];
    const phased = await operator.call("putPhases", { ...of(placed), body: { phases } });
    await publish(phased);
    expect((await finish(draft)).state).to.equal("published");
    const fan = await house.fan();
    const shown = await fan.call("getEvent", { params: { eventId: draft.id } });
    expect(shown).to.include({ capacity: 2_000 });
    expect(shown.areas).to.deep.equal([
      { section: 4095, name: "Floor", zone: "Floor", category: 1, capacity: 2_000 },
    ]);
    expect((await onChain(draft)).planHash).to.equal((await read(draft)).planHash);
  });

  it("is the same when it is asked for again, and refused for an older version", async () => {
    const draft = await createReadyDraft(operator);
    await expectProblem(publish({ ...draft, version: draft.version - 1 }), "event/version-changed");
    await publish(draft);
    expect((await publish(draft)).state).to.equal("publishing");
    await finish(draft);
    expect((await publish(draft)).state).to.equal("published");
    const { rows } = await house.db.query({
      text: "SELECT intent FROM sale.chain_tx WHERE intent LIKE $1",
      values: [`% event ${parseEventId(draft.id).eventId}`],
    });
    expect(rows).to.have.lengthOf(2);
  });

  it("can be taken back until something was signed, and no longer", async () => {
    const draft = await createReadyDraft(operator);
    await publish(draft);
    const params = { eventId: draft.id };
    expect((await operator.call("withdrawPublishing", { params })).state).to.equal("draft");
    const again = await read(draft);
    const changed = await operator.call("changeEvent", { ...of(again), body: { maxGifts: 2 } });
    await publish(changed);
    await finish(changed);
    await expectProblem(operator.call("withdrawPublishing", { params }), "event/wrong-state");
    expect((await onChain(draft)).maxGifts).to.equal(2);
  });

  it("takes an event that is on chain with the same plan as its own", async () => {
    const draft = await createReadyDraft(operator);
    await createDirectly(draft, String((await read(draft)).planHash));
    await publish(draft);
    const { state, steps } = await finish(draft);
    expect(state).to.equal("published");
    expect(steps[0]).to.include({ step: "create", state: "done", txHash: null });
  });

  it("stops for a person where the chain has another event under the id", async () => {
    const draft = await createReadyDraft(operator);
    await publish(draft);
    await createDirectly(draft, `0x${"ab".repeat(32)}`);
    const stopped = await finish(draft).catch((error: Error) => error.message);
    expect(stopped).to.include("another event has this id on chain");
    const progress = await operator.call("getPublishing", { params: { eventId: draft.id } });
    expect(progress.state).to.equal("publishing");
    expect(progress.steps[0]).to.include({ state: "attention", txHash: null });
    expect((await check(draft)).problems.map(({ code }) => code)).to.include("event-on-chain");
  });

  async function createDirectly(draft: Draft, planHash: string) {
    const { address } = operator.account;
    const terms = {
      ...{ organiser: address, doorsAt: Math.floor(Date.parse(draft.doorsAt) / 1_000) },
      ...{ freezeAt: 0, policy: 2, maxGifts: 1, resaleCapBps: 11_000, royaltyBps: 1_000 },
      ...{ royaltyReceiver: address, planHash: planHash as `0x${string}` },
      caps: [20, 0, 0, 0, 0] as const,
      currency: "0x0000000000000000000000000000000000000000" as const,
      boxOffice: "0x0000000000000000000000000000000000000000" as const,
      ...{ feeCapBps: 500, lockMinutes: 0, cooldownMinutes: 0 },
    };
    const args = [BigInt(parseEventId(draft.id).eventId), terms] as const;
    await write(house.chain, "organiser", { functionName: "createEvent", args });
  }
});
