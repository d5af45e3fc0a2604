// The chaos rig at its full size: a hundred deaths in a large drop, rolling restarts, and ends without services.
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { openTimeline, summaryOf, wreak } from "../chaos/chaos.ts";
import { check } from "../chaos/checker/check.ts";
import { startCrowd } from "../chaos/crowd.ts";
import { openRig, PROCESSES, type ProcessName } from "../chaos/rig.ts";
import { ABSENCES, endAll, rollOver } from "../chaos/roll.ts";

const SEED = 1;
const BLOCK_TIME_MS = 1_000;
const HOLD_MS = 60_000;
const MINUTE_MS = 60_000;
const CALM_MS = 120_000;
const DROP = { kills: 100, overMs: 11 * MINUTE_MS, fullForMs: HOLD_MS + 20_000 };
/** Twenty of an API and twenty of a worker. */
const ROLLS = Array.from({ length: 10 }, (): ProcessName[] => [
  ...(["api-1", "worker-1", "api-2", "worker-2"] as const),
]).flat();
const STOP_LIMIT_MS = 15_000;
const GONE_MS = 1_000;

describe("chaos at full size", function () {
  this.timeout(60 * MINUTE_MS);
  const { say } = openTimeline((line) => process.stdout.write(`      ${line}\n`));
  const open = (seats: number) =>
    openRig({ seats, blockTimeMs: BLOCK_TIME_MS, holdMs: HOLD_MS, seed: SEED, say });

  it("loses, doubles and forgets nothing while 10,000 seats are sold and 100 die", async () => {
    const rig = await open(10_000);
    try {
      say(`seed ${SEED}`);
      const end = await wreak(rig, { seed: SEED, ...DROP, calmMs: CALM_MS, say });
      for (const line of summaryOf(end)) say(line);
      expect(end.wrong).to.deep.equal([]);
      expect(end.bugs).to.deep.equal([]);
      expect(end.crowd.surprises).to.deep.equal([]);
      expect(end.struck.kills + end.struck.missed).to.equal(DROP.kills);
      expect(end.facts.tickets).to.have.lengthOf.above(9_000);
    } finally {
      await rig.close();
    }
  });

  it(`loses nothing and answers no 5xx in ${ROLLS.length} rolling restarts under load`, async () => {
    const rig = await open(6_000);
    try {
      const crowd = startCrowd(rig, { seed: SEED, overMs: 12 * MINUTE_MS, fullForMs: MINUTE_MS });
      const ended = await rollOver(rig, ROLLS).finally(() => crowd.stop());
      const { told, surprises, ends } = await crowd.ended;
      const slowest = Math.max(...ended.map(({ ms }) => ms));
      say(`${ended.length} restarts, the slowest end took ${slowest} ms; ${JSON.stringify(ends)}`);
      say(`${rig.balancer.answered()} answers, 5xx: ${JSON.stringify([...rig.balancer.failures])}`);
      expect(ended.filter(({ how }) => how !== "exit code 0")).to.deep.equal([]);
      expect(slowest).to.be.below(STOP_LIMIT_MS);
      expect([...rig.balancer.failures]).to.deep.equal([]);
      expect(surprises).to.deep.equal([]);
      await systemClock.sleep(CALM_MS);
      const { databaseUrl, rpcUrl } = rig.stage.services;
      const { tickets } = rig.stage.deployment;
      const stripeUrl = rig.stripe.apiUrl;
      const { wrong, facts } = await check({ databaseUrl, rpcUrl, tickets, stripeUrl, told });
      expect(wrong).to.deep.equal([]);
      expect(facts.tickets).to.have.lengthOf.above(ROLLS.length);
    } finally {
      await rig.close();
    }
  });

  it("ends every process within 15 s, whichever service is gone", async () => {
    const rig = await open(100);
    try {
      for (const [name, absence] of Object.entries(ABSENCES)) {
        const ended = await endAll(rig, () => absence, GONE_MS);
        say(`${name}: ${ended.map(({ part, how, ms }) => `${part} ${how} ${ms} ms`).join(", ")}`);
        expect(ended.filter(({ ms }) => ms >= STOP_LIMIT_MS)).to.deep.equal([]);
        expect(ended.filter(({ how }) => how !== "exit code 0")).to.deep.equal([]);
        await Promise.all(PROCESSES.map((part) => rig.part(part).up()));
      }
    } finally {
      await rig.close();
    }
  });
});
