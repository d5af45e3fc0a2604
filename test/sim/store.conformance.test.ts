// The rows in memory behave like those in Postgres: the same cases for both, locks and rollbacks included.
import { expect } from "chai";
import type { MintLine } from "#server/mint/choose-lines.ts";
import type { MintRows } from "#server/mint/mint-store.ts";
import type { Lane } from "#server/platform/tx/lane.ts";
import { EVENT, openMemoryRig, openSqlRig, type Rig } from "./store-rig.ts";

const SIGNER = `0x${"a".repeat(40)}` as const;
const OWNER = `0x${"f".repeat(40)}` as const;
const LEASE_OVER_MS = 3_001;
const KEY = { chainId: 31_337, signer: SIGNER };

const hashOf = (at: number) => `0x${String(at).padStart(64, "0")}` as const;

for (const open of [openMemoryRig, openSqlRig]) {
  describe(`the mint store ${open === openSqlRig ? "in Postgres" : "in memory"}`, () => {
    let rig: Rig;
    let lane: Lane;
    let lines: MintLine[];
    before(async () => {
      rig = await open();
    });
    after(() => rig.close());
    beforeEach(async () => {
      await rig.clear();
      lane = (await rig.store.takeLane({ ...KEY, holder: "one" })) as Lane;
      const places = [1n, 2n, 3n].map((ticketId) => ({
        ...{ ticketId, owner: OWNER, class: 0, unitPrice: 4_500n },
      }));
      lines = await rig.owe({ orderId: "ord_1", lines: places });
    });

    const insert = (rows: MintRows, nonce: number, at = nonce) => {
      const bytes = { raw: `0x0${at}` as const, hash: hashOf(at) };
      const rest = { deployment: 1, lane, nonce: BigInt(nonce), intent: `tx ${at}`, feeMax: 5n };
      return rows.insertTx({ ...bytes, ...rest });
    };
    const send = () =>
      rig.store.transaction(async (rows) => {
        await rows.lockLane(lane);
        await rows.claimLines(lines);
        const id = await insert(rows, 0);
        await rows.setNextNonce(lane, 1n);
        await rows.markLinesSent(lines, id);
        return id;
      });
    /** Goes on in its own time, between two things of somebody else's. */
    const halfWay = () => {
      const { promise: there, resolve: arrive } = Promise.withResolvers<void>();
      const { promise: goOn, resolve: proceed } = Promise.withResolvers<void>();
      return { there, arrive, goOn, proceed };
    };

    it("gives a lane to one holder at a time, and to the next under a higher fence", async () => {
      expect(lane.fence).to.equal(1n);
      expect(await rig.store.takeLane({ ...KEY, holder: "two" })).to.equal(undefined);
      await rig.passTime(LEASE_OVER_MS);
      expect((await rig.store.takeLane({ ...KEY, holder: "two" }))?.fence).to.equal(2n);
      const late = rig.store.transaction((rows) => rows.lockLane(lane));
      expect(await late).to.equal(undefined);
    });

    it("lets nobody take a lane whose transaction is under way, however late", async () => {
      const { there, arrive, goOn, proceed } = halfWay();
      await rig.passTime(LEASE_OVER_MS);
      const slow = rig.store.transaction(async (rows) => {
        const nextNonce = await rows.lockLane(lane);
        arrive();
        await goOn;
        return nextNonce;
      });
      await there;
      const other = rig.store.takeLane({ ...KEY, holder: "two" });
      proceed();
      expect(await slow).to.equal(0n);
      // Without the wait it would have been theirs: the lease was over when they asked.
      expect(await other).to.equal(undefined);
    });

    it("passes over lines that another transaction has", async () => {
      const { there, arrive, goOn, proceed } = halfWay();
      const first = rig.store.transaction(async (rows) => {
        const own = await rows.claimLines(lines.slice(0, 1));
        arrive();
        await goOn;
        return own;
      });
      await there;
      const claim = (some: MintLine[]) => rig.store.transaction((rows) => rows.claimLines(some));
      expect(await claim(lines)).to.equal(false);
      expect(await claim(lines.slice(1))).to.equal(true);
      proceed();
      expect(await first).to.equal(true);
      expect(await claim(lines)).to.equal(true);
    });

    it("leaves nothing of a transaction that fails", async () => {
      const before = await rig.look();
      const failing = rig.store.transaction(async (rows) => {
        await rows.lockLane(lane);
        await rows.claimLines(lines);
        await rows.markLinesSent(lines, await insert(rows, 0));
        await rows.setNextNonce(lane, 1n);
        throw new Error("dead");
      });
      expect(await failing.catch(({ message }) => message)).to.equal("dead");
      expect(await rig.look()).to.deep.equal(before);
    });

    it("has one live transaction for a nonce, and waits to see whether there will be one", async () => {
      const { there, arrive, goOn, proceed } = halfWay();
      const first = rig.store.transaction(async (rows) => {
        await insert(rows, 0, 1);
        arrive();
        await goOn;
      });
      await there;
      const second = rig.store.transaction((rows) => insert(rows, 0, 2)).catch((error) => error);
      proceed();
      await first;
      const constraint = "chain_tx_chain_id_signer_nonce_live_key";
      expect(await second).to.include({ code: "23505", constraint });
    });

    it("keeps nonce, bytes and lines together, frees them together and counts them", async () => {
      const id = await send();
      expect(await rig.store.countInFlight(lane)).to.equal(1);
      expect(await rig.store.chooseLines(EVENT, new Set())).to.deep.equal([]);
      await rig.store.markSent({ id });
      await rig.store.freeWaiting({ id }, "reverted");
      const chosen = await rig.store.chooseLines(EVENT, new Set([lines[0]?.id ?? 0n]));
      expect(chosen).to.deep.equal(lines.slice(1));
      expect(await rig.store.readWaiting()).to.deep.equal([EVENT]);
      expect(await rig.store.findStored(lane, 0n)).to.include({ hash: hashOf(0) });
    });

    it("closes by the mirror, opens when the ticket is gone or another's, and moves orders", async () => {
      await send();
      for (const { ticketId } of lines) await rig.show(ticketId, hashOf(0));
      expect(await rig.store.closeMinted()).to.equal(3);
      await rig.store.transaction((rows) => rows.moveOrders());
      expect((await rig.look()).orders).to.deep.equal([["ord_1", "fulfilled"]]);
      expect(await rig.store.reopenMinted()).to.equal(0);
      await rig.show(1n, undefined);
      await rig.show(2n, hashOf(77));
      expect(await rig.store.reopenMinted()).to.equal(2);
      expect(await rig.store.setAsideStrange()).to.equal(1);
      const { orders, lines: rows, txs } = await rig.look();
      expect(orders).to.deep.equal([["ord_1", "paid"]]);
      expect(rows.map((row) => (row as string[])[1])).to.deep.equal([
        "sent",
        "attention",
        "minted",
      ]);
      expect((txs[0] as string[])[5]).to.equal("sent");
    });
  });
}
