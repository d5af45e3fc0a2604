// Each guard of refunds taken away in turn: what then becomes of money that two hands want to give back at once.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { openPassSession } from "#scripts/demo-pass.ts";
import { parseTicketId } from "#server/domain/ticket-id.ts";
import { judgeScan } from "#server/gate/judge-scan.ts";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { askRefund } from "#server/pay/refund/ask-refund.ts";
import { closeVoiding } from "#server/pay/refund/close-voiding.ts";
import { freeSeats } from "#server/pay/refund/free-seats.ts";
import { moveLines } from "#server/pay/refund/move-lines.ts";
import { payBackDue } from "#server/pay/refund/pay-back.ts";
import { createRefunder } from "#server/pay/refund/refunder.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buy, mint, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { askBack, booksOf, openRefunder, refunderSigner, workOff } from "../support/refund-work.ts";
import {
  type Drop,
  dropKey,
  LANE_FENCE,
  LANE_LEASE,
  LOCK_LANE,
  meeting,
  orBlocked,
  tamper,
} from "../support/unguarded.ts";

/** Whose turn it is to ask the provider. */
const TAKEN: readonly Drop[] = [
  ["AND refund.due_at <= now()", ""],
  ["FOR UPDATE OF refund SKIP LOCKED", ""],
];
const POSTED: Drop = [
  "AND state = 'paying' AND attempt = $2 AND paid_at IS NULL FOR UPDATE",
  "AND $2::int > 0",
];
const ORDER_LOCK: Drop = [
  "FROM sale.order o WHERE id = $1 FOR UPDATE",
  "FROM sale.order o WHERE id = $1",
];
const ENTRY_LOCK: Drop = [
  "pg_advisory_xact_lock(hashtextextended('entry:'",
  "(hashtextextended('entry:'",
];
/** What is looked for once more in the statement that writes. */
const LAST_LOOK: Drop = [
  "WHERE before.order_id = line.order_id",
  "WHERE false AND before.order_id = line.order_id",
];
const LINE_STATE: Drop = ["AND state = 'asked'", ""];
const FREED: Drop = ["WHERE refund_id = $1 AND state = 'paid'", "WHERE refund_id = $1"];
const UNLOCKED = [ORDER_LOCK, ENTRY_LOCK, LAST_LOOK];

describe("refunds without a guard", () => {
  let house: House;
  let staff: Client;
  let orders = 0;
  before(async () => {
    house = await openHouse();
    staff = await house.organiser();
  });
  after(() => house.close());

  async function newOrder() {
    const seats = stalls(1 + (orders % 8), 1 + Math.floor(orders / 8));
    orders += 1;
    const fan = await house.fan();
    const { id, total, lines } = await buy(house, fan, seats);
    const tickets = lines.map(({ ticketId }) => ticketId);
    return { fan, id, total: BigInt(total), tickets };
  }

  /** Never minted, so nothing but the provider is to be asked. */
  async function readyToPay() {
    const order = await newOrder();
    await askBack(staff, order, order.tickets);
    await moveLines(house);
    await closeVoiding(house.db);
    return order;
  }

  /** What the provider gave back of an order. */
  async function givenBack(orderId: string): Promise<bigint> {
    const { rows } = await house.db.query<{ given: bigint }>({
      text: `SELECT coalesce(sum(given.amount), 0) AS given FROM sale.payment
             JOIN sale.development_refund given ON given.payment_id = payment.id
             WHERE payment.order_id = $1`,
      values: [orderId],
    });
    return rows[0]?.given ?? 0n;
  }

  /** Two workers at one refund; what comes to the provider waits for so many there. */
  async function racePayBack(
    drop: readonly Drop[],
    { atProvider, keys = "one" }: { atProvider: number; keys?: "one" | "each its own" },
  ) {
    const { id, total } = await readyToPay();
    const together = meeting(atProvider);
    let asked = 0;
    const provider: PaymentProvider = {
      ...house.provider,
      payBack: async (payment, wish) => {
        asked += 1;
        const attempt = keys === "one" ? wish.attempt : 100 + asked;
        await together();
        return house.provider.payBack(payment, { ...wish, attempt });
      },
    };
    const deps = { db: tamper(house.db, { drop }), provider, log: house.log };
    await Promise.all([payBackDue(deps), payBackDue(deps)]);
    const books = await booksOf(house, id);
    const times = (amount: bigint) => Number(amount / total);
    return { asked, given: times(await givenBack(id)), booked: 1 - times(books.provider) };
  }

  it("asks the provider by one of two workers", async () => {
    const fate = await racePayBack([], { atProvider: 1 });
    expect(fate).to.deep.equal({ asked: 1, given: 1, booked: 1 });
  });

  it("gives and books once what two workers have in their hands", async () => {
    const fate = await racePayBack(TAKEN, { atProvider: 2 });
    expect(fate).to.deep.equal({ asked: 2, given: 1, booked: 1 });
  });

  it("would give twice under two keys (so this test can fail)", async () => {
    const fate = await racePayBack(TAKEN, { atProvider: 2, keys: "each its own" });
    expect(fate).to.deep.equal({ asked: 2, given: 2, booked: 1 });
  });

  it("would book twice without a look at what is paid (so this test can fail)", async () => {
    const fate = await racePayBack([...TAKEN, POSTED], { atProvider: 2 });
    expect(fate).to.deep.equal({ asked: 2, given: 1, booked: 2 });
  });

  /** Two at the box office for one ticket; both have found it free before either writes. */
  async function raceToAsk(order: { id: string; tickets: string[] }, drop: readonly Drop[]) {
    const together = meeting(2);
    const wait = () => orBlocked(house, together());
    const before = { words: "INSERT INTO sale.refund_line", wait };
    const db = tamper(house.db, { drop, before });
    const ask = () => askOnce(db, order);
    const asks = await Promise.allSettled([ask(), ask()]);
    const refused = asks.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    return refused.map(codeOf);
  }

  async function askOnce(db: House["db"], order: { id: string; tickets: string[] }) {
    const wish = {
      ...{ orderId: order.id, tickets: order.tickets.map(parseTicketId) },
      ...{ reason: "The fan asked for it.", key: randomUuid() },
      actor: staff.account.address,
    };
    return askRefund({ db, clock: systemClock }, wish);
  }

  const codeOf = ({ constraint, code }: { constraint?: string; code: string }) =>
    constraint ?? code ?? "bug";

  it("takes a ticket back once, whichever lock is left", async () => {
    for (const drop of [[], [ORDER_LOCK], [ENTRY_LOCK]]) {
      const refused = await raceToAsk(await newOrder(), drop);
      expect(refused).to.deep.equal(["refund/impossible"]);
    }
  });

  it("takes a ticket back once by the key alone, where nothing is locked", async () => {
    const refused = await raceToAsk(await newOrder(), UNLOCKED);
    expect(refused).to.deep.equal(["refund_line_pkey"]);
  });

  /** Two workers that have both tried to make a ticket void before either of them stores. */
  async function raceToVoid(drop: readonly Drop[]): Promise<string[]> {
    const { fan, id, tickets } = await newOrder();
    await mint(house, fan, id);
    await askBack(staff, { id }, tickets);
    const before = { words: LOCK_LANE, wait: meeting(2) };
    const db = tamper(house.db, { drop: [LANE_LEASE, ...drop], before });
    const racers = ["one", "other"].map((holder) =>
      createRefunder({
        ...{ ...house, db },
        key: { db, chains: house.chains, signer: refunderSigner, holder },
      }),
    );
    await Promise.all(racers.map((racer) => racer.refundDue()));
    const { rows } = await house.db.query<{ hash: `0x${string}` }>({
      text: `SELECT hash FROM sale.chain_tx
             WHERE signer = $1 AND state IN ('signed', 'sent') ORDER BY nonce`,
      values: [refunderSigner.address],
    });
    const { client } = house.chain;
    const receipts = await Promise.all(
      rows.map(({ hash }) => client.waitForTransactionReceipt({ hash })),
    );
    await house.db.query({ text: "DELETE FROM sale.nonce_lane" });
    await workOff(house, openRefunder(house));
    return receipts.map(({ status }) => status);
  }

  it("makes a ticket void once by the fence, and once by the line's state", async () => {
    expect(await raceToVoid([LINE_STATE])).to.deep.equal(["success"]);
    expect(await raceToVoid([LANE_FENCE])).to.deep.equal(["success"]);
  });

  it("would pay for two voids without both (so this test can fail)", async () => {
    expect(await raceToVoid([LANE_FENCE, LINE_STATE])).to.deep.equal(["success", "reverted"]);
  });

  /** Two workers that have both seen a refund as paid before either of them frees its seat. */
  async function raceToFree(drop: readonly Drop[]): Promise<number | undefined> {
    const { id } = await readyToPay();
    // As one that was minted, which is what an issue is for.
    await house.db.query({
      text: "UPDATE sale.mint_line SET state = 'minted' WHERE order_id = $1",
      values: [id],
    });
    await payBackDue(house);
    const words = "SELECT state FROM sale.order WHERE id = $1 FOR UPDATE";
    const db = tamper(house.db, { drop, before: { words, wait: meeting(2) } });
    await Promise.all([freeSeats(db), freeSeats(db)]);
    const { rows } = await house.db.query<{ issue: number }>({
      text: "SELECT issue FROM sale.claim WHERE order_id = $1",
      values: [id],
    });
    return rows[0]?.issue;
  }

  it("frees a seat under its next issue, whoever else frees it", async () => {
    expect(await raceToFree([])).to.equal(1);
  });

  it("would leave an issue out without the line's state (so this test can fail)", async () => {
    expect(await raceToFree([FREED])).to.equal(2);
  });

  /** A box office takes a ticket back while a door is about to write its admission. */
  async function raceWithDoor(drop: readonly Drop[]) {
    const { fan, id, tickets } = await newOrder();
    await mint(house, fan, id);
    const [ticket] = tickets.map(parseTicketId) as [ReturnType<typeof parseTicketId>];
    const { chainId, tickets: contract } = house.chain.deployment;
    const wanted = { ticketId: ticket.ticketId, nonce: 0, chainId, tickets: contract };
    const session = await openPassSession(fan.account, wanted);
    const asked: Promise<string>[] = [];
    const wait = () => {
      asked.push(askOnce(house.db, { id, tickets }).then(() => "asked", codeOf));
      return orBlocked(house, Promise.all(asked));
    };
    const db = tamper(house.db, { drop, before: { words: "INSERT INTO sale.admission", wait } });
    const { decision } = await judgeScan(
      { db, chains: house.chains, clock: systemClock },
      {
        ...{ scanId: randomUuid(), event: house.event, gate: "Door" },
        ...{ staff: staff.account.address, pass: await session.codeAt() },
      },
    );
    return { decision, refund: await asked[0] };
  }

  it("takes no ticket back that a door is letting in", async () => {
    const fate = await raceWithDoor([]);
    expect(fate).to.deep.equal({ decision: "admit", refund: "refund/impossible" });
  });

  it("would let in what is paid back without the entry's lock (so this test can fail)", async () => {
    const fate = await raceWithDoor([ENTRY_LOCK]);
    expect(fate).to.deep.equal({ decision: "admit", refund: "asked" });
  });

  // The last one: the key is gone with it.
  it("would pay a ticket back twice without locks and key (so this test can fail)", async () => {
    await dropKey(house, "sale.refund_line", "refund_line_pkey");
    const order = await newOrder();
    expect(await raceToAsk(order, UNLOCKED)).to.deep.equal([]);
    await workOff(house, openRefunder(house));
    expect(await givenBack(order.id)).to.equal(2n * order.total);
  });
});
