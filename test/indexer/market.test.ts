// Sales, royalties, escrow, refunds and everything else that has money in it, mirrored as the contracts say.
import { expect } from "chai";
import { keccak256, toHex } from "viem";
import { verifyMirror } from "#indexer/verify.ts";
import { systemClock, unixSeconds } from "#server/platform/clock.ts";
import { reorg } from "../support/chain.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { type House, openHouse } from "../support/house.ts";
import {
  FACE_WEI,
  gate,
  MARKET_EVENT,
  openPlay,
  organiser,
  type Play,
  refunder,
  UNIT_PRICE,
} from "../support/market.ts";
import { dumpMirror, type MirrorDump, rowsOf } from "../support/mirror.ts";

const EVENT = BigInt(MARKET_EVENT);

/** Within the two years that the contract allows. */
const LATER_DOORS = BigInt(unixSeconds(systemClock) + 400 * 24 * 60 * 60);

describe("mirror of the market", () => {
  let house: House;
  let play: Play;
  before(async () => {
    house = await openHouse({ modules: true });
    play = await openPlay(house.chain);
  });
  after(() => house.close());

  /** Equal to a fresh mirror and to what the contracts answer. */
  async function expectTrue(): Promise<MirrorDump> {
    await house.mirror();
    const verdict = await verifyMirror({ db: house.indexerDb, chain: house.chain });
    expect(verdict?.differences).to.deep.equal([]);
    const dump = await dumpMirror(house.db);
    expect(dump).to.deep.equal(await freshMirror(house.chain));
    return dump;
  }

  const mine = (dump: MirrorDump, table: string) =>
    rowsOf(dump, table).filter((row) => row.event_id === MARKET_EVENT);

  it("shows an event with its terms, its market, its stock and its payees", async () => {
    await play.lockSplit();
    await play.send(organiser, "tickets", "releaseUnits", [EVENT, 4, 3]);
    await play.send(organiser, "boxOffice", "setFloor", [EVENT, 0, 4_000]);
    const dump = await expectTrue();
    expect(mine(dump, "event")[0]).to.include({ royalty_bps: 1_000, policy: 0, cancelled: false });
    expect(mine(dump, "market")[0]).to.include({ allowed: true });
    const stock = mine(dump, "class_stock").map((row) => [row.cap, row.minted, row.floor]);
    expect(stock.slice(0, 2)).to.deep.equal([
      [103, 0, 4_000n],
      [50, 0, 0n],
    ]);
    expect(mine(dump, "split_share").map((row) => row.share_bps)).to.deep.equal([6_667, 3_333]);
  });

  it("follows a ticket from the box office through two sales, and the royalties of both", async () => {
    const [ann, ben, cid] = await Promise.all([play.fan(), play.fan(), play.fan()]);
    const { orderId, hash } = await play.buy(ann, 1, 2);
    const [first] = play.ids(1) as [bigint];
    await play.sell({ from: ann, to: ben, id: first, price: FACE_WEI + 7n });
    await play.sell({ from: ben, to: cid, id: first, price: FACE_WEI * 2n });
    const dump = await expectTrue();

    expect(mine(dump, "order_paid")[0]).to.include({ order_id: orderId, tx_hash: hash });
    expect(mine(dump, "escrow")[0]).to.include({ held: FACE_WEI * 2n, deposited: FACE_WEI * 2n });
    const ticket = mine(dump, "ticket").find((row) => row.ticket_id === first);
    expect(ticket).to.include({ owner: cid.address.toLowerCase(), face: UNIT_PRICE, nonce: 2 });
    expect(ticket).to.include({ funded: true, card: false, resold: true, gifts: 0 });
    expect(ticket).to.include({ last_price: FACE_WEI * 2n });
    const sales = mine(dump, "sale").map((row) => [row.price, row.royalty, row.fee]);
    expect(sales).to.deep.equal([
      [FACE_WEI + 7n, (FACE_WEI + 7n) / 10n, (FACE_WEI + 7n) / 50n],
      [FACE_WEI * 2n, FACE_WEI / 5n, FACE_WEI / 25n],
    ]);
    const counts = rowsOf(dump, "holder").find((row) => row.owner === ben.address.toLowerCase());
    expect(counts).to.include({ tickets: 0, received: 1, sent: 1, bought: 1, sold: 1 });
  });

  it("shares a pot out to the last unit, and follows a payee who is paid elsewhere", async () => {
    const { modules } = house.chain.deployment;
    const before = rowsOf(await dumpMirror(house.db), "pot").find(
      (row) => row.event_id === MARKET_EVENT,
    );
    const payees = play.payees.map(({ address }) => address);
    const split = { version: 0n, payees, shares: [6_667, 3_333] };
    const currency = `0x${"0".repeat(40)}`;
    await play.send(organiser, "resale", "distribute", [EVENT, currency, split]);
    const heir = await play.fan();
    const redirect = { eventId: EVENT, version: 0n, index: 1n, to: heir.address };
    const signature = await play.payees[1]?.signTypedData({
      domain: {
        ...{ name: "Stagedoor Splits", version: "1", chainId: 31337 },
        verifyingContract: modules?.splits as `0x${string}`,
      },
      types: {
        Redirect: ["eventId", "version", "index"]
          .map((name) => ({ name, type: "uint256" }))
          .concat({ name: "to", type: "address" }),
      },
      primaryType: "Redirect",
      message: redirect,
    });
    await play.send(organiser, "splits", "redirectShare", [
      EVENT,
      split,
      1n,
      heir.address,
      signature,
    ]);
    const dump = await expectTrue();
    const collected = before?.collected as bigint;
    expect(mine(dump, "pot")[0]).to.include({ collected, distributed: collected });
    const parts = mine(dump, "royalty").map((row) => row.amount as bigint);
    expect(parts[0]).to.equal((collected * 6_667n) / 10_000n);
    expect(parts.reduce((sum, part) => sum + part)).to.equal(collected);
    expect(mine(dump, "split_share")[1]).to.include({
      payee: heir.address.toLowerCase(),
      version: 1,
    });
  });

  it("shows check-ins, voids, refunds and what is left in escrow", async () => {
    const fan = await play.fan();
    await play.buy(fan, 5, 6, 7, 8);
    const [in_, out, back] = play.ids(5, 6, 7) as [bigint, bigint, bigint];
    await play.send(gate, "tickets", "checkInMany", [[in_]]);
    await play.send(refunder, "tickets", "void", [[out]]);
    await play.send(organiser, "boxOffice", "refund", [[out]]);
    await play.send(organiser, "tickets", "reschedule", [EVENT, Number(LATER_DOORS)]);
    await play.send(fan, "tickets", "giveBack", [back]);
    const role = keccak256(toHex("GATE_ROLE"));
    await play.send(gate, "tickets", "renounceRole", [role, gate.address]);
    const dump = await expectTrue();
    expect(mine(dump, "check_in").map((row) => row.ticket_id)).to.deep.equal([in_]);
    expect(mine(dump, "ticket_void").map((row) => row.ticket_id)).to.deep.equal([out, back]);
    const refunded = mine(dump, "ticket").find((row) => row.ticket_id === out);
    expect(refunded).to.include({ void: true, refunded: true, funded: false });
    const kinds = mine(dump, "escrow_entry").map((row) => row.kind);
    expect(kinds).to.deep.equal(["deposited", "deposited", "refunded"]);
    expect(mine(dump, "event")[0]).to.include({ doors_at: LATER_DOORS });
    const left = rowsOf(dump, "role_member").filter((row) => row.held === false);
    expect(left.map((row) => [row.role, row.account])).to.deep.equal([
      [role, gate.address.toLowerCase()],
    ]);
  });

  it("takes every one of these back, block by block, and puts nothing else in their place", async () => {
    await house.mirror();
    for (let depth = 1; depth <= 24; depth += 5) {
      await reorg(house.chain, depth);
      await expectTrue();
    }
  }).timeout(120_000);
});
