// An order's events: the whole order first, each step as it comes, also the steps back, until it is final.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { OrderProgress } from "#server/api/order.ts";
import { reopenVanished, settleLines } from "#server/mint/settle-lines.ts";
import { LISTENERS_PER_SESSION_MAX } from "#server/pay/progress/order-feed.ts";
import type { Progress } from "#server/pay/progress/read-progress.ts";
import { systemClock } from "#server/platform/clock.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { buy, buyAndMint, order, pay, stalls } from "../../support/buy.ts";
import { mineBlocks, reorgAfter } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type EventListener, listenTo } from "../../support/listen.ts";

type Listener = EventListener<Progress>;

const IN_A_BLOCK = ["included", "safe", "final"];

describe("an order's events", () => {
  let house: House;
  const open: Listener[] = [];
  before(async () => {
    house = await openHouse();
  });
  afterEach(() => {
    for (const listener of open.splice(0)) listener.close();
  });
  after(() => house.close());

  async function follow(fan: Client, orderId: string, after?: string): Promise<Listener> {
    const address = new URL(`/v1/orders/${orderId}/events`, house.url);
    const resume = after === undefined ? {} : { "last-event-id": after };
    const listener = await listenTo<Progress>(address, { cookie: fan.cookie(), ...resume });
    open.push(listener);
    return listener;
  }

  const stagesOf = ({ events }: Listener) =>
    events.flatMap(({ data }) => data.lines?.map(({ stage }) => stage) ?? []);
  const toStage = (listener: Listener, ...stages: string[]) =>
    listener.wait(({ data }) => data.lines?.every(({ stage }) => stages.includes(stage)) === true);

  /** Where the chain stands as far as the mirror knows, against the order's own block. */
  async function place(orderId: string, heads: { safe: bigint; final: bigint }): Promise<void> {
    await house.indexerDb.query({
      text: `UPDATE mirror.cursor
             SET safe_number = made.mint_block + $2, final_number = made.mint_block + $3
             FROM mirror.ticket made WHERE made.ticket_id = $1`,
      values: [await ticketOf(orderId), heads.safe, heads.final],
    });
    await house.indexerDb.query({ text: "SELECT pg_notify('mirror', '1')" });
  }

  async function ticketOf(orderId: string): Promise<bigint> {
    const { rows } = await house.db.query<{ ticket_id: bigint }>({
      text: "SELECT ticket_id FROM sale.mint_line WHERE order_id = $1 LIMIT 1",
      values: [orderId],
    });
    return rows[0]?.ticket_id as bigint;
  }

  it("begin with the whole order, and end once every ticket is final", async () => {
    const fan = await house.fan();
    const { id } = await order(house, fan, stalls(1, 1, 2));
    const listener = await follow(fan, id);
    const first = await listener.wait(({ event }) => event === "order");
    expect(OrderProgress.parse(first.data).state).to.equal("claimed");
    expect(stagesOf(listener)).to.deep.equal(["none", "none"]);
    await pay(fan, id);
    await toStage(listener, "queued");
    await house.minter.mintWaiting();
    await toStage(listener, "sent");
    expect(stagesOf(listener)).not.to.include.members(IN_A_BLOCK);
    await mineBlocks(house.chain, 1);
    await house.mirror();
    await settleLines(house);
    await toStage(listener, ...IN_A_BLOCK);
    await mineBlocks(house.chain, 2);
    await house.mirror();
    await toStage(listener, "final");
    await listener.wait(({ event }) => event === "end");
    await listener.ended;
    expect(listener.events.at(-2)?.data.state).to.equal("fulfilled");
  });

  it("tell each step by the mirror's heads, with what changed alone", async () => {
    const fan = await house.fan();
    const { id } = await buyAndMint(house, fan, stalls(2, 1));
    await place(id, { safe: -1n, final: -2n });
    const listener = await follow(fan, id);
    const first = await toStage(listener, "included");
    await place(id, { safe: 0n, final: -1n });
    const safe = await toStage(listener, "safe");
    expect(safe.event).to.equal("change");
    expect(safe.id).not.to.equal(first.id);
    await place(id, { safe: 1n, final: 0n });
    await toStage(listener, "final");
    expect(stagesOf(listener)).to.deep.equal(["included", "safe", "final"]);
    const { lines } = await fan.call("getOrder", { params: { orderId: id } });
    expect(lines.map(({ stage }) => stage)).to.deep.equal(["final"]);
  });

  it("go on from the last one, and say nothing twice", async () => {
    const fan = await house.fan();
    const { id } = await buy(house, fan, stalls(2, 2));
    const listener = await follow(fan, id);
    const { id: last } = await toStage(listener, "queued");
    listener.close();
    const again = await follow(fan, id, last);
    await house.minter.mintWaiting();
    await toStage(again, "sent");
    expect(again.events.map(({ event }) => event)).to.deep.equal(["change"]);
    const late = await follow(fan, id, last);
    expect((await toStage(late, "sent")).event).to.equal("order");
  });

  it("tell that a reorg took a ticket's block, and of the next one", async () => {
    const fan = await house.fan();
    const { id } = await buyAndMint(house, fan, stalls(2, 3));
    const { rows } = await house.db.query<{ mint_block: bigint }>({
      text: "SELECT mint_block FROM mirror.ticket WHERE ticket_id = $1",
      values: [await ticketOf(id)],
    });
    await place(id, { safe: -1n, final: -2n });
    const listener = await follow(fan, id);
    await toStage(listener, "included");
    await reorgAfter(house.chain, (rows[0]?.mint_block ?? 0n) - 1n);
    await house.mirror();
    await listener.wait(({ data }) => data.lines?.[0]?.stage === "sent");
    expect(stagesOf(listener)).to.deep.equal(["included", "sent"]);
    const endMs = systemClock.monotonicMs() + 15_000;
    while (!stagesOf(listener).includes("final") && systemClock.monotonicMs() < endMs) {
      await reopenVanished(house);
      await recoverTransactions(house);
      await mineBlocks(house.chain, 1);
      await house.mirror();
      await settleLines(house);
      await systemClock.sleep(100);
    }
    await listener.wait(({ event }) => event === "end");
    expect(stagesOf(listener).slice(0, 2)).to.deep.equal(["included", "sent"]);
  });

  it("are for six listeners of a session, and again for one once another left", async () => {
    const fan = await house.fan();
    const { id } = await order(house, fan, stalls(2, 4));
    for (let count = 0; count < LISTENERS_PER_SESSION_MAX; count += 1) await follow(fan, id);
    const refused = await follow(fan, id).catch((error: Error) => error.message);
    expect(refused).to.equal("listening answered 429");
    open.pop()?.close();
    const endMs = systemClock.monotonicMs() + 5_000;
    let next: unknown;
    while (!(next instanceof Object) && systemClock.monotonicMs() < endMs) {
      next = await follow(fan, id).catch(() => undefined);
    }
    expect(next).to.be.an("object");
  });
});
