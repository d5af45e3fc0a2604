// One run from one seed: a chain, a mirror, workers and paid orders; then calm, and judgement.

import { ChainState } from "./chain-state.ts";
import { openCrew, type Planted } from "./crew.ts";
import { diceOf } from "./dice.ts";
import { judgeEnd, type Watched, watch } from "./invariants.ts";
import { createRows } from "./rows.ts";
import { CALM, drawScenario } from "./scenario.ts";
import { runChain } from "./sim-chain.ts";
import { runMirror } from "./sim-mirror.ts";
import { takeOrders } from "./take-orders.ts";
import { createTimeline } from "./timeline.ts";
import type { Weather } from "./wire.ts";
import { DEPLOYMENT, FEE_CAPS, type World } from "./world.ts";

export interface Ended {
  seed: number;
  violations: string[];
  /** Of everything that happened: the same for the same seed. */
  trace: string;
  simulatedMs: number;
  lines: number;
  /** How often each kind of thing happened. */
  tallies: ReadonlyMap<string, number>;
  /** What happened, when it was to be kept. */
  notes: readonly string[];
}

/** When nothing goes wrong any more everything has to be done within this, and stay so. */
const CALM_LIMIT_MS = 150_000;
const ASSUMED_FINAL_DEPTH = 64;
const LOOK_MS = 2_500;
const STEADY_LOOKS = 3;

export async function runSeed(
  seed: number,
  options: { planted?: Planted; keepNotes?: boolean } = {},
): Promise<Ended> {
  const timeline = createTimeline({ keepNotes: options.keepNotes === true });
  const dice = diceOf(seed);
  const scenario = drawScenario(dice);
  const violations = new Set<string>();
  const report = (what: string) => {
    timeline.note(`VIOLATION ${what}`);
    violations.add(what);
  };
  const beginMs = timeline.nowMs();
  const faults = () => (timeline.nowMs() - beginMs < scenario.calmMs ? scenario.faults : CALM);
  const rows = createRows();
  const chain = new ChainState();
  const weather: Weather = { timeline, dice, faults, kill: (life, where) => kill(life, where) };
  const world: World = { timeline, dice, scenario, rows, chain, weather, deployment: DEPLOYMENT };
  const { strangersSeats } = runChain(world);
  const watched: Watched = { rows, chain, strangersSeats, caps: FEE_CAPS };
  const crew = openCrew(world, watch(watched, report), { report, planted: options.planted ?? {} });
  const kill = crew.kill;
  runMirror(world, crew.hear);
  takeOrders(world, crew.wake);

  await timeline.runUntil(beginMs + scenario.calmMs);
  timeline.note("calm");
  const finalMs = (ASSUMED_FINAL_DEPTH + 2) * scenario.blockMs;
  const endMs = timeline.nowMs() + CALM_LIMIT_MS + (scenario.misuses.length > 0 ? finalMs : 0);
  // The mirror may still have to learn of the last reorg: good for a moment is not good.
  for (let good = 0; timeline.nowMs() < endMs && good < STEADY_LOOKS; ) {
    await timeline.runUntil(timeline.nowMs() + LOOK_MS);
    good = judgeEnd(watched).length === 0 ? good + 1 : 0;
  }
  for (const violation of judgeEnd(watched)) report(violation);
  return {
    seed,
    violations: [...violations],
    trace: timeline.trace(),
    simulatedMs: timeline.nowMs() - beginMs,
    lines: rows.read("line").length,
    tallies: timeline.tallies,
    notes: timeline.notes,
  };
}
