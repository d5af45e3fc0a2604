// Chooses seats together: never one that leaves a lone seat behind while another choice does not.
import type { SeatKey } from "./ticket-id.ts";

/** A seat as far as choosing goes. */
export interface Place {
  seat: SeatKey;
  category: number;
  class: number;
  access: number;
  price: bigint;
  /** 1 is the best seat of the house. */
  rank: number;
  x: number;
  y: number;
}

const ORDINARY = 0;
export const WHEELCHAIR = 1;
export const COMPANION = 2;

/** Seats of one row without an aisle between them, from left to right. */
interface Block {
  /** How many seats of the house come before. */
  first: number;
  places: readonly Place[];
  bestRank: number;
}

export interface House {
  /** The one with the best seat first. */
  blocks: readonly Block[];
  /** Seat → its number in the house, from 0. */
  ordinals: ReadonlyMap<SeatKey, number>;
}

export interface Wish {
  /** How many seats, next to each other. */
  places: number;
  /** How many of them are wheelchair places; without one no seat of that kind is given. */
  wheelchairs: number;
  /** On sale, and what was asked for. Every seat of a run is of one category. */
  suits: (place: Place) => boolean;
  /** On sale to somebody: what is not, is nobody's lone seat. */
  isOnSale: (place: Place) => boolean;
  /** Near this point instead of as good as can be. */
  near?: { x: number; y: number };
}

export interface Run {
  /** Numbers in the house, next to each other. */
  first: number;
  seats: SeatKey[];
  /** Single free seats that would be left beside it: 0, 1 or 2. */
  orphans: number;
  /** Ordinary seats given to who came with a wheelchair, for lack of companion seats. */
  strays: number;
  /** The sum of the seats' ranks, or of their squared distances; less is better. */
  cost: number;
}

const RUNS_PER_BLOCK_MAX = 4;

/** An aisle skips a number, so that neighbours are what differs by one. */
export function layOut(places: Iterable<Place>): House {
  const sorted = [...places].sort((a, b) => a.seat - b.seat);
  const blocks: { first: number; places: Place[]; bestRank: number }[] = [];
  let last: Place[] = [];
  for (const [at, place] of sorted.entries()) {
    if (last.at(-1)?.seat !== place.seat - 1) {
      last = [];
      blocks.push({ first: at, places: last, bestRank: place.rank });
    }
    last.push(place);
    const block = blocks.at(-1);
    if (block !== undefined) block.bestRank = Math.min(block.bestRank, place.rank);
  }
  blocks.sort((a, b) => a.bestRank - b.bestRank || a.first - b.first);
  return { blocks, ordinals: new Map(sorted.map(({ seat }, at) => [seat, at])) };
}

/**
 * The best runs of the house that do not overlap, best first: without lone seats before any that
 * leaves one, however good. Looks at every row once at most, best first, and at a few twice.
 */
export function findRuns(
  house: House,
  wish: Wish,
  options: { isTaken: (ordinal: number) => boolean; runsMax: number },
): Run[] {
  const bests: { block: Block; run: Run }[] = [];
  let clean = 0;
  let worstCost = 0;
  for (const block of house.blocks) {
    // Enough was found, and nothing that comes can be better than any of it.
    const isBehind = wish.near === undefined && block.bestRank * wish.places > worstCost;
    if (clean >= options.runsMax && isBehind) break;
    let best: Run | undefined;
    const isWorse = (cost: number) =>
      best !== undefined && best.strays === 0 && best.orphans === 0 && cost >= best.cost;
    scan(block, wish, options.isTaken, isWorse, (run) => {
      if (best === undefined || compareRuns(run, best) < 0) best = run;
    });
    if (best === undefined) continue;
    bests.push({ block, run: best });
    if (best.strays > 0 || best.orphans > 0) continue;
    clean += 1;
    worstCost = Math.max(worstCost, best.cost);
  }
  bests.sort((a, b) => compareRuns(a.run, b.run));
  return bests
    .slice(0, options.runsMax)
    .flatMap(({ block }) => {
      const runs: Run[] = [];
      scan(block, wish, options.isTaken, isNever, (run) => runs.push(run));
      return apart(runs);
    })
    .sort(compareRuns)
    .slice(0, options.runsMax);
}

const isNever = () => false;

/**
 * Who need not sit together gets as few groups as can be, each the largest that is left; undefined
 * when there are too few seats.
 */
export function findGroups(
  house: House,
  wish: Wish,
  isTaken: (ordinal: number) => boolean,
): Run[] | undefined {
  const groups: Run[] = [];
  const chosen = new Set<number>();
  const isGone = (ordinal: number) => isTaken(ordinal) || chosen.has(ordinal);
  let left = wish.places;
  let size = left;
  while (left > 0 && size > 0) {
    const part = { ...wish, places: Math.min(size, left) };
    const [run] = findRuns(house, part, { isTaken: isGone, runsMax: 1 });
    if (run === undefined) {
      size -= 1;
      continue;
    }
    groups.push(run);
    for (let at = 0; at < run.seats.length; at += 1) chosen.add(run.first + at);
    left -= run.seats.length;
  }
  return left === 0 ? groups : undefined;
}

/** Visits the runs of a block from left to right, but those of which the cost alone says enough. */
function scan(
  { places, first }: Block,
  wish: Wish,
  isTaken: (ordinal: number) => boolean,
  isWorse: (cost: number) => boolean,
  visit: (run: Run) => void,
): void {
  if (longestFree(places.length, first, isTaken) < wish.places) return;
  const isOpen = (at: number) => {
    const place = places[at];
    if (place === undefined || isTaken(first + at) || !wish.isOnSale(place)) return false;
    return wish.wheelchairs > 0 || place.access === ORDINARY;
  };
  let length = 0;
  let sums = { wheelchairs: 0, companions: 0, cost: 0 };
  for (let at = 0; at < places.length; at += 1) {
    const place = places[at] as Place;
    if (!isOpen(at) || !wish.suits(place)) {
      length = 0;
      continue;
    }
    if (length === 0 || places[at - 1]?.category !== place.category) {
      length = 0;
      sums = { wheelchairs: 0, companions: 0, cost: 0 };
    }
    length += 1;
    add(sums, place, wish, 1);
    if (length > wish.places) add(sums, places[at - wish.places] as Place, wish, -1);
    if (length < wish.places || sums.wheelchairs !== wish.wheelchairs) continue;
    if (isWorse(sums.cost)) continue;
    const from = at - wish.places + 1;
    visit({
      first: first + from,
      seats: places.slice(from, at + 1).map(({ seat }) => seat),
      orphans: Number(isLone(isOpen, from - 1, -1)) + Number(isLone(isOpen, at + 1, 1)),
      strays: wish.wheelchairs === 0 ? 0 : wish.places - wish.wheelchairs - sums.companions,
      cost: sums.cost,
    });
  }
}

/** Says of most rows of a half sold house, at little cost, that there is nothing in them. */
function longestFree(length: number, first: number, isTaken: (ordinal: number) => boolean): number {
  let longest = 0;
  let free = 0;
  for (let at = 0; at < length; at += 1) {
    free = isTaken(first + at) ? 0 : free + 1;
    if (free > longest) longest = free;
  }
  return longest;
}

function add(
  sums: { wheelchairs: number; companions: number; cost: number },
  place: Place,
  wish: Wish,
  sign: 1 | -1,
): void {
  if (place.access === WHEELCHAIR) sums.wheelchairs += sign;
  if (place.access === COMPANION) sums.companions += sign;
  sums.cost += sign * costOf(place, wish.near);
}

function costOf({ rank, x, y }: Place, near: Wish["near"]): number {
  return near === undefined ? rank : (x - near.x) ** 2 + (y - near.y) ** 2;
}

/** Open itself, with nothing open on its far side. */
function isLone(isOpen: (at: number) => boolean, at: number, away: 1 | -1): boolean {
  return isOpen(at) && !isOpen(at + away);
}

function compareRuns(a: Run, b: Run): number {
  return a.strays - b.strays || a.orphans - b.orphans || a.cost - b.cost || a.first - b.first;
}

/** The best of a block, as many as fit beside each other. */
function apart(runs: Run[]): Run[] {
  const kept: Run[] = [];
  for (const run of runs.sort(compareRuns)) {
    if (kept.length === RUNS_PER_BLOCK_MAX) break;
    const clear = kept.every(({ first, seats }) => Math.abs(first - run.first) >= seats.length);
    if (clear) kept.push(run);
  }
  return kept;
}
