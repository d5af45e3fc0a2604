// What wallets are told: each fact once, to buyers and to whoever holds a ticket by now, and to nobody else.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { NoticeKind } from "#server/domain/notice.ts";
import { parseTicketId } from "#server/domain/ticket-id.ts";
import { closeActs } from "#server/event/act/run-acts.ts";
import { tellOrders } from "#server/event/act/tell-orders.ts";
import { createPublisher } from "#server/event/publish/publisher.ts";
import { pruneNotices } from "#server/notify/prune-notices.ts";
import { expireOrders } from "#server/pay/sweep-payments.ts";
import { openDb } from "#server/platform/db/client.ts";
import { randomUuid } from "#server/platform/random.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { tellWallets } from "#server/queue/tell-wallets.ts";
import { buy, buyAndMint, order as makeOrder, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { openMarket, organiser } from "../../support/market.ts";
import { daysAhead } from "../../support/organise.ts";
import { askBack, finalise, openRefunder, SOON_FINAL, workOff } from "../../support/refund-work.ts";

const SUITE_LIMIT_MS = 60_000;
const WEI_PER_CENT = 10n ** 9n;
const FACE_WEI = 4_800n * WEI_PER_CENT;
const LATER = { doorsAt: daysAhead(60), startsAt: daysAhead(61), endsAt: daysAhead(62) };

describe("notices", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  let staff: Client;
  let rows = 0;
  before(async () => {
    house = await openHouse({ modules: true, finality: SOON_FINAL });
    staff = await house.organiser();
  });
  after(() => house.close());

  const idOf = (ticket: string) => parseTicketId(ticket).ticketId;
  const row = () => {
    rows += 1;
    return rows;
  };
  const params = () => ({ eventId: house.eventId });
  const lastAct = async () => (await staff.call("getEventActs", { params: params() })).acts[0];
  const list = (fan: Client, query: { limit?: number; cursor?: string; state?: "unread" } = {}) =>
    fan.call("listNotices", { query });

  /** Newest first. */
  async function told(wallet: string) {
    const { rows: found } = await house.db.query<{ kind: string; order_id: string | null }>({
      text: "SELECT kind, order_id FROM sale.notice WHERE wallet = $1 ORDER BY id DESC",
      values: [wallet.toLowerCase()],
    });
    return found;
  }

  const kindsOf = async (wallet: string) => (await told(wallet)).map(({ kind }) => kind);

  async function expire(orderId: string): Promise<void> {
    await house.db.query({
      text: "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
      values: [orderId],
    });
    await expireOrders(house);
  }

  it("tell a buyer of tickets that are there, and of an order that ended, once each", async () => {
    const fan = await house.fan();
    const at = row();
    const bought = await buyAndMint(house, fan, stalls(at, 1));
    const lapsed = await makeOrder(house, fan, stalls(at, 2));
    await expire(lapsed.id);
    await expireOrders(house);
    const { notices, next } = await list(fan);
    const { name } = await fan.call("getEvent", { params: params() });
    const of = { eventId: house.eventId, eventName: name, amount: null, currency: null };
    expect(notices.map(({ id, at: _at, ...notice }) => notice)).to.deep.equal([
      { ...of, kind: "order-expired", orderId: lapsed.id, read: false },
      { ...of, kind: "tickets-ready", orderId: bought.id, read: false },
    ]);
    expect(next).to.equal(null);
  });

  it("come page by page, and are read once, by whom they are for", async () => {
    const [fan, other] = [await house.fan(), await house.fan()];
    const at = row();
    for (const seat of [1, 3, 5]) await expire((await makeOrder(house, fan, stalls(at, seat))).id);
    const first = await list(fan, { limit: 2 });
    const rest = await list(fan, { limit: 2, cursor: first.next ?? "" });
    const ids = [...first.notices, ...rest.notices].map(({ id }) => id);
    expect(new Set(ids).size).to.equal(3);
    expect(rest.next).to.equal(null);

    const body = { notices: ids.slice(0, 2) };
    await other.call("readNotices", { body });
    expect((await list(fan, { state: "unread" })).notices).to.have.lengthOf(3);
    await fan.call("readNotices", { body });
    await fan.call("readNotices", { body });
    const unread = (await list(fan, { state: "unread" })).notices.map(({ id }) => id);
    expect(unread).to.deep.equal(ids.slice(2));
    expect((await list(fan)).notices.map(({ read }) => read)).to.deep.equal([true, true, false]);
  });

  it("tell of money back: the buyer of what the card gets, the holder of what the fund pays", async () => {
    const fan = await house.fan();
    const at = row();
    const order = await buyAndMint(house, fan, stalls(at, 1, 2, 3));
    const [plain = "", resold = ""] = order.lines.map(({ ticketId }) => ticketId);
    const market = openMarket(house.chain);
    const buyer = await market.fan();
    const sale = { from: fan.account, to: buyer, id: idOf(resold), price: FACE_WEI };
    await market.sell(sale);
    await house.mirror();
    await askBack(staff, order, [plain, resold]);
    const refunder = openRefunder(house);
    await workOff(house, refunder);
    const [notice] = (await list(fan)).notices;
    expect(notice).to.include({ kind: "refund-paid", orderId: order.id, amount: "4800" });
    expect(await kindsOf(buyer.address), "its fund is empty").to.deep.equal([]);
    const fund = [BigInt(house.event.eventId), FACE_WEI];
    await market.send(organiser, "boxOffice", "fundRefunds", fund, FACE_WEI);
    await house.mirror();
    await workOff(house, refunder);
    expect(await told(buyer.address)).to.deep.equal([{ kind: "refund-paid", order_id: null }]);
    const back = (await kindsOf(fan.account.address)).filter((kind) => kind === "refund-paid");
    expect(back).to.have.lengthOf(1);
  });

  it("are forgotten after a year", async () => {
    const fan = await house.fan();
    const at = row();
    await expire((await makeOrder(house, fan, stalls(at, 1))).id);
    await expire((await makeOrder(house, fan, stalls(at, 2))).id);
    const [newest, older] = (await list(fan)).notices;
    // The server may not change what was told.
    const { databaseUrl: url, log } = house;
    const owner = await openDb({ url, log, role: "owner", connectionsMax: 1 });
    for (const [notice, days] of [
      [newest, 364],
      [older, 366],
    ] as const) {
      await owner.query({
        text: "UPDATE sale.notice SET created_at = now() - $2 * interval '1 day' WHERE id = $1",
        values: [notice?.id.replace("ntc_", ""), days],
      });
    }
    await owner.close();
    expect(await pruneNotices(house.db)).to.equal(1);
    expect((await list(fan)).notices.map(({ id }) => id)).to.deep.equal([newest?.id]);
  });

  it("say nothing of an order to a holder whom it does not concern", async () => {
    const fan = await house.fan();
    const order = await buyAndMint(house, fan, stalls(row(), 1, 2));
    const holder = `0x${"0d".repeat(20)}`;
    await house.indexerDb.query({
      text: "UPDATE mirror.ticket SET owner = $2 WHERE ticket_id = $1",
      values: [idOf(order.lines[0]?.ticketId ?? ""), holder],
    });
    const orderIds = [order.id];
    const tell = (kind: NoticeKind) =>
      house.db.transaction((sql) => tellWallets(sql, { kind, orderIds }));
    expect(await tell("order-attention")).to.equal(1);
    expect(await tell("order-attention"), "told before").to.equal(0);
    expect(await tell("dispute-lost")).to.equal(2);
    expect(await told(holder)).to.deep.equal([{ kind: "dispute-lost", order_id: null }]);
    expect((await told(fan.account.address))[0]).to.deep.equal({
      ...{ kind: "dispute-lost", order_id: order.id },
    });
  });

  it("of a dispute that is lost are not for who bought a ticket from its buyer", async () => {
    const fan = await house.fan();
    const order = await buyAndMint(house, fan, stalls(row(), 1));
    await house.indexerDb.query({
      text: "UPDATE mirror.ticket SET owner = $2, resold = true WHERE ticket_id = $1",
      values: [idOf(order.lines[0]?.ticketId ?? ""), `0x${"0e".repeat(20)}`],
    });
    const lost = { kind: "dispute-lost", orderIds: [order.id] } as const;
    expect(await house.db.transaction((sql) => tellWallets(sql, lost))).to.equal(1);
  });

  describe("of a change to an event", () => {
    /** What the worker does until the chain has the change for good. */
    async function settle(): Promise<void> {
      const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.organiser).privateKey);
      await createPublisher({ ...house, signer, holder: "acts" }).publishWaiting();
      await recoverTransactions(house);
      await finalise(house);
      await closeActs(house.db);
    }

    it("go to each buyer and holder once, go on where a worker died, and are counted", async () => {
      const [ann, ben, cat] = [await house.fan(), await house.fan(), await house.fan()];
      const [one, two] = [row(), row()];
      const sold = await buyAndMint(house, ann, stalls(one, 1));
      await buy(house, ann, stalls(one, 3));
      await buy(house, ben, stalls(two, 1));
      const unpaid = await makeOrder(house, cat, stalls(two, 3));
      const market = openMarket(house.chain);
      const holder = await market.fan();
      const [line] = sold.lines;
      const price = BigInt(line?.price ?? 0) * WEI_PER_CENT;
      await market.sell({ from: ann.account, to: holder, id: idOf(line?.ticketId ?? ""), price });
      await house.mirror();
      const body = { ...LATER, reason: "no singer" };
      await staff.call("rescheduleEvent", { params: params(), body, key: randomUuid() });
      const before = await lastAct();
      expect(before).to.include({ ordersTold: 0, walletsTold: 0 });
      expect(before?.ordersToTell).to.be.greaterThan(2);
      await settle();

      const dying: House["db"]["transaction"] = (work) =>
        house.db.transaction(async (sql) => {
          await work(sql);
          throw new Error("the worker is dead");
        });
      await tellOrders({ ...house.db, transaction: dying }).catch(() => undefined);
      expect(await kindsOf(holder.address)).to.deep.equal([]);
      while (await tellOrders(house.db));
      await house.db.query({
        text: "UPDATE sale.event_act SET told = false, told_until = '', orders_told = 0",
      });
      while (await tellOrders(house.db));

      const wanted = { kind: "event-moved", order_id: null };
      expect(await told(holder.address)).to.deep.equal([wanted]);
      for (const fan of [ann, ben]) {
        const moved = (await told(fan.account.address)).filter(({ kind }) => kind === wanted.kind);
        expect(moved, "one of all of its orders").to.deep.equal([wanted]);
      }
      expect(await told(cat.account.address), `${unpaid.id} can still be paid`).to.deep.equal([
        wanted,
      ]);
      const { rows: wallets } = await house.db.query({
        text: "SELECT 1 FROM sale.notice WHERE kind = 'event-moved'",
      });
      expect(await lastAct()).to.include({ walletsTold: wallets.length, state: "done" });
    });
  });
});
