// The facts of one deployment, read once for all who listen here: in order, and taken back where a reorg did.
import type { Listener } from "../../api/handler.ts";
import { Fault } from "../../domain/failure.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { Head, MirrorHeads } from "../mirror-heads.ts";
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

export interface Reader {
  listener: Listener;
  wants(row: FactRow): boolean;
  /** Of a frame that it did not take. */
  drop(): void;
}

export const FACTS_PER_READ = 500;
/** After what could not be read: who listens hears of it late, not never. */
const FAULT_REST_MS = 1_000;

export class FactHub {
  readonly readers = new Set<Reader>();
  readonly #deps: HubDeps;
  readonly #deployment: number;
  /** Everything up to the end of this block was told. */
  #told: { at: Position; finalNumber: bigint } | undefined;
  #newest: Head | undefined;
  #isRunning = false;
  #isOpen = false;
  #leave: (() => void) | undefined;

  constructor(deps: HubDeps, deployment: number) {
    this.#deps = deps;
    this.#deployment = deployment;
  }

  /** Where all its readers are; undefined until the mirror was read, and while it is empty. */
  get told(): { at: Position; finalNumber: bigint } | undefined {
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

  /**
   * What was told is written down in the same step in which it is told: who comes in between two
   * steps begins exactly there.
   */
  async #advance(head: Head): Promise<void> {
    const at = { deployment: this.#deployment, number: head.number, hash: head.hash };
    const { finalNumber } = head;
    if (this.#told === undefined) {
      this.#told = { at, finalNumber };
      return;
    }
    if (!isAt(this.#told.at, head)) {
      await this.#stand(this.#told.at, at, head);
      await this.#tellFacts(at, finalNumber);
    }
    // Closed meanwhile: who comes next begins where the mirror then is.
    if (this.#told === undefined || this.#told.finalNumber === finalNumber) return;
    this.#told.finalNumber = finalNumber;
    this.#broadcast(headFrame("final", this.#told.at, head));
  }

  /** Goes back to where the chain that is gone began, or begins here where nobody knows that. */
  async #stand(told: Position, at: Position, head: Head): Promise<void> {
    const standing = await findStanding(this.#deps.db, told);
    if (this.#told === undefined || standing === "here") return;
    if (standing === "lost") {
      this.#told = { at, finalNumber: head.finalNumber };
      this.#broadcast(headFrame("reset", at, head));
    } else {
      this.#told.at = { deployment: this.#deployment, ...standing };
      this.#broadcast(undoneFrame(this.#deployment, standing));
    }
  }

  async #tellFacts(until: Position, finalNumber: bigint): Promise<void> {
    for (;;) {
      if (this.#told === undefined || isAt(this.#told.at, until)) return;
      const limit = FACTS_PER_READ;
      const after = this.#told.at;
      const rows = await readFacts(this.#deps.db, { after, until: until.number, limit });
      if (this.#told === undefined) return;
      for (const row of rows) this.#tell(row, finalNumber);
      const last = rows.at(-1);
      const isAll = last === undefined || rows.length < limit;
      // Who is let go may have been the last one, which closes the hub.
      if (this.told !== undefined) {
        this.#told = { ...this.told, at: isAll ? until : positionOf(this.#deployment, last) };
      }
      if (isAll) return;
    }
  }

  #tell(row: FactRow, finalNumber: bigint): void {
    let frame: Uint8Array | undefined;
    for (const reader of this.readers) {
      if (!reader.wants(row)) continue;
      frame ??= factFrame(this.#deployment, row, finalNumber);
      if (!reader.listener.send(frame)) reader.drop();
    }
  }

  #broadcast(frame: Uint8Array): void {
    for (const reader of this.readers) {
      if (!reader.listener.send(frame)) reader.drop();
    }
  }
}

/** At the end of that block, not in the middle of it. */
function isAt(position: Position | undefined, { hash }: { hash: string }): boolean {
  return position?.hash === hash && position.fact === undefined;
}
