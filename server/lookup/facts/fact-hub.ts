// The facts of one deployment, read once for all who listen here: in order, and taken back where a reorg did.
import { Fault } from "../../domain/failure.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { Head, MirrorHeads } from "../mirror-heads.ts";
import { FactAudience, type Reader, type Said } from "./fact-audience.ts";
import { factFrame, headFrame, undoneFrame } from "./fact-frames.ts";
import { type FactRow, positionOf } from "./fact-rows.ts";
import { isSamePlace, type Position } from "./position.ts";
import { readStretch, type Standing } from "./read-stretch.ts";

export interface HubDeps {
  db: Db;
  clock: Clock;
  log: Log;
  heads: MirrorHeads;
  stopping: AbortSignal;
}

export interface Told {
  /** Everything up to there was said. */
  at: Position;
  finalNumber: bigint;
}

export const FACTS_PER_READ = 500;
/** After what could not be read: who listens hears of it late, not never. */
const FAULT_REST_MS = 1_000;
/** How soon it looks again where it has read of another head than it has heard of. */
const AGAIN_MS = 50;

export class FactHub {
  readonly #deps: HubDeps;
  readonly #deployment: number;
  readonly #audience: FactAudience;
  readonly #waiting = new Set<() => void>();
  #told: Told | undefined;
  #newest: Head | undefined;
  #isRunning = false;
  /** Something was heard since the last look. */
  #isDue = false;
  #isOpen = false;
  #leave: (() => void) | undefined;

  constructor(deps: HubDeps, deployment: number) {
    this.#deps = deps;
    this.#deployment = deployment;
    this.#audience = new FactAudience(deps);
  }

  /** Where who joins must be; undefined until the mirror was read, and while it is empty. */
  get told(): Told | undefined {
    return this.#told;
  }

  /** Reads from now on, whoever listens; answers how to stop. */
  open(): void {
    if (this.#isOpen) return;
    // Before it follows: it is told at once what others know already.
    this.#isOpen = true;
    this.#leave = this.#deps.heads.follow((heads) => {
      this.#newest = heads.get(this.#deployment);
      this.#isDue = true;
      this.#start();
    });
  }

  /** What happens from then on is nobody's; who comes later begins there anew. */
  close(): void {
    this.#leave?.();
    this.#isOpen = false;
    this.#told = undefined;
    this.#newest = undefined;
    this.#audience.forgetAll();
  }

  /** From where all is told: the head says so to it. */
  join(reader: Reader, { at, finalNumber }: Told): void {
    this.#audience.join(reader, headFrame("head", at, { finalNumber }));
  }

  leave(reader: Reader): void {
    this.#audience.leave(reader);
  }

  /** Until the end of another block is told, or the signal. */
  moved(over: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#waiting.delete(end);
        over.removeEventListener("abort", end);
        resolve();
      };
      this.#waiting.add(end);
      over.addEventListener("abort", end);
      if (over.aborted) end();
    });
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    const { log, clock, stopping } = this.#deps;
    while (this.#isOpen && (this.#isDue || this.#isElsewhere()) && !stopping.aborted) {
      if (!this.#isDue) await clock.sleep(AGAIN_MS, stopping);
      this.#isDue = false;
      try {
        await this.#advance();
      } catch (err) {
        if (stopping.aborted) return;
        if (!(err instanceof Fault)) throw err;
        log.warn({ err, deployment: this.#deployment }, "the facts cannot be read");
        this.#isDue = true;
        await clock.sleep(FAULT_REST_MS, stopping);
      }
    }
    // In the step that found nothing to do: what comes after it begins anew.
    this.#isRunning = false;
  }

  /** It has read another head than it has heard of: a newer one, or one that is gone again. */
  #isElsewhere(): boolean {
    return this.#newest !== undefined && this.#told?.at.hash !== this.#newest.hash;
  }

  /** A head is only a word to look: what is told is what the mirror has when it is read. */
  async #advance(): Promise<void> {
    const newest = this.#newest;
    if (newest === undefined) return;
    if (this.#told === undefined) return this.#say(this.#toldAt(newest), []);
    while (await this.#tellStretch(this.#told)) {
      if (this.#told === undefined) return;
    }
  }

  /** Answers whether there is more. */
  async #tellStretch(told: Told): Promise<boolean> {
    const { at: after } = told;
    const limit = FACTS_PER_READ;
    const stretch = await readStretch(this.#deps.db, { after, limit });
    // Closed meanwhile: who comes next begins where the mirror then is.
    if (this.#told === undefined || stretch === undefined) return false;
    const { standing, head, rows } = stretch;
    if (standing !== "here") {
      await this.#goBack(told, standing, this.#toldAt(head));
      return true;
    }
    const last = rows.at(-1);
    const isAll = last === undefined || rows.length < limit;
    const at = isAll ? this.#toldAt(head).at : positionOf(this.#deployment, last);
    const { finalNumber } = head;
    if (!isSamePlace(at, after)) {
      await this.#say({ ...told, at }, this.#saidOf(rows, { after, finalNumber }));
    }
    if (!isAll) return true;
    if (this.#told !== undefined && told.finalNumber !== finalNumber) {
      const frame = () => headFrame("final", at, head);
      await this.#say({ at, finalNumber }, [{ from: at, frame }]);
    }
    return false;
  }

  #toldAt({ number, hash, finalNumber }: Head): Told {
    return { at: { deployment: this.#deployment, number, hash }, finalNumber };
  }

  /**
   * What was said is written down in the same step in which it is kept for everybody: who comes in
   * between two steps begins exactly there.
   */
  async #say(told: Told, said: readonly Said[]): Promise<void> {
    this.#told = told;
    const telling = this.#audience.tell(said);
    // Who waits reads up to the end of a block.
    if (told.at.fact === undefined) for (const wake of [...this.#waiting]) wake();
    await telling;
  }

  /** To where the chain that is gone began, or begins anew where nobody knows that. */
  async #goBack(told: Told, standing: Exclude<Standing, "here">, newest: Told): Promise<void> {
    const from = told.at;
    if (standing === "lost") {
      const frame = () => headFrame("reset", newest.at, newest);
      await this.#say(newest, [{ from, frame }]);
    } else {
      const at = { deployment: this.#deployment, ...standing };
      const frame = () => undoneFrame(this.#deployment, standing);
      await this.#say({ ...told, at }, [{ from, frame }]);
    }
  }

  #saidOf(
    rows: readonly FactRow[],
    { after, finalNumber }: { after: Position; finalNumber: bigint },
  ): Said[] {
    let from = after;
    return rows.map((row) => {
      let frame: Uint8Array | undefined;
      const said = {
        ...{ from, row },
        frame: () => {
          frame ??= factFrame(this.#deployment, row, finalNumber);
          return frame;
        },
      };
      from = positionOf(this.#deployment, row);
      return said;
    });
  }
}
