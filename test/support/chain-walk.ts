// Takes a scripted chain by chance on, aside, and back to where it was; below what is final it stays.
import { systemClock } from "#server/platform/clock.ts";
import { type ScriptedBlock, ScriptedChain } from "./scripted-chain.ts";
import type { Chance } from "./seeded.ts";

export interface WalkDeps {
  chance: Chance;
  /** The indexer's steps, until the mirror is where the chain is. */
  mirror(chain: ScriptedChain): Promise<void>;
}

const LENGTH_MAX = 4;
const DEPTH_MAX = 5;
/** The newest of those it was at, to which it goes back. */
const TIPS_BACK_MAX = 6;
/** What is final is at least so far below the head, and at most twice as far. */
const FINAL_DEPTH = 5;
const FACTS_MAX = 3;
/** Around a page of 500, and two of them. */
const MANY_FACTS = { least: 480, most: 1_180 };
const MANY_PERCENT = 3;
const PAUSE_MAX_MS = 8;

export class ChainWalk {
  readonly chain = new ScriptedChain();
  readonly #deps: WalkDeps;
  readonly #tips = [this.chain.head];

  constructor(deps: WalkDeps) {
    this.#deps = deps;
  }

  async step(): Promise<void> {
    const { chance } = this.#deps;
    const what = chance(100);
    if (what < 35) await this.#growOn(this.chain.head);
    else if (what < 60) await this.#goAside();
    else if (what < 85) await this.#goBackTo(this.#tips.at(-1 - chance(TIPS_BACK_MAX)));
    else await this.#finalize();
  }

  async goTo(tip: ScriptedBlock): Promise<void> {
    this.chain.head = tip;
    await this.#deps.mirror(this.chain);
  }

  async #growOn(block: ScriptedBlock): Promise<void> {
    const length = 1 + this.#deps.chance(LENGTH_MAX);
    const tip = this.chain.branch(block, Array.from({ length }, this.#countFacts));
    this.#tips.push(tip);
    await this.goTo(tip);
  }

  /** To another branch, and often back at once, while somebody still reads of either. */
  async #goAside(): Promise<void> {
    const { chance } = this.#deps;
    const was = this.chain.head;
    const open = this.chain.blocks().filter(({ number }) => number >= this.chain.final.number);
    const depth = chance(Math.min(open.length, DEPTH_MAX));
    await this.#growOn(open.at(-1 - depth) ?? this.chain.final);
    if (chance(100) < 40) return;
    if (chance(2) === 0) await systemClock.sleep(chance(PAUSE_MAX_MS));
    await this.#goBackTo(was);
  }

  /** Not to a block that it has already, nor below what is final. */
  async #goBackTo(tip: ScriptedBlock | undefined): Promise<void> {
    if (tip === undefined || this.chain.blocks().includes(tip)) return;
    if (this.chain.blocks(tip).includes(this.chain.final)) await this.goTo(tip);
  }

  async #finalize(): Promise<void> {
    const depth = FINAL_DEPTH + this.#deps.chance(FINAL_DEPTH);
    const next = this.chain.blocks().at(-depth);
    if (next === undefined || next.number <= this.chain.final.number) return;
    this.chain.final = next;
    await this.#deps.mirror(this.chain);
  }

  readonly #countFacts = (): number => {
    const { chance } = this.#deps;
    const { least, most } = MANY_FACTS;
    if (chance(100) < MANY_PERCENT) return least + chance(most - least);
    return chance(2) === 0 ? chance(FACTS_MAX + 1) : 0;
  };
}
