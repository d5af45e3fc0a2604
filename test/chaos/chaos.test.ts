// A small house through everything: rolled over under load, struck by the nemesis, judged, and ended.
import { expect } from "chai";
import { type ChaosEnd, openTimeline, wreak } from "./chaos.ts";
import { findViolations, RULES } from "./checker/rules.ts";
import { startCrowd } from "./crowd.ts";
import { planFaults } from "./plan.ts";
import { PLANTED } from "./planted.ts";
import { openRig, type Rig } from "./rig.ts";
import { ABSENCES, endAll, rollOver } from "./roll.ts";

const SEED = 679;
const SEATS = 300;
const BLOCK_TIME_MS = 250;
const HOLD_MS = 60_000;
const FAULTS = { kills: 6, overMs: 10_000, fullForMs: 0 };
/** At this pace the house is not sold by the load of the rolling restart alone. */
const LOAD_MS = 60_000;
const CALM_MS_MAX = 90_000;
/** What an orchestrator waits before it kills. */
const STOP_LIMIT_MS = 15_000;
const GONE_MS = 500;
const SUITE_LIMIT_MS = 240_000;

describe("chaos", function () {
  this.timeout(SUITE_LIMIT_MS);
  const lines: string[] = [];
  const { say } = openTimeline((line) => void lines.push(line));
  let rig: Rig;
  let end: ChaosEnd;
  before(async () => {
    rig = await openRig({
      seats: SEATS,
      blockTimeMs: BLOCK_TIME_MS,
      holdMs: HOLD_MS,
      seed: SEED,
      say,
    });
  });
  after(() => rig.close());
  afterEach(function () {
    if (this.currentTest?.state === "failed") process.stdout.write(`${lines.join("\n")}\n`);
  });

  it("plans the same faults for the same seed, and others for another", () => {
    const plan = (seed: number) => planFaults({ seed, kills: 100, overMs: 600_000 });
    expect(plan(1)).to.deep.equal(plan(1));
    expect(plan(1)).not.to.deep.equal(plan(2));
    expect(plan(1).filter(({ fault }) => fault.kind === "kill")).to.have.lengthOf(100);
  });

  it("rolls an API and a worker over under load, and cuts no answer", async () => {
    const crowd = startCrowd(rig, { seed: 1, overMs: LOAD_MS, fullForMs: 0 });
    const ended = await rollOver(rig, ["api-1", "worker-1"]).finally(() => crowd.stop());
    const { told, surprises } = await crowd.ended;
    expect(ended.map(({ how }) => how)).to.deep.equal(["exit code 0", "exit code 0"]);
    // A machine that is busy with more than this may well have a 503 for somebody.
    const cut = [...rig.balancer.failures].filter(([what]) => what.startsWith("502"));
    expect(cut).to.deep.equal([]);
    expect(surprises).to.deep.equal([]);
    expect(told).not.to.deep.equal([]);
  });

  it("loses, doubles and forgets nothing in a drop with a nemesis in it", async () => {
    end = await wreak(rig, {
      ...{ seed: SEED, ...FAULTS, say },
      ...{ calmMs: CALM_MS_MAX, isCalmEnough: true },
    });
    expect(end.wrong).to.deep.equal([]);
    expect(end.bugs).to.deep.equal([]);
    expect(end.crowd.surprises).to.deep.equal([]);
    expect(end.struck.kills).to.equal(FAULTS.kills);
    expect(end.facts.tickets).to.have.lengthOf.above(SEATS / 3);
    expect(end.crowd.told).not.to.deep.equal([]);
  });

  for (const { rule, what, plant } of PLANTED) {
    it(`has a checker that finds ${what}`, () => {
      const facts = structuredClone(end.facts);
      plant(facts);
      expect(findViolations(facts).map((violation) => violation.rule)).to.include(rule);
    });
  }

  it("has a planted violation for every rule", () => {
    const rules = new Set(PLANTED.map(({ rule }) => rule));
    expect([...rules].sort()).to.deep.equal(Object.keys(RULES).sort());
  });

  it("ends every process in time, some without Redis and some with a silent Postgres", async () => {
    const ended = await endAll(
      rig,
      (name) => ABSENCES[name.endsWith("1") ? "without Redis" : "with a silent Postgres"],
      GONE_MS,
    );
    for (const { part, ms } of ended) expect(ms, part).to.be.below(STOP_LIMIT_MS);
    expect(ended.map(({ how }) => how)).to.deep.equal(ended.map(() => "exit code 0"));
  });
});
