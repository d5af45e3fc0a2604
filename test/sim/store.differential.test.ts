// The same random statements, in memory and in Postgres: every answer and every row that is left agree.
import { expect } from "chai";
import { diceOf } from "./dice.ts";
import { openMemoryRig, openSqlRig } from "./store-rig.ts";
import { type Side, type Step, writeScript } from "./store-script.ts";

const SEEDS = 8;
const STEPS = 150;

describe("the mint store in memory and in Postgres", () => {
  let sides: [Side, Side];
  before(async () => {
    const rigs = [openMemoryRig(), await openSqlRig()] as const;
    sides = rigs.map((rig) => ({
      ...{ rig, txs: new Map(), taken: new Map(), lines: new Map() },
    })) as [Side, Side];
  });
  after(async () => {
    for (const { rig } of sides) await rig.close();
  });

  for (let seed = 1; seed <= SEEDS; seed += 1) {
    it(`agree on ${STEPS} random statements of seed ${seed}`, async () => {
      for (const side of sides) {
        await side.rig.clear();
        side.txs.clear();
        side.taken.clear();
        side.lines.clear();
      }
      const script = writeScript(diceOf(seed));
      for (let at = 0; at < STEPS; at += 1) {
        const { name, step } = script.next();
        const [memory, sql] = [await answerOf(sides[0], step), await answerOf(sides[1], step)];
        expect(memory, `${at} ${name}`).to.deep.equal(sql);
      }
      expect(await sides[0].rig.look()).to.deep.equal(await sides[1].rig.look());
    });
  }
});

async function answerOf(side: Side, step: Step): Promise<unknown> {
  try {
    return readable(side, await step(side));
  } catch (error) {
    return { refused: (error as { constraint?: string }).constraint ?? String(error) };
  }
}

/** Without ids: a transaction by its intent, a line by its seat. */
function readable({ txs, lines }: Side, answer: unknown): unknown {
  if (answer instanceof Set) {
    const seats = [...lines.values()].filter(({ id }) => answer.has(id));
    return seats.map(({ ticketId }) => String(ticketId));
  }
  return JSON.parse(
    JSON.stringify(answer ?? null, (key, value) => {
      if (key !== "id") return typeof value === "bigint" ? String(value) : value;
      return [...txs].find(([, id]) => id === value)?.[0];
    }),
  );
}
