// The facts of one deployment, read once for all who listen here: in order, and taken back where a reorg did.
import { Fault } from "../../domain/failure.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { Head, MirrorHeads } from "../mirror-heads.ts";
import { FactAudience, type Reader, type Said } from "./fact-audience.ts";
import { factFrame, headFrame, undoneFrame } from "./fact-frames.ts";
import { findStanding, type Position } from "./position.ts";
import { type FactRow, positionOf, readFacts } from "./read-facts.ts";

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

export class FactHub {
  readonly #deps: HubDeps;
  readonly #deployment: number;
  readonly #audience: FactAudience;
  readonly #waiting = new Set<() => void>();
  #told: Told | undefined;
  #newest: Head | undefined;
  #isRunning = false;
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
    while (!this.#isUpToDate() && !stopping.aborted) {
      try {
        await this.#advance(this.#newest as Head);
      } catch (err) {
        if (stopping.aborted) return;
        if (!(err instanceof Fault)) throw err;
        log.warn({ err, deployment: this.#deployment }, "the facts cannot be read");
        await clock.sleep(FAULT_REST_MS, stopping);
      }
    }
    // In the step that found nothing to do: what comes after it begins anew.
    this.#isRunning = false;
  }

  #isUpToDate(): boolean {
    const [told, newest] = [this.#told, this.#newest];
    if (newest === undefined || !this.#isOpen) return true;
    return isAt(told?.at, newest) && told?.finalNumber === newest.finalNumber;
  }

  async #advance(head: Head): Promise<void> {
    const at = { deployment: this.#deployment, number: head.number, hash: head.hash };
    const { finalNumber } = head;
    if (this.#told === undefined) {
      await this.#say({ at, finalNumber }, []);
      return;
    }
    if (!isAt(this.#told.at, head)) {
      await this.#stand(this.#told, { at, finalNumber });
      await this.#tellFacts(at, finalNumber);
    }
    // Closed meanwhile: who comes next begins where the mirror then is.
    const told = this.#told;
    if (told === undefined || told.finalNumber === finalNumber) return;
    const frame = () => headFrame("final", told.at, head);
    await this.#say({ ...told, finalNumber }, [{ from: told.at, frame }]);
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

  /** Goes back to where the chain that is gone began, or begins here where nobody knows that. */
  async #stand(told: Told, newest: Told): Promise<void> {
    const from = told.at;
    const standing = await findStanding(this.#deps.db, from);
    if (this.#told === undefined || standing === "here") return;
    if (standing === "lost") {
      const frame = () => headFrame("reset", newest.at, newest);
      await this.#say(newest, [{ from, frame }]);
    } else {
      const at = { deployment: this.#deployment, ...standing };
      const frame = () => undoneFrame(this.#deployment, standing);
      await this.#say({ ...told, at }, [{ from, frame }]);
    }
  }

  async #tellFacts(until: Position, finalNumber: bigint): Promise<void> {
    const { db } = this.#deps;
    for (;;) {
      const after = this.#told?.at;
      if (after === undefined || isAt(after, until)) return;
      const limit = FACTS_PER_READ;
      const rows = await readFacts(db, { after, until: until.number, limit });
      // Asked only now: what was read after a reorg does not follow on what it took back.
      if (rows.length > 0 && (await findStanding(db, after)) !== "here") return;
      if (this.#told === undefined) return;
      const last = rows.at(-1);
      const isAll = last === undefined || rows.length < limit;
      const at = isAll ? until : positionOf(this.#deployment, last);
      await this.#say({ ...this.#told, at }, this.#saidOf(rows, { after, finalNumber }));
      if (isAll) return;
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

/** At the end of that block, not in the middle of it. */
function isAt(position: Position | undefined, { hash }: { hash: string }): boolean {
  return position?.hash === hash && position.fact === undefined;
}
