// Followers of the facts who join, leave, come back and read slowly by chance, each with a model of what it knows.
import { FactModel } from "./fact-model.ts";
import type { FactListener, FactProcess } from "./fact-process.ts";
import { type Chance, chanceOf } from "./seeded.ts";

interface Follower {
  /** As it came; what it knows later follows from that and what it was told. */
  begun: FactModel;
  model: FactModel;
  listener: FactListener;
  /** How much of what it was told its model has taken. */
  taken: number;
}

/** Who comes back was one of the last so many that came. */
const KNOWN_MAX = 6;
/** Mostly with one of the last so many places that it had; now and then with any. */
const RECENT_PLACES = 40;
/** Beyond all blocks, so that none of them may be final: nobody could tell then. */
const UNKNOWN_PLACE = `1.${10 ** 9}.0x${"ab".repeat(32)}`;

export class FactCrowd {
  readonly said = { followers: 0, facts: 0, undone: 0, resets: 0 };
  readonly #chance: Chance;
  readonly #processes: readonly FactProcess[];
  #live: Follower[] = [];
  #lately: Follower[] = [];
  /** Told to who has left since. */
  readonly #mistakes: string[] = [];

  constructor(given: { chance: Chance; processes: readonly FactProcess[] }) {
    this.#chance = given.chance;
    this.#processes = given.processes;
  }

  join(): void {
    const chance = this.#chance;
    const how = chance(100);
    const known = this.#lately.at(-1 - chance(KNOWN_MAX));
    if (how < 30) this.#listen(new FactModel("start"), "start");
    else if (how < 80 && known !== undefined) this.#comeBack(known);
    else if (how < 85) this.#listen(new FactModel("unknown"), UNKNOWN_PLACE);
    else this.#listen(new FactModel("now"), undefined);
  }

  /** Any one of them. */
  leave(): void {
    const [follower] = this.#live.splice(this.#chance(Math.max(1, this.#live.length)), 1);
    if (follower !== undefined) this.#part(follower);
  }

  /** All but the newest. */
  leaveBut(count: number): void {
    for (const each of this.#live.splice(0, Math.max(0, this.#live.length - count))) {
      this.#part(each);
    }
  }

  /** Whether all who listen know what the chain has. */
  isRight(ids: readonly string[]): boolean {
    return this.#live.every((follower) => {
      collect(follower);
      return follower.model.knows(ids);
    });
  }

  /** What was told wrongly, and who knows what the chain has not. */
  wrongs(ids: readonly string[]): string[] {
    const wrongs = this.#live.flatMap((follower) => {
      const { model, listener } = follower;
      const found = mistakesOf(follower);
      if (listener.isEnded()) found.push(`${nameOf(follower)} was let go`);
      if (!model.knows(ids)) found.push(`${nameOf(follower)} is ${model}; last is ${ids.at(-1)}`);
      return found;
    });
    return [...this.#mistakes, ...wrongs];
  }

  #comeBack({ begun, listener: { events } }: Follower): void {
    const chance = this.#chance;
    const range = chance(4) === 0 ? events.length : Math.min(events.length, RECENT_PLACES);
    const count = events.length - chance(Math.max(1, range));
    const model = begun.copy();
    for (const said of events.slice(0, count)) model.take(said);
    // Without its mistakes: of those speaks who was told.
    this.#listen(model.copy(), model.id);
  }

  #listen(begun: FactModel, place: string | undefined): void {
    begun.id = place;
    const chance = this.#chance;
    const process = this.#processes[chance(this.#processes.length)] as FactProcess;
    // Its own chance: how often it is asked is not of the seed.
    const ofSends = chanceOf(chance(2 ** 31));
    const accepts = chance(5) === 0 ? () => ofSends(100) > 0 : () => true;
    const listener = process.listen(place, accepts);
    const follower = { begun, model: begun.copy(), listener, taken: 0 };
    this.#live.push(follower);
    this.#lately = [...this.#lately.slice(1 - KNOWN_MAX), follower];
    this.said.followers += 1;
  }

  #part(follower: Follower): void {
    follower.listener.leave();
    collect(follower);
    this.#mistakes.push(...mistakesOf(follower));
    const count = (wanted: string) =>
      follower.listener.events.filter(({ event }) => event === wanted).length;
    this.said.facts += count("fact");
    this.said.undone += count("undone");
    this.said.resets += count("reset");
  }
}

function collect(follower: Follower): void {
  const { listener, model } = follower;
  for (const said of listener.events.slice(follower.taken)) model.take(said);
  follower.taken = listener.events.length;
}

const nameOf = ({ begun }: Follower) => `who came with ${begun.id ?? "no place"}`;

const mistakesOf = (follower: Follower) =>
  follower.model.mistakes.map((mistake) => `${nameOf(follower)}: ${mistake}`);
