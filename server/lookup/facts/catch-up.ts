// Brings one reader from where it was to where all the others are, as fast as it reads.
import type { Clock } from "../../platform/clock.ts";
import type { Sql } from "../../platform/db/client.ts";
import { type Reader, SLOW_MS } from "./fact-audience.ts";
import { factFrame, headFrame, undoneFrame } from "./fact-frames.ts";
import { FACTS_PER_READ, type FactHub, type Told } from "./fact-hub.ts";
import { positionOf } from "./fact-rows.ts";
import { isSamePlace, type Position } from "./position.ts";
import { readStretch, type Standing } from "./read-stretch.ts";

export interface CatchUpDeps {
  /** Takes turns: some questions at once, however many catch up. */
  db: Sql;
  clock: Clock;
  /** The reader has left, or the process stops. */
  over: AbortSignal;
}

interface Catching {
  hub: FactHub;
  reader: Reader;
  /** Where it was; undefined for one that begins now. */
  from: Position | undefined;
}

/** How soon a full connection is tried again. */
const POLL_MS = 25;
/** The chain may be back where the hub is, and it has heard nothing: so late that is read anew. */
const AGAIN_MS = 1_000;

/** Ends with the reader among the others of the hub, or with its own end. */
export async function catchUp(deps: CatchUpDeps, { hub, reader, from }: Catching): Promise<void> {
  const { over } = deps;
  let at = from;
  while (!over.aborted) {
    const told = hub.told;
    // One that begins now does so with a whole block, as the head says to it.
    if (told === undefined || (at === undefined && told.at.fact !== undefined)) {
      await hub.moved(over);
      continue;
    }
    at = at === undefined ? told.at : await readOn(deps, { reader, at, told });
    if (over.aborted) return;
    const now = hub.told;
    // Nothing is waited for from here on: what comes next the hub tells it. Not within a block, all
    // of which is read where the head says so: who is cut off then comes back after it.
    if (now !== undefined && now.at.fact === undefined && isSamePlace(at, now.at)) {
      hub.join(reader, now);
      return;
    }
    // The hub has gone on meanwhile; or it is within a block, or not as far yet as what its reader
    // has seen elsewhere, and then there is nothing to read.
    if (now === told || now?.at.fact !== undefined) await rest(deps, hub);
  }
}

async function rest({ clock, over }: CatchUpDeps, hub: FactHub): Promise<void> {
  const rested = new AbortController();
  const end = AbortSignal.any([over, rested.signal]);
  await Promise.race([hub.moved(end), clock.sleep(AGAIN_MS, end)]);
  rested.abort();
}

/** As far as the hub has told whole blocks; answers how far it came. */
async function readOn(
  deps: CatchUpDeps,
  given: { reader: Reader; at: Position; told: Told },
): Promise<Position> {
  const { reader, told } = given;
  const { number, hash, fact } = told.at;
  const until = fact === undefined ? { number, hash } : { number: number - 1n, hash: "" };
  const limit = FACTS_PER_READ;
  let { at } = given;
  while (!deps.over.aborted && !isSamePlace(at, told.at)) {
    const stretch = await readStretch(deps.db, { after: at, until, limit });
    if (stretch === undefined) return at;
    const { standing, reaches, rows } = stretch;
    if (standing !== "here") {
      // A reset says a whole block as well.
      if (standing === "lost" && fact !== undefined) return at;
      at = await goBack(deps, { reader, at, told, standing });
      continue;
    }
    for (const row of rows) {
      if (deps.over.aborted) return at;
      const { deployment } = at;
      if (reader.wants(row)) await say(deps, reader, factFrame(deployment, row, told.finalNumber));
      at = positionOf(deployment, row);
    }
    if (rows.length === limit) continue;
    // Where the hub's block is gone, it is about to go back as well.
    const isThere = reaches && fact === undefined && at.number <= number;
    return isThere ? told.at : at;
  }
  return at;
}

/** Says what was taken back of what it knows; answers from where it goes on. */
async function goBack(
  deps: CatchUpDeps,
  given: { reader: Reader; at: Position; told: Told; standing: Exclude<Standing, "here"> },
): Promise<Position> {
  const { reader, at, told, standing } = given;
  if (standing === "lost") {
    await say(deps, reader, headFrame("reset", told.at, told));
    return told.at;
  }
  await say(deps, reader, undoneFrame(at.deployment, standing));
  return { deployment: at.deployment, ...standing };
}

/** Waits while the connection is full; who does not read for that long is let go. */
async function say({ clock, over }: CatchUpDeps, reader: Reader, frame: Uint8Array): Promise<void> {
  const endMs = clock.monotonicMs() + SLOW_MS;
  while (!over.aborted && !reader.listener.send(frame)) {
    if (clock.monotonicMs() > endMs) return reader.drop();
    await clock.sleep(POLL_MS, over);
  }
}
