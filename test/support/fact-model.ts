// What one follower of the facts knows by what it was told alone, and what it should not have been told.
import type { SaidFact } from "./fact-process.ts";

/** At the first fact there is, from now on, or with a place that no chain ever had. */
export type Beginning = "start" | "now" | "unknown";

interface Known {
  id: string;
  block: number;
  log: number;
}

export class FactModel {
  /** Where it is, as the last event said. */
  id: string | undefined;
  readonly mistakes: string[] = [];
  /** It knows all after this block; undefined until somebody said from where on it is told. */
  #since: number | undefined;
  #isResetDue: boolean;
  #known: Known[] = [];

  constructor(beginning: Beginning) {
    this.#since = beginning === "start" ? -1 : undefined;
    this.#isResetDue = beginning === "unknown";
  }

  /** One who knows the same, and comes back with the same place. */
  copy(): FactModel {
    const copy = new FactModel("now");
    copy.id = this.id;
    copy.#since = this.#since;
    copy.#isResetDue = this.#isResetDue;
    copy.#known = [...this.#known];
    return copy;
  }

  take(said: SaidFact): void {
    const { id, event, data } = said;
    if (id !== "") this.id = id;
    if (event === "fact") this.#learn(said);
    else if (event === "head") this.#live(said);
    else if (event === "undone") this.#forgetAfter(data.afterBlock ?? 0);
    else if (event === "reset") this.#beginAnew(said);
    else if (event !== "final") this.mistakes.push(`was told ${event}`);
  }

  /** Whether these, all of the chain, are what it knows from where it began. */
  knows(ids: readonly string[]): boolean {
    if (this.#since === undefined || this.#isResetDue) return false;
    const first = ids.length - this.#known.length;
    const before = ids[first - 1];
    const isAll = first === 0 || (before !== undefined && blockOf(before) <= this.#since);
    return isAll && this.#known.every(({ id }, at) => id === ids[first + at]);
  }

  toString(): string {
    const last = this.#known.at(-1)?.id ?? "none";
    return `at ${this.id} with ${this.#known.length} facts since ${this.#since}, the last ${last}`;
  }

  #learn({ id, data: { blockNumber: block = 0, logIndex: log = 0 } }: SaidFact): void {
    const last = this.#known.at(-1);
    const isNext =
      last === undefined || block > last.block || (block === last.block && log > last.log);
    if (!isNext) this.mistakes.push(`${id} after ${last.id}`);
    if (this.#since === undefined) this.mistakes.push(`${id} before a head`);
    else if (block <= this.#since) this.mistakes.push(`${id}, known since ${this.#since}`);
    this.#known.push({ id, block, log });
  }

  #live({ id, data }: SaidFact): void {
    if (this.#isResetDue) this.mistakes.push(`head ${id} instead of a reset`);
    this.#since ??= data.blockNumber ?? 0;
  }

  #forgetAfter(block: number): void {
    while ((this.#known.at(-1)?.block ?? block) > block) this.#known.pop();
    if (this.#since !== undefined && this.#since > block) this.#since = block;
  }

  /** Said only to who came with a place that no chain ever had: each other one is known. */
  #beginAnew({ id, data }: SaidFact): void {
    if (!this.#isResetDue) this.mistakes.push(`reset ${id}, although its place was known`);
    this.#isResetDue = false;
    this.#known = [];
    this.#since = data.blockNumber ?? 0;
  }
}

const blockOf = (id: string) => Number(id.split(".")[1]);
