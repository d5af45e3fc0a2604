// Brings one reader from where it was to where all the others are, as fast as it reads.
import type { Clock } from "../../platform/clock.ts";
import type { Sql } from "../../platform/db/client.ts";
import { type Reader, SLOW_MS } from "./fact-audience.ts";
import { factFrame, headFrame, undoneFrame } from "./fact-frames.ts";
import { FACTS_PER_READ, type FactHub, type Told } from "./fact-hub.ts";
import { findStanding, type Position } from "./position.ts";
import { positionOf, readFacts } from "./read-facts.ts";

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

/** Ends with the reader among the others of the hub, or with its own end. */
export async function catchUp(deps: CatchUpDeps, { hub, reader, from }: Catching): Promise<void> {
  const { over } = deps;
  let at = from;
  while (!over.aborted) {
    const told = hub.told;
    if (told === undefined) {
      await hub.moved(over);
      continue;
    }
    at = at === undefined ? told.at : await standOn(deps, { reader, at, told });
    at = await readOn(deps, { reader, at, told });
    if (over.aborted) return;
    const now = hub.told;
    // Nothing is waited for from here on: what comes next the hub tells it.
    if (now !== undefined && isSame(at, now.at)) {
      hub.join(reader, now);
      return;
    }
    // The hub has gone on meanwhile; or it is within a block, or not as far yet as what its reader
    // has seen elsewhere, and then there is nothing to read.
    if (now === told || now?.at.fact !== undefined) await hub.moved(over);
  }
}

/** Says what was taken back of what it knows; answers from where it goes on. */
async function standOn(
  deps: CatchUpDeps,
  given: { reader: Reader; at: Position; told: Told },
): Promise<Position> {
  const { reader, at, told } = given;
  // Before the first block there is nothing to take back.
  if (at.number < 0n) return at;
  const standing = await findStanding(deps.db, at);
  if (standing === "here") return at;
  if (standing === "lost") {
    await say(deps, reader, headFrame("reset", told.at, told));
    return told.at;
  }
  await say(deps, reader, undoneFrame(at.deployment, standing));
  return { deployment: at.deployment, ...standing };
}

/** As far as the hub has told whole blocks. */
async function readOn(
  deps: CatchUpDeps,
  given: { reader: Reader; at: Position; told: Told },
): Promise<Position> {
  const { reader, told } = given;
  let { at } = given;
  if (isSame(at, told.at)) return at;
  const { deployment } = at;
  const limit = FACTS_PER_READ;
  const isWhole = told.at.fact === undefined;
  const until = isWhole ? told.at.number : told.at.number - 1n;
  while (!deps.over.aborted && at.number <= until) {
    const rows = await readFacts(deps.db, { after: at, until, limit });
    // Asked only now: what was read after a reorg does not follow on what it took back.
    if (rows.length > 0 && !(await isStanding(deps.db, at))) return at;
    for (const row of rows) {
      if (deps.over.aborted) return at;
      if (reader.wants(row)) await say(deps, reader, factFrame(deployment, row, told.finalNumber));
      at = positionOf(deployment, row);
    }
    if (rows.length < limit) return isWhole ? told.at : at;
  }
  return at;
}

/** Before the first block there is nothing to take back. */
async function isStanding(db: Sql, at: Position): Promise<boolean> {
  return at.number < 0n || (await findStanding(db, at)) === "here";
}

/** Waits while the connection is full; who does not read for that long is let go. */
async function say({ clock, over }: CatchUpDeps, reader: Reader, frame: Uint8Array): Promise<void> {
  const endMs = clock.monotonicMs() + SLOW_MS;
  while (!over.aborted && !reader.listener.send(frame)) {
    if (clock.monotonicMs() > endMs) return reader.drop();
    await clock.sleep(POLL_MS, over);
  }
}

function isSame(one: Position, other: Position): boolean {
  return (
    one.number === other.number &&
    one.hash === other.hash &&
    one.fact?.log === other.fact?.log &&
    one.fact?.part === other.fact?.part
  );
}
