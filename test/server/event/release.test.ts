// Seats that were kept back go on public sale: their units on chain first, and never the other way.
import { expect } from "chai";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Client } from "#scripts/demo-client.ts";
import { finishPublishing } from "#scripts/seed-publish.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { parseEventId } from "#server/domain/ticket-id.ts";
import { createPublisher } from "#server/event/publish/publisher.ts";
import { systemClock } from "#server/platform/clock.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { reorgAfter, write } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import { createReadyDraft, type Draft, of } from "../../support/organise.ts";
import { expectProblem } from "../../support/refusals.ts";

const RELEASE_LIMIT_MS = 20_000;
const POLL_MS = 50;

describe("seats that were kept back", () => {
  let house: House;
  let operator: Client;
  before(async () => {
    house = await openHouse();
    operator = await house.operator();
  });
  after(() => house.close());

  const read = ({ id }: Draft) => operator.call("getDraft", { params: { eventId: id } });
  const progress = ({ id }: Draft) => operator.call("getPublishing", { params: { eventId: id } });
  const publisher = () => {
    const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.organiser).privateKey);
    return createPublisher({ ...house, signer, holder: "test" });
  };

  /** Block 1 is the artist's, one row of block 2 the sponsor's. */
  async function published(): Promise<Draft> {
    const draft = await createReadyDraft(operator);
    const held = await operator.call("changeHoldbacks", {
      ...of(draft),
      body: {
        holdbacks: [
          { zone: "Block 1", class: "artist" },
          { zone: "Block 2", row: "A", class: "sponsor" },
        ],
      },
    });
    await operator.call("publishEvent", of(held));
    await finishPublishing(house, parseEventId(draft.id));
    return read(draft);
  }

  function release(draft: Draft) {
    const holdbacks = [
      { zone: "Block 1", row: "A", class: "public" as const },
      { guids: ["2-A-1"], class: "public" as const },
    ];
    return operator.call("changeHoldbacks", { ...of(draft), body: { holdbacks } });
  }

  async function finish(draft: Draft, state: string) {
    const endMs = systemClock.monotonicMs() + RELEASE_LIMIT_MS;
    while (systemClock.monotonicMs() < endMs) {
      await publisher().publishWaiting();
      const { releases } = await progress(draft);
      if (releases.every((one) => one.state === state)) return releases;
      await systemClock.sleep(POLL_MS);
    }
    throw new Error(`the releases were not ${state} in time`);
  }

  async function capOf(draft: Draft, at: number): Promise<bigint> {
    const { tickets } = house.chain.deployment;
    const call = { address: tickets, abi: ticketsAbi, functionName: "classOf" } as const;
    const { eventId } = parseEventId(draft.id);
    const [cap] = await house.chain.client.readContract({ ...call, args: [BigInt(eventId), at] });
    return cap;
  }

  it("go on public sale once the chain has moved their units", async () => {
    const draft = await published();
    const asked = await release(draft);
    expect(asked.stock).to.deep.equal(draft.stock);
    const releases = await finish(draft, "done");
    expect(releases.map((one) => [one.class, one.units]).sort()).to.deep.equal([
      ["artist", 5],
      ["sponsor", 1],
    ]);
    expect((await read(draft)).stock).to.include({ public: 11, artist: 5, sponsor: 4 });
    const caps = [await capOf(draft, 0), await capOf(draft, 2), await capOf(draft, 3)];
    expect(caps).to.deep.equal([11n, 5n, 4n]);
  });

  it("are released once, however often that is asked for", async () => {
    const draft = await published();
    const asked = await release(draft);
    const again = await release(asked);
    await finish(again, "done");
    await release(await read(draft));
    await finish(draft, "done");
    expect((await progress(draft)).releases).to.have.lengthOf(2);
    expect(await capOf(draft, 0)).to.equal(11n);
  });

  it("never move the other way, nor to another class", async () => {
    const draft = await published();
    for (const change of [
      { guids: ["2-B-1"], class: "comp" as const },
      { guids: ["1-A-1"], class: "sponsor" as const },
    ]) {
      const body = { holdbacks: [change] };
      const problem = await expectProblem(
        operator.call("changeHoldbacks", { ...of(draft), body }),
        "event/fixed",
      );
      expect(problem).to.include({ part: "holdbacks", why: "on-chain" });
    }
  });

  it("wait for a person where the contract refuses, and are tried again when asked", async () => {
    const draft = await published();
    const { eventId } = parseEventId(draft.id);
    // Somebody else moved the artist's units already; there are not enough for all of these.
    const args = [BigInt(eventId), 2, 8] as const;
    await write(house.chain, "organiser", { functionName: "releaseUnits", args });
    const body = { holdbacks: [{ zone: "Block 1", row: "A", class: "public" as const }] };
    await operator.call("changeHoldbacks", { ...of(draft), body });
    const [stopped] = await finish(draft, "attention");
    expect(stopped?.reason).to.equal("TicketsClassUnitsMinted");
    expect((await read(draft)).stock.artist).to.equal(10);
    await operator.call("publishEvent", of(draft));
    expect((await progress(draft)).releases[0]?.state).to.equal("waiting");
  });

  it("are released by the same bytes again when a reorg takes the release away", async () => {
    const draft = await published();
    const before = await house.chain.client.getBlockNumber();
    await release(draft);
    await finish(draft, "done");
    await reorgAfter(house.chain, before);
    expect(await capOf(draft, 0)).to.equal(5n);
    await publisher().reopenVanished();
    await recoverTransactions(house);
    await finish(draft, "done");
    expect(await capOf(draft, 0)).to.equal(11n);
  });
});
