// A mirror built anew is the same byte for byte, takes the place of the old one, and mends what was wrong.
import { expect } from "chai";
import { fingerprint } from "#indexer/dump.ts";
import { type RebuildOptions, rebuildMirror } from "#indexer/rebuild.ts";
import { syncStep } from "#indexer/sync.ts";
import { verifyMirror } from "#indexer/verify.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { type House, openHouse } from "../support/house.ts";
import { FACE_WEI, openPlay, type Play } from "../support/market.ts";
import { dumpMirror, rowsOf } from "../support/mirror.ts";

/** Often enough to be in the middle of a write now and then. */
const STEP_MS = 5;

describe("rebuilding the mirror", () => {
  let house: House;
  let play: Play;
  before(async () => {
    house = await openHouse({ modules: true });
    play = await openPlay(house.chain);
    const [ann, ben] = await Promise.all([play.fan(), play.fan()]);
    await play.buy(ann, 1, 2, 3);
    const [id] = play.ids(1) as [bigint];
    await play.sell({ from: ann, to: ben, id, price: FACE_WEI });
    await house.mirror();
  });
  after(() => house.close());

  const rebuild = (given: Partial<RebuildOptions> = {}) =>
    rebuildMirror({
      ...{ databaseUrl: house.databaseUrl, chains: [house.chain], log: house.log },
      ...{ metrics: createMetrics("rebuild"), ...given },
    });

  const prints = () => house.db.transaction((sql) => fingerprint(sql, "mirror"));

  async function expectGoesOn(): Promise<void> {
    await house.mirror();
    expect(await dumpMirror(house.db)).to.deep.equal(await freshMirror(house.chain));
    const { rows } = await house.db.query<{ name: string }>({
      text: "SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'mirror%'",
    });
    expect(rows.map(({ name }) => name)).to.deep.equal(["mirror"]);
  }

  it("gives the same bytes, and whoever reads and writes goes on", async () => {
    const before = await prints();
    const { differences, swapped } = await rebuild();
    expect(differences).to.deep.equal([]);
    expect(swapped).to.equal(true);
    expect(await prints()).to.deep.equal(before);
    await play.buy(await play.fan(), 4);
    await expectGoesOn();
  });

  it("keeps what reorgs took out, which no chain tells any more", async () => {
    const orphan = {
      number: 1n,
      hash: `0x${"0d".repeat(32)}`,
      parent_hash: `0x${"0c".repeat(32)}`,
    };
    await house.indexerDb.query({
      text: "INSERT INTO orphan VALUES (1, $1, $2, $3)",
      values: Object.values(orphan),
    });
    expect((await rebuild()).swapped).to.equal(true);
    const { rows } = await house.db.query({
      text: "SELECT number, hash, parent_hash FROM mirror.orphan WHERE deployment = 1",
    });
    expect(rows).to.deep.equal([orphan]);
  });

  it("tells which table was wrong, and is right afterwards", async () => {
    await house.indexerDb.query({
      text: "UPDATE ticket SET owner = '0x' || repeat('0', 39) || '1'",
    });
    await house.indexerDb.query({ text: "DELETE FROM sale" });
    const compared = await rebuild({ dryRun: true });
    expect(compared.swapped).to.equal(false);
    const wrong = await verifyMirror({ db: house.indexerDb, chain: house.chain });
    expect(wrong?.differences.map(({ column }) => column)).to.include("owner");

    const { differences } = await rebuild();
    expect(differences.map(({ table }) => table)).to.deep.equal(["sale", "ticket"]);
    expect(differences[0]?.before).to.match(/^0 rows/);
    const verdict = await verifyMirror({ db: house.indexerDb, chain: house.chain });
    expect(verdict?.differences).to.deep.equal([]);
    expect(rowsOf(await dumpMirror(house.db), "sale")).to.have.lengthOf(1);
    await expectGoesOn();
  });

  it("takes the place of the old one between two writes of an indexer, never within one", async () => {
    let stop = false;
    const failures: unknown[] = [];
    const deps = { ...house, db: house.indexerDb, metrics: createMetrics("busy") };
    const indexer = (async () => {
      while (!stop) {
        await syncStep(deps).catch((error: Error) => failures.push(error.name));
        await systemClock.sleep(STEP_MS);
      }
    })();
    const fan = await play.fan();
    const buying = (async () => {
      for (let seat = 10; seat < 18; seat += 1) await play.buy(fan, seat);
    })();
    try {
      for (let round = 0; round < 3; round += 1) {
        expect((await rebuild()).differences).to.deep.equal([]);
      }
      await buying;
    } finally {
      stop = true;
      await indexer;
    }
    expect(failures.filter((name) => name !== "Fault")).to.deep.equal([]);
    await expectGoesOn();
  }).timeout(90_000);
});
