// Sessions that many requests bring in one moment: looked up in one step, each answered with its own.
import { expect } from "chai";
import { gatherKeys } from "#server/auth/find-together.ts";

/** Reads wait until they are let go. */
function slowReader(limitMs?: number) {
  const asked: string[][] = [];
  const going: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const find = gatherKeys(async (keys) => {
    asked.push([...keys]);
    await new Promise<void>((resolve, reject) => going.push({ resolve, reject }));
    const known = keys.filter((key) => key !== "nobody");
    return new Map(known.map((key) => [key, `session of ${key}`]));
  }, limitMs);
  return { asked, going, find };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe("sessions of one moment", () => {
  it("are looked up in one step, and each request gets its own", async () => {
    const { asked, going, find } = slowReader();
    const found = Promise.all(["one", "nobody", "two", "one"].map(find));
    await turn();
    expect(asked).to.deep.equal([["one", "nobody", "two"]]);
    going[0]?.resolve();
    expect(await found).to.deep.equal([
      ...["session of one", undefined, "session of two", "session of one"],
    ]);
  });

  it("that come while a step is under way are the next one, also those it asks for already", async () => {
    const { asked, going, find } = slowReader();
    const first = find("one");
    await turn();
    const later = Promise.all([find("two"), find("one"), find("three")]);
    await turn();
    expect(asked, "one step at a time").to.have.lengthOf(1);
    going[0]?.resolve();
    await first;
    await turn();
    // What was read before this request came might not know of an end that it has heard of.
    expect(asked[1]).to.deep.equal(["two", "one", "three"]);
    going[1]?.resolve();
    expect((await later).every((session) => session !== undefined)).to.equal(true);
  });

  it("fail together where they cannot be read, and the next ones are read again", async () => {
    const { asked, going, find } = slowReader();
    const failing = Promise.allSettled(["one", "two"].map(find));
    await turn();
    const next = find("one");
    going[0]?.reject(new Error("Postgres is away"));
    for (const outcome of await failing) expect(outcome.status).to.equal("rejected");
    await turn();
    going[1]?.resolve();
    expect(await next).to.equal("session of one");
    expect(asked).to.have.lengthOf(2);
  });

  it("are no more than 500 to a step, and more than 20,000 are turned away", async () => {
    const { asked, going, find } = slowReader();
    const many = Array.from({ length: 20_001 }, (_, at) => find(`${at}`));
    const outcomes = Promise.allSettled(many);
    for (let step = 0; step < 40; step += 1) {
      await turn();
      expect(asked[step]).to.have.lengthOf(500);
      going[step]?.resolve();
    }
    const states = (await outcomes).map(({ status }) => status);
    expect(states.filter((status) => status === "rejected")).to.have.lengthOf(1);
    expect(states.at(-1)).to.equal("rejected");
  });

  it("do not wait for ever behind a step that never ends", async () => {
    const { asked, going, find } = slowReader(50);
    const stuck = find("one").then(
      () => "found",
      (error: Error) => error.message,
    );
    await turn();
    const next = find("two");
    expect(await stuck).to.equal("Sessions are not found in time.");
    await turn();
    expect(asked[1]).to.deep.equal(["two"]);
    going[1]?.resolve();
    expect(await next).to.equal("session of two");
    going[0]?.resolve();
  });
});
