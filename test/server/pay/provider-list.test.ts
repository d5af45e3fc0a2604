// The provider's own list held against ours: every planted difference is found, only what is safe is repaired.
import { expect } from "chai";
import { Fault } from "#server/domain/failure.ts";
import type { ProviderMoney } from "#server/pay/provider.ts";
import { findProviderDifferences } from "#server/pay/reconcile/find-differences.ts";
import { lookAtProvider } from "#server/pay/reconcile/look-at-provider.ts";
import { PROVIDER_RULES } from "#server/pay/reconcile/provider-rules.ts";
import { sweepBooks, sweepProvider } from "#server/pay/reconcile/sweep-books.ts";
import { sweepPayments } from "#server/pay/sweep-payments.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { order as makeOrder, stalls } from "../../support/buy.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { type Order, openStripeRig, type StripeRig } from "../../support/payment-rig.ts";
import { seedBooks } from "../../support/seed-books.ts";

const TICKETS = 40;
const PRICE = 9_600n;
const log = createLog({ name: "test", level: "silent" });
const ORDER = `'ord_' || lpad('1', 26, '0')`;
const OF_FIRST = "id = 'pay_1'";

/** What the provider has of agreeing books. */
function listed(): ProviderMoney[] {
  return Array.from({ length: TICKETS / 2 }, (_, at) => ({
    ...{ ref: `pi_${at + 1}`, paymentId: `pay_${at + 1}`, isForeign: false, isOurMode: true },
    ...{ authorised: 0n, captured: PRICE, refunded: 0n, currency: "EUR" },
  }));
}

interface Plant {
  /** Of the first payment in the list. */
  there?: Partial<ProviderMoney>;
  /** Left out of the list. */
  missing?: boolean;
  /** Listed beside those of the books. */
  more?: Partial<ProviderMoney>;
  here?: string;
}

const REFUND = (state: string, paidAt: string) => `INSERT INTO sale.refund
    (id, deployment, event_id, order_id, payment_id, cause, reason, asked_by, currency, state,
     amount, paid_at)
  VALUES ('rfd_1', 1, 7, ${ORDER}, 'pay_1', 'asked', '', '', 'EUR', '${state}', 4800, ${paidAt})`;

const PLANTED: Record<string, Plant[]> = {
  "charged-not-known": [
    { here: `UPDATE sale.payment SET state = 'voided' WHERE ${OF_FIRST}` },
    { there: { paymentId: "pay_nobody" } },
  ],
  "authorised-not-awaited": [
    {
      there: { authorised: PRICE, captured: 0n },
      here: `UPDATE sale.payment SET state = 'declined' WHERE ${OF_FIRST}`,
    },
    { there: { paymentId: "pay_nobody", authorised: PRICE, captured: 0n } },
  ],
  "captured-not-charged": [{ missing: true }, { there: { captured: 0n, authorised: PRICE } }],
  "charge-differs": [
    { there: { captured: PRICE - 1n } },
    { there: { captured: 2n * PRICE } },
    { there: { currency: "USD" } },
    { there: { isOurMode: false } },
  ],
  "refunded-there-not-here": [
    { there: { refunded: 4_800n } },
    { there: { refunded: 4_801n }, here: REFUND("done", "now()") },
    { there: { refunded: 4_801n }, here: REFUND("paying", "NULL") },
  ],
  "refunded-here-not-there": [
    { here: REFUND("done", "now() - interval '1 hour'") },
    { there: { refunded: 4_799n }, here: REFUND("done", "now() - interval '1 hour'") },
  ],
};

const EXPLAINED: Record<string, Plant[]> = {
  "charged-not-known": [
    {
      here: `UPDATE sale.payment SET state = 'authorised', created_at = now() WHERE ${OF_FIRST}`,
    },
    { here: `UPDATE sale.payment SET state = 'voided', owes_void = true WHERE ${OF_FIRST}` },
  ],
  "authorised-not-awaited": [
    {
      there: { authorised: PRICE, captured: 0n },
      here: `UPDATE sale.payment SET state = 'voided', owes_void = true WHERE ${OF_FIRST}`,
    },
  ],
  "refunded-there-not-here": [{ there: { refunded: 4_800n }, here: REFUND("paying", "NULL") }],
};

/** Of another installation, of a moment ago, or of before the list begins. */
const NOTHING: Record<string, Plant> = {
  "another installation's payment": { more: { paymentId: "pay_theirs", isForeign: true } },
  "another installation's authorisation": {
    more: { paymentId: "pay_theirs", isForeign: true, authorised: PRICE, captured: 0n },
  },
  "a capture of a moment ago": {
    missing: true,
    here: `UPDATE sale.payment SET updated_at = now() WHERE ${OF_FIRST}`,
  },
  "a payment from before the list": {
    missing: true,
    here: `UPDATE sale.payment SET created_at = now() - interval '9 days' WHERE ${OF_FIRST}`,
  },
  "what was given back and booked": {
    there: { refunded: 4_800n },
    here: REFUND("done", "now() - interval '1 hour'"),
  },
  "another provider's payment": {
    missing: true,
    here: `UPDATE sale.payment SET provider = 'voucher' WHERE ${OF_FIRST}`,
  },
};

describe("the provider's list and our books", function () {
  this.timeout(30_000);
  let database: TestDatabase;
  let owner: Db;
  let server: Db;
  beforeEach(async () => {
    database = await createDatabase();
    await seedBooks(database.url, TICKETS);
    const open = { url: database.url, log, connectionsMax: 2 };
    owner = await openDb({ ...open, role: "owner" });
    server = await openDb({ ...open, role: "stagedoor_server" });
    await owner.query({
      text: `UPDATE sale.payment SET created_at = now() - interval '1 day',
                                     updated_at = now() - interval '1 hour'`,
    });
  });
  afterEach(async () => {
    await owner.close();
    await server.close();
    await database.drop();
  });

  async function look({ there, missing = false, more, here }: Plant = {}) {
    if (here !== undefined) await owner.query({ text: here });
    const [first, ...rest] = listed() as [ProviderMoney, ...ProviderMoney[]];
    const money = missing ? rest : [{ ...first, ...there }, ...rest];
    if (more !== undefined) money.push({ ...first, ref: "pi_more", ...more });
    const provider = {
      name: "stripe",
      list: async function* () {
        yield money.slice(0, 3);
        yield money.slice(3);
      },
    };
    return { provider, look: await lookAtProvider({ db: server, provider }, 2) };
  }

  async function find(plant?: Plant) {
    const { differences } = await findProviderDifferences(server, (await look(plant)).look);
    return differences.map(({ rule, explained }) => `${rule}${explained ? " (under way)" : ""}`);
  }

  it("have a planted difference for every rule", () => {
    expect(Object.keys(PLANTED).sort()).to.deep.equal(
      PROVIDER_RULES.map(({ name }) => name).sort(),
    );
  });

  it("agree where they agree", async () => {
    expect(await find()).to.deep.equal([]);
  });

  for (const [rule, plants] of Object.entries(PLANTED)) {
    for (const [at, plant] of plants.entries()) {
      it(`differ by ${rule} (${at + 1})`, async () => {
        expect(await find(plant)).to.include(rule);
      });
    }
  }

  for (const [rule, plants] of Object.entries(EXPLAINED)) {
    for (const [at, plant] of plants.entries()) {
      it(`explain ${rule} by what is under way (${at + 1})`, async () => {
        expect(await find(plant)).to.include(`${rule} (under way)`);
      });
    }
  }

  for (const [what, plant] of Object.entries(NOTHING)) {
    it(`say nothing of ${what}`, async () => {
      expect(await find(plant)).to.deep.equal([]);
    });
  }

  it("keep incidents apart from those of the other books, and end them when they are gone", async () => {
    const deps = { db: server, log, metrics: createMetrics("test") };
    await owner.query({ text: `UPDATE sale.order SET total = 9601 WHERE id = ${ORDER}` });
    const { provider } = await look({ there: { refunded: 4_800n } });
    const open = async () => {
      const { rows } = await owner.query<{ rule: string }>({
        text: "SELECT rule FROM sale.incident WHERE ended_at IS NULL ORDER BY rule",
      });
      return rows.map(({ rule }) => rule);
    };
    expect(await sweepBooks(deps)).to.equal(1);
    expect(await sweepProvider({ ...deps, provider })).to.equal(1);
    await sweepBooks(deps);
    expect(await open()).to.deep.equal(["order-not-paid", "refunded-there-not-here"]);
    const { values } = await deps.metrics.incidents.get();
    expect(values[0]?.value).to.equal(2);
    expect(await sweepProvider({ ...deps, provider: (await look()).provider })).to.equal(0);
    expect(await open()).to.deep.equal(["order-not-paid"]);
  });
});

describe("Stripe's list", function () {
  this.timeout(60_000);
  let rig: StripeRig;
  before(async () => {
    rig = await openStripeRig();
  });
  after(() => rig.close());

  async function newOrder(seat: number[]): Promise<Order> {
    const fan = await rig.house.fan();
    const { id } = await makeOrder(rig.house, fan, seat);
    return { id, buyer: fan.account.address.toLowerCase() as `0x${string}` };
  }
  const sweep = async () => {
    const deps = { ...rig.house, metrics: createMetrics("test"), provider: rig.provider };
    return sweepProvider(deps);
  };
  const findAll = async () => {
    const seen = await lookAtProvider({ ...rig.house, provider: rig.provider }, 2);
    return (await findProviderDifferences(rig.house.db, seen)).differences;
  };

  it("voids an authorisation whose payment ended here, and nothing else", async () => {
    const order = await newOrder(stalls(1, 1));
    const { redirectUrl } = await rig.press(order);
    rig.fake.pay(redirectUrl ?? "");
    rig.fake.lose();
    // As if a person had ended it here, and told nobody.
    await rig.house.db.query({
      text: `UPDATE sale.payment SET state = 'voided', updated_at = now() - interval '1 min'
             WHERE order_id = $1`,
      values: [order.id],
    });
    expect(rig.authorised(order.id)).to.be.greaterThan(0n);
    expect(await sweep()).to.equal(0);
    await sweepPayments(rig.house);
    expect(rig.authorised(order.id)).to.equal(0n);
    expect(await findAll()).to.deep.equal([]);
  });

  it("tells of a refund that was made at Stripe's own page", async () => {
    const order = await newOrder(stalls(1, 2));
    await rig.pay(order);
    expect(await findAll()).to.deep.equal([]);
    const intent = [...rig.fake.books.intents.values()].find(
      ({ metadata }) => metadata.orderId === order.id,
    );
    const form = new URLSearchParams({ payment_intent: intent?.id ?? "", amount: "100" });
    rig.fake.books.handle("POST /v1/refunds", form);
    const [found, ...more] = await findAll();
    expect(more).to.deep.equal([]);
    expect(found).to.include({ rule: "refunded-there-not-here", explained: false });
    expect(found?.detail).to.equal(`${order.id}: given back 100, booked 0`);
  });

  it("is read to its end, a hundred at a time, with what went back of older payments", async () => {
    const { intents, refunds } = rig.fake.books;
    const [sample] = [...intents.values()] as [NonNullable<ReturnType<typeof intents.get>>];
    const before = intents.size;
    const old = { ...sample, id: "pi_old", created: 1, amount_received: 500 };
    intents.set("pi_old", { ...old, bank: { allows: 500, refunded: 200 } });
    refunds.set("re_old", {
      ...{ id: "re_old", object: "refund", status: "succeeded", amount: 200, metadata: {} },
      ...{ payment_intent: "pi_old", created: sample.created },
    });
    for (let at = 0; at < 250; at += 1) {
      intents.set(`pi_many${at}`, { ...sample, id: `pi_many${at}`, amount_received: 100 });
    }
    rig.fake.calls.length = 0;
    const seen = await lookAtProvider({ ...rig.house, provider: rig.provider }, 2);
    const refs = new Set(seen.money.map(({ ref }) => ref));
    expect([...refs].filter((ref) => ref.startsWith("pi_many"))).to.have.lengthOf(250);
    expect(seen.money.find(({ ref }) => ref === "pi_old")).to.include({
      captured: 500n,
      refunded: 200n,
    });
    const pages = rig.fake.calls.filter((call) => call.startsWith("GET /v1/payment_intents"));
    expect(pages).to.have.lengthOf(Math.ceil((before + 250) / 100));
    for (const id of [...intents.keys()]) if (id.startsWith("pi_many")) intents.delete(id);
    intents.delete("pi_old");
    refunds.delete("re_old");
  });

  it("is not half believed: a page that fails ends the look, and no incident ends or begins", async () => {
    const open = async () =>
      (await rig.house.db.query({ text: "SELECT 1 FROM sale.incident WHERE ended_at IS NULL" }))
        .rowCount;
    const known = await sweep();
    expect(known).to.equal(1);
    rig.fake.faults.push({ on: "GET /v1/refunds", fails: "before", times: 9 });
    const failed = await sweep().catch((error: Error) => error);
    expect(failed).to.be.instanceOf(Fault);
    expect(await open()).to.equal(known);
    rig.fake.faults.length = 0;
  });
});
