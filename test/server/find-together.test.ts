// Sessions that many requests bring in one moment: looked up in one step, each answered with its own.
import { expect } from "chai";
import { findTogether } from "#server/auth/find-together.ts";
import type { LiveSession } from "#server/auth/session-cache.ts";

const sessionOf = (tokenHash: string): LiveSession => ({
  sessionId: `session of ${tokenHash}`,
  address: `0x${"a".repeat(40)}`,
  expiresAt: "2030-01-01T00:00:00.000Z",
  idleEndsAt: "2030-01-01T00:00:00.000Z",
});

/** Reads wait until they are let go. */
function slowReader() {
  const asked: string[][] = [];
  const going: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const remembered: string[] = [];
  const find = findTogether(
    async (tokenHashes) => {
      asked.push([...tokenHashes]);
      await new Promise<void>((resolve, reject) => going.push({ resolve, reject }));
      const known = tokenHashes.filter((tokenHash) => !tokenHash.startsWith("nobody"));
      return new Map(known.map((tokenHash) => [tokenHash, sessionOf(tokenHash)]));
    },
    { remember: (tokenHash) => void remembered.push(tokenHash) },
  );
  return { asked, going, remembered, find };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe("sessions of one moment", () => {
  it("are looked up in one step, and each request gets its own", async () => {
    const { asked, going, remembered, find } = slowReader();
    const found = Promise.all(["one", "nobody", "two", "one"].map(find));
    await turn();
    expect(asked).to.deep.equal([["one", "nobody", "two"]]);
    going[0]?.resolve();
    expect((await found).map((session) => session?.sessionId)).to.deep.equal([
      ...["session of one", undefined, "session of two", "session of one"],
    ]);
    expect(remembered).to.deep.equal(["one", "two"]);
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
    const { asked, going, remembered, find } = slowReader();
    const failing = Promise.allSettled(["one", "two"].map(find));
    await turn();
    const next = find("one");
    going[0]?.reject(new Error("Postgres is away"));
    for (const outcome of await failing) expect(outcome.status).to.equal("rejected");
    await turn();
    going[1]?.resolve();
    expect((await next)?.sessionId).to.equal("session of one");
    expect(asked).to.have.lengthOf(2);
    expect(remembered).to.deep.equal(["one"]);
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
});
