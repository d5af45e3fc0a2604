// Five callers with one key, and the API killed among them: one effect, and the same answer for all five.
import { expect } from "chai";
import { seatsKey } from "#server/hold/keys.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type Answer, askOnce, askUntilFinal, type Question } from "../support/ask.ts";
import { type DoomedApi, openDoomedApi } from "../support/doomed-api.ts";
import { type House, openHouse } from "../support/house.ts";
import type { Moment } from "../support/moments.ts";
import { openSpending, SPENDING, type Spending } from "../support/spending.ts";

const CALLERS = 5;
const SUITE_LIMIT_MS = 60_000;
/** The callers who came second have their first answer by then, and ask again. */
const AMONG_MS = 150;

type Rows = Record<string, number>;

/** The effect itself: whoever asks with the key afterwards finds what it left. */
const isSpending = ({ what, service }: Moment) =>
  /^COMMIT .*sale\.idempotency_key/.test(what) || (service === "redis" && what === "hold.lua");

describe("one key by five callers, with a death among them", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  let api: DoomedApi;
  let spending: Spending;
  before(async () => {
    house = await openHouse();
    spending = await openSpending(house);
    api = await openDoomedApi(house, { counts: isSpending });
  });
  after(async () => {
    await api.close();
    await house.close();
  });

  /** Seats that Redis has leased and nobody has claimed; that those are shown is a hint alone. */
  async function countLeases(): Promise<number> {
    const fields = await house.redis.hkeys(seatsKey(house.event));
    const { rows } = await house.db.query<{ count: number }>({
      text: `SELECT count(*)::int AS count FROM unnest($1::bigint[]) AS leased (seat)
             WHERE NOT EXISTS (SELECT 1 FROM sale.claim WHERE claim.seat = leased.seat
                                 AND deployment = $2 AND event_id = $3)`,
      values: [
        fields.filter((field) => !field.startsWith("#")),
        ...[house.event.deployment, house.event.eventId],
      ],
    });
    return rows[0]?.count ?? 0;
  }

  /** Rows of each table of the sale, and what is leased in Redis. */
  async function countRows(): Promise<Rows> {
    const { rows: tables } = await house.db.query<{ name: string }>({
      text: `SELECT table_name AS name FROM information_schema.tables
             WHERE table_schema = 'sale' AND table_type = 'BASE TABLE' ORDER BY 1`,
    });
    const counts = tables.map(
      ({ name }) => `SELECT '${name}' AS name, count(*)::int AS count FROM sale."${name}"`,
    );
    const { rows } = await house.db.query<{ name: string; count: number }>({
      text: counts.join(" UNION ALL "),
    });
    const counted = rows.map(({ name, count }) => [name, count] as const);
    return { ...Object.fromEntries(counted), lease: await countLeases() };
  }

  /** What was written meanwhile, table by table. */
  async function during(work: () => Promise<unknown>): Promise<Rows> {
    const before = await countRows();
    await work();
    const after = await countRows();
    const changes = Object.entries(after).map(
      ([name, count]) => [name, count - (before[name] ?? 0)] as const,
    );
    return Object.fromEntries(changes.filter(([, change]) => change !== 0));
  }

  function judge(answers: readonly Answer[], written: Rows, ofOne: Rows): void {
    const [first, ...others] = answers;
    expect(first?.status).to.equal(201);
    for (const other of others) expect(other).to.deep.equal(first);
    expect(written, "what one call writes").to.deep.equal(ofOne);
  }

  async function askByFive(questions: readonly Question[], when: Moment["when"]) {
    const refused: string[] = [];
    const note = (answer: Answer | undefined) =>
      refused.push(answer === undefined ? "no answer" : String(answer.body.code));
    let answers: Answer[] = [];
    const written = await during(async () => {
      let all: Promise<Answer[]> = Promise.resolve([]);
      const where = await api.stopAt(
        1,
        () => {
          all = Promise.all(questions.map((one) => askUntilFinal(() => api.url(), one, note)));
          return all;
        },
        (moment) => isSpending(moment) && moment.when === when,
      );
      expect(where, "somebody spends").not.to.equal(undefined);
      await systemClock.sleep(AMONG_MS);
      await api.kill();
      answers = await all;
    });
    return { answers, written, refused };
  }

  for (const route of SPENDING) {
    it(`does ${route} once`, async () => {
      const single = await spending.ask(route);
      const ofOne = await during(() => askOnce(house.url, single));
      expect(ofOne).not.to.deep.equal({});
      for (const when of ["before", "after"] as const) {
        const question = await spending.ask(route);
        const five = Array.from({ length: CALLERS }, () => question);
        const { answers, written, refused } = await askByFive(five, when);
        judge(answers, written, ofOne);
        expect(refused, "the death was felt").to.include("no answer");
      }
    });
  }

  it("would do it five times with five keys (so this test can fail)", async () => {
    const single = await spending.ask("createEvent");
    const ofOne = await during(() => askOnce(house.url, single));
    const question = await spending.ask("createEvent");
    const five = Array.from({ length: CALLERS }, () => ({ ...question, key: randomUuid() }));
    const { answers, written } = await askByFive(five, "before");
    expect(answers.map(({ status }) => status)).to.deep.equal([201, 201, 201, 201, 201]);
    expect(written.event).to.equal(CALLERS);
    expect(() => judge(answers, written, ofOne)).to.throw();
  });
});
