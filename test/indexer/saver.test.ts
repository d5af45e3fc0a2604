// Writing a large draft: in many turns, so that whoever holds the lead is never silent for long.
import { expect } from "chai";
import { Draft } from "#indexer/draft.ts";
import type { Fact } from "#indexer/facts.ts";
import { createSaver } from "#indexer/store.ts";
import { historyTable, stateTable } from "#indexer/table.ts";
import type { Transaction } from "#server/platform/db/client.ts";

const thing = stateTable("thing", { key: ["id"], columns: { id: "integer", name: "hex" } });
const happened = historyTable("happened", { id: "integer" });
const MANY = 20_000;
const ROWS_IN_A_STATEMENT_MAX = 2_000;

const fact = {
  block: { number: 9n, hash: `0x${"9".repeat(64)}`, minedAt: new Date(0) },
  logIndex: 0,
} as Fact;

/** What was sent, in its order, and in which turn of the event loop. */
function openTransaction() {
  const sent: { what: string; rows: number; turn: number }[] = [];
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const note = (what: string, rows: number) => void sent.push({ what, rows, turn });
  const sql = {
    query: async ({ name, values }: { name: string; values: unknown[] }) => {
      const rows = String(values[1]).split(",").length;
      note(name, rows);
      return { rows: [], rowCount: rows };
    },
    copy: async ({ text, rows }: { text: string; rows: Iterable<string> }) => {
      note(text.split(" ")[1] ?? "", [...rows].join("").split("\n").length - 1);
    },
  } as unknown as Transaction;
  return {
    sql,
    sent,
    end: () => {
      isOver = true;
    },
  };
}

describe("a large draft", () => {
  it("is written some rows at a time, each in a turn of its own", async () => {
    const draft = new Draft(0n);
    for (let id = 0; id < MANY; id += 1) {
      if (id % 2 === 0) draft.load(thing, { id, name: "0x00" });
      draft.write(thing, { id, name: "0x01" }, fact);
    }
    const { sql, sent, end } = openTransaction();
    await createSaver(sql, 1, draft).all();
    end();
    const rowsOf = (what: string) =>
      sent.filter((each) => each.what === what).reduce((sum, { rows }) => sum + rows, 0);
    expect(rowsOf('"thing"'), "new").to.equal(MANY / 2);
    expect(rowsOf("mirror-change-thing"), "changed").to.equal(MANY / 2);
    expect(rowsOf("undo")).to.equal(MANY);
    for (const { rows } of sent) expect(rows).to.be.at.most(ROWS_IN_A_STATEMENT_MAX);
    expect(new Set(sent.map(({ turn }) => turn)).size).to.equal(sent.length);
  });

  it("sends its histories while it is still made, and none of them twice", async () => {
    const draft = new Draft(10n);
    const { sql, sent, end } = openTransaction();
    const saver = createSaver(sql, 1, draft);
    for (const id of [1, 2]) draft.add(happened, { id }, fact);
    draft.write(thing, { id: 1, name: "0x01" }, fact);
    saver.histories();
    expect(sent.map(({ what, rows }) => [what, rows])).to.deep.equal([['"happened"', 2]]);
    draft.add(happened, { id: 3 }, fact);
    await saver.all();
    end();
    expect(sent.map(({ what, rows }) => [what, rows])).to.have.deep.members([
      ['"happened"', 2],
      ['"happened"', 1],
      ['"thing"', 1],
    ]);
  });
});
