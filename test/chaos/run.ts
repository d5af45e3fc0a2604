// The chaos rig as a command: node test/chaos/run.ts --seed 1 prints a timeline, a verdict and how to replay it.
import { parseArgs } from "node:util";
import { openTimeline, summaryOf, wreak } from "./chaos.ts";
import { openRig } from "./rig.ts";

const USAGE = `Usage: node test/chaos/run.ts [options]

Starts the real processes with a fake Stripe, lets a crowd buy a whole house while a nemesis kills
them, waits for calm, and has an independent checker look for what must never be.
The plan of faults follows from the seed; what processes make of it differs from run to run.

  --seed N        the plan and the crowd (a random one unless told)
  --seats N       of the house (10000)
  --kills N       processes killed by SIGKILL; half as many other faults (100)
  --minutes N     over how long the fans and the faults come (11)
  --calm N        seconds until the checker looks (120)
  --timeline FILE writes the timeline there as well
  --help          this text

Exit code 0: nothing is wrong. 1: something is. 2: it could not be run.
`;

const BLOCK_TIME_MS = 1_000;
const HOLD_MS = 60_000;
/** What nobody paid is on sale again by then. */
const HOLD_MARGIN_MS = 20_000;
const SEEDS = 1_000_000;
const SHOWN_MAX = 50;
const SECOND = 1_000;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h" },
      seed: { type: "string" },
      seats: { type: "string", default: "10000" },
      kills: { type: "string", default: "100" },
      minutes: { type: "string", default: "11" },
      calm: { type: "string", default: "120" },
      timeline: { type: "string" },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const seed = Number(values.seed ?? Math.floor(performance.timeOrigin) % SEEDS);
  const { seats, kills, minutes, calm, timeline: path } = values;
  const timeline = openTimeline((line) => process.stdout.write(`${line}\n`), path);
  const { say } = timeline;
  say(`seed ${seed}`);
  const stage = { seats: Number(seats), blockTimeMs: BLOCK_TIME_MS, holdMs: HOLD_MS };
  const rig = await openRig({ ...stage, seed, say });
  try {
    say(`${rig.stage.seats.length} seats are on sale at ${rig.balancer.url}`);
    const overMs = Number(minutes) * 60 * SECOND;
    const calmMs = Number(calm) * SECOND;
    const drop = { seed, kills: Number(kills), overMs, fullForMs: HOLD_MS + HOLD_MARGIN_MS };
    const end = await wreak(rig, { ...drop, calmMs, say });
    for (const line of summaryOf(end)) say(line);
    for (const { rule, subject, detail } of end.wrong.slice(0, SHOWN_MAX)) {
      say(`${rule}: ${subject} ${detail}`);
    }
    for (const bug of [...end.bugs, ...end.crowd.surprises].slice(0, SHOWN_MAX)) say(bug);
    const isWell = end.wrong.length + end.bugs.length + end.crowd.surprises.length === 0;
    say(`verdict: ${isWell ? "nothing is wrong" : "something is wrong"}`);
    const options = `--seed ${seed} --seats ${seats} --kills ${kills} --minutes ${minutes}`;
    say(`replay: node test/chaos/run.ts ${options} --calm ${calm}`);
    return isWell ? 0 : 1;
  } finally {
    await rig.close();
    timeline.close();
  }
}

if (import.meta.main) {
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(2);
    },
  );
}
