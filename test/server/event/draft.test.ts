// Drafts: who makes them, who changes them, what they refuse, and what nobody overwrites.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type House, openHouse } from "../../support/house.ts";
import {
  createDraft,
  createReadyDraft,
  daysAhead,
  eventRequest,
  of,
  phase,
} from "../../support/organise.ts";
import { makePlan } from "../../support/plan.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("drafts of events", () => {
  let house: House;
  let operator: Client;
  before(async () => {
    house = await openHouse();
    operator = await house.operator();
  });
  after(() => house.close());

  it("are begun by operators, who organise them, and seen by nobody else", async () => {
    const draft = await createDraft(operator);
    expect(draft).to.include({ state: "draft", version: 1, policy: "market-only", plan: null });
    expect(draft.organiser).to.equal(operator.account.address.toLowerCase());
    expect((await operator.call("getSession")).roles).to.deep.include({
      eventId: draft.id,
      role: "organiser",
    });
    const fan = await house.fan();
    const key = randomUuid();
    await expectProblem(fan.call("createEvent", { body: eventRequest(), key }), "auth/forbidden");
    const params = { eventId: draft.id };
    await expectProblem(fan.call("getDraft", { params }), "auth/forbidden");
    await expectProblem(fan.call("getEvent", { params }), "request/not-found");
    expect((await fan.call("listEvents")).events.map(({ id }) => id)).not.to.include(draft.id);
  });

  it("are made once for one key, and each gets an id of its own", async () => {
    const key = randomUuid();
    const body = eventRequest();
    const [first, again] = [
      await operator.call("createEvent", { body, key }),
      await operator.call("createEvent", { body, key }),
    ];
    expect(again).to.deep.equal(first);
    const made = await Promise.all(Array.from({ length: 5 }, () => createDraft(operator)));
    expect(new Set([first, ...made].map(({ id }) => id)).size).to.equal(6);
  });

  it("are changed by their organiser alone, whoever begins another one", async () => {
    const draft = await createDraft(operator);
    const organiser = await house.fan();
    const { address } = organiser.account;
    const grant = { params: { eventId: draft.id }, body: { address, role: "organiser" as const } };
    await operator.call("grantRole", grant);
    const changed = await organiser.call("changeEvent", { ...of(draft), body: { city: "Bonn" } });
    expect(changed).to.include({ city: "Bonn", version: 2 });
    const other = await createDraft(operator);
    await expectProblem(
      organiser.call("changeEvent", { ...of(other), body: { city: "Bonn" } }),
      "auth/forbidden",
    );
  });

  it("keep what somebody else changed meanwhile", async () => {
    const draft = await createDraft(operator);
    await operator.call("changeEvent", { ...of(draft), body: { venue: "Arena" } });
    const problem = await expectProblem(
      operator.call("changeEvent", { ...of(draft), body: { venue: "Club" } }),
      "event/version-changed",
    );
    expect(problem.version).to.equal(2);
    const calls = [1, 2, 3, 4].map((at) =>
      operator
        .call("changeEvent", { ...of({ ...draft, version: 2 }), body: { venue: `Venue ${at}` } })
        .then(() => "changed")
        .catch((error: Error) => error.message.split(":")[0]),
    );
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome === "changed")).to.have.lengthOf(1);
    expect(outcomes.filter((outcome) => outcome === "event/version-changed")).to.have.lengthOf(3);
  });

  it("do not count what changes nothing, however the same moment is written", async () => {
    const draft = await createDraft(operator);
    const doorsAt = draft.doorsAt.replace(/\.\d+Z$/, (part) => part.replace("Z", "0Z"));
    const same = await operator.call("changeEvent", { ...of(draft), body: { doorsAt } });
    expect(same.version).to.equal(1);
  });

  const misfits: [name: string, change: object, pointer: string][] = [
    ["a beginning before doors", { startsAt: daysAhead(29) }, "/startsAt"],
    ["an end before the beginning", { endsAt: daysAhead(30) }, "/endsAt"],
    ["a freeze after doors", { freezeAt: daysAhead(31) }, "/freezeAt"],
    ["shares above the price", { royaltyBps: 9_000, feeCapBps: 2_000 }, "/feeCapBps"],
  ];
  for (const [name, change, pointer] of misfits) {
    it(`refuse ${name}, when they are made and when they are changed`, async () => {
      const body = { ...eventRequest(), ...change };
      const made = await expectProblem(
        operator.call("createEvent", { body, key: randomUuid() }),
        "event/invalid",
      );
      expect(made.errors?.[0]?.pointer).to.equal(pointer);
      const draft = await createDraft(operator);
      await expectProblem(
        operator.call("changeEvent", { ...of(draft), body: change }),
        "event/invalid",
      );
    });
  }

  it("refuse what is no time zone, no currency and no deployment of ours", async () => {
    for (const [field, value] of [
      ["timeZone", "Mars/Olympus"],
      ["currency", "XXX"],
      ["name", "\0"],
    ]) {
      const body = { ...eventRequest(), [String(field)]: value } as ReturnType<typeof eventRequest>;
      const problem = await expectProblem(
        operator.call("createEvent", { body, key: randomUuid() }),
        "request/invalid",
      );
      expect(problem.errors?.[0]?.pointer).to.equal(`/${field}`);
    }
    await expectProblem(
      operator.call("createEvent", {
        body: { ...eventRequest(), deployment: 9 },
        key: randomUuid(),
      }),
      "event/invalid",
    );
  });

  it("are listed to who organises them, page by page, newest first", async () => {
    const organiser = await house.fan();
    const mine = await Promise.all([1, 2, 3].map(() => createDraft(operator)));
    for (const { id } of mine) {
      const body = { address: organiser.account.address, role: "organiser" as const };
      await operator.call("grantRole", { params: { eventId: id }, body });
    }
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 2, ...(cursor === undefined ? {} : { cursor }) };
      const page = await organiser.call("listOrganiserEvents", { query });
      ids.push(...page.events.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    const serial = (id: string) => Number(id.split("_")[2]);
    expect(ids).to.deep.equal(mine.map(({ id }) => id).sort((a, b) => serial(b) - serial(a)));
    const nobody = await house.fan();
    expect((await nobody.call("listOrganiserEvents")).events).to.deep.equal([]);
    expect((await operator.call("listOrganiserEvents")).events.length).to.be.greaterThan(3);
  });

  it("have categories, areas and phases that fit each other", async () => {
    const draft = await createDraft(operator);
    const categories = [
      { name: "Floor", price: "6000", color: "#123456" },
      { name: "Unused", price: "1" },
    ];
    const priced = await operator.call("putCategories", { ...of(draft), body: { categories } });
    const area = { name: "Standing", category: "Floor", capacity: 500 };
    const bad = await expectProblem(
      operator.call("putAreas", {
        ...of(priced),
        body: { areas: [area, { ...area, category: "No" }] },
      }),
      "event/invalid",
    );
    expect(bad.errors?.map(({ pointer }) => pointer)).to.deep.equal([
      "/areas/1/name",
      "/areas/1/category",
    ]);
    const areas = [area, { ...area, name: "Guests", capacity: 50, class: "comp" as const }];
    const set = await operator.call("putAreas", { ...of(priced), body: { areas } });
    expect(set.stock).to.include({ public: 500, comp: 50 });
    expect(set.areas.map(({ section }) => section)).to.deep.equal([4095, 4094]);
    expect(set.categories).to.deep.include({
      ...{ id: 1, name: "Floor", color: "#123456", price: "6000", seats: 0, places: 550 },
    });
    await expectProblem(
      operator.call("putCategories", { ...of(set), body: { categories: categories.slice(1) } }),
      "event/invalid",
    );
    const left = await operator.call("putCategories", {
      ...of(set),
      body: { categories: [{ name: "Floor", price: "7000" }] },
    });
    expect(left.categories.map(({ name, price, color }) => [name, price, color])).to.deep.equal([
      ["Floor", "7000", "#123456"],
    ]);
    const turned = { ...phase("Early", 2, 1) };
    await expectProblem(
      operator.call("putPhases", { ...of(left), body: { phases: [turned] } }),
      "event/invalid",
    );
    await expectProblem(
      operator.call("putPhases", {
        ...of(left),
        body: { phases: [{ ...phase("Early", 1, 2), id: 7 }] },
      }),
      "event/invalid",
    );
  });

  it("keep seats back by guid, by row and by zone, and back again", async () => {
    const draft = await createReadyDraft(operator);
    const held = await operator.call("changeHoldbacks", {
      ...of(draft),
      body: {
        holdbacks: [
          { zone: "Block 1", class: "sponsor" },
          { zone: "Block 1", row: "B", class: "artist" },
          { guids: ["2-A-1"], access: "wheelchair" },
          { guids: ["2-A-2"], access: "companion" },
          { guids: ["1-A-1"], class: "public" },
        ],
      },
    });
    expect(held.stock).to.deep.equal({ public: 11, presale: 0, artist: 5, sponsor: 4, comp: 0 });
    expect(held.accessible).to.deep.equal({ wheelchair: 1, companion: 1 });
    const unknown = await expectProblem(
      operator.call("changeHoldbacks", {
        ...of(held),
        body: { holdbacks: [{ guids: ["1-A-2", "9-Z-9"], class: "comp" }] },
      }),
      "event/invalid",
    );
    expect(unknown.errors?.[0]).to.deep.equal({
      pointer: "/holdbacks/0/guids",
      detail: 'The plan has no seat "9-Z-9" (1 such).',
    });
    for (const holdback of [{ zone: "No" }, { zone: "Block 1", row: "Z" }]) {
      const body = { holdbacks: [{ ...holdback, class: "comp" as const }] };
      await expectProblem(operator.call("changeHoldbacks", { ...of(held), body }), "event/invalid");
    }
    const after = await operator.call("getDraft", { params: { eventId: draft.id } });
    expect(after.version).to.equal(held.version);
    // A corrected plan keeps them, for the seats that are still there.
    const plan = makePlan({ zones: 2, rows: 1, seats: 6 });
    await operator.call("putPlan", { ...of(held), body: plan });
    const again = await operator.call("getDraft", { params: { eventId: draft.id } });
    expect(again.stock).to.include({ public: 8, sponsor: 4, artist: 0 });
    expect(again.accessible).to.deep.equal({ wheelchair: 1, companion: 1 });
    expect(again.categories[0]).to.include({ price: "4500", seats: 12 });
  });

  const splits: [name: string, shares: number[]][] = [
    ["99 %", [5_000, 4_900]],
    ["101 %", [5_100, 5_000]],
  ];
  for (const [name, shares] of splits) {
    it(`refuse a split of ${name}`, async () => {
      const draft = await createDraft(operator);
      const payees = await Promise.all(
        shares.map(async (shareBps) => ({
          address: (await house.fan()).account.address,
          shareBps,
        })),
      );
      await expectProblem(
        operator.call("putPayees", { ...of(draft), body: { payees } }),
        "event/invalid",
      );
    });
  }

  it("refuse a split that names somebody twice", async () => {
    const draft = await createDraft(operator);
    const { address } = operator.account;
    const payees = [address, address.toLowerCase()].map((one) => ({
      address: one,
      shareBps: 5_000,
    }));
    await expectProblem(
      operator.call("putPayees", { ...of(draft), body: { payees } }),
      "event/invalid",
    );
  });
});
