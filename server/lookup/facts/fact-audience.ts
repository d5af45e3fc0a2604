// All who are told a deployment's facts as they come: each reads what was said last at its own pace.
import type { Listener } from "../../api/handler.ts";
import type { Clock } from "../../platform/clock.ts";
import { turnOver } from "../../platform/turn.ts";
import type { FactRow } from "./fact-rows.ts";
import type { Position } from "./position.ts";

export interface Reader {
  listener: Listener;
  /** The same for all who want the same: they get the same bytes. */
  wish: string;
  wants(row: FactRow): boolean;
  /** It has not read for too long. */
  drop(): void;
  /** What comes next for it is not kept any more: it reads on from there by itself. */
  fallBehind(from: Position): void;
}

export interface Said {
  /** Where its readers were before. */
  from: Position;
  /** Without one it is for everybody. */
  row?: FactRow;
  frame(): Uint8Array;
}

interface Place {
  /** The first that it has not been told, counted from the beginning. */
  next: number;
  /** What it is told before that. */
  greeting: Uint8Array | undefined;
  fullSinceMs: number | undefined;
}

interface AudienceDeps {
  clock: Clock;
  stopping: AbortSignal;
}

/** Who does not take a frame for so long does not read. */
export const SLOW_MS = 10_000;
/** Some ten large blocks, two megabytes for all: who is further behind reads the mirror itself. */
export const KEPT_MAX = 5_000;
/** In one write: some 25 kB, which the next one finds room behind. */
const TOLD_AT_ONCE = 64;
/** A write is ten microseconds or so: a sale that comes meanwhile waits for a millisecond. */
const WRITES_PER_TURN = 100;
/** How soon a full connection is tried again. */
const FULL_POLL_MS = 100;
/** What several want alike is put together once. */
const JOINED_MAX = 64;

export class FactAudience {
  readonly #deps: AudienceDeps;
  readonly #places = new Map<Reader, Place>();
  readonly #joined = new Map<string, Uint8Array>();
  #kept: Said[] = [];
  /** How many were said before those that are kept. */
  #gone = 0;
  #isRetrying = false;

  constructor(deps: AudienceDeps) {
    this.#deps = deps;
  }

  get #end(): number {
    return this.#gone + this.#kept.length;
  }

  /** It is told what is said from now on. */
  join(reader: Reader, greeting: Uint8Array): void {
    const place = { next: this.#end, greeting, fullSinceMs: undefined };
    this.#places.set(reader, place);
    this.#step(reader, place);
  }

  leave(reader: Reader): void {
    this.#places.delete(reader);
  }

  /** Resolves once all were told who could take it; kept at once, in the order of the calls. */
  async tell(said: readonly Said[]): Promise<void> {
    this.#kept.push(...said);
    await this.#tellAll();
    this.#forget(this.#kept.length - KEPT_MAX);
  }

  forgetAll(): void {
    this.#forget(this.#kept.length);
  }

  #forget(count: number): void {
    this.#joined.clear();
    if (count <= 0) return;
    for (const [reader, { next }] of this.#places) {
      const first = this.#kept[next - this.#gone];
      if (first === undefined || next >= this.#gone + count) continue;
      this.#places.delete(reader);
      reader.fallBehind(first.from);
    }
    this.#kept = this.#kept.slice(count);
    this.#gone += count;
  }

  async #tellAll(): Promise<void> {
    let writes = 0;
    for (const [reader, place] of this.#places) {
      while (this.#step(reader, place)) {
        writes += 1;
        if (writes % WRITES_PER_TURN === 0) await turnOver();
      }
    }
  }

  /** False where there is nothing to tell it, or no room for that. */
  #step(reader: Reader, place: Place): boolean {
    // It may have left, or come back to another place.
    if (this.#places.get(reader) !== place) return false;
    const { greeting, next } = place;
    if (greeting !== undefined) {
      if (!this.#send(reader, place, greeting)) return false;
      place.greeting = undefined;
      return true;
    }
    if (next >= this.#end) return false;
    // By the same steps for everybody, wherever they have begun.
    const until = Math.min(this.#end, next - (next % TOLD_AT_ONCE) + TOLD_AT_ONCE);
    const bytes = this.#bytesFor(reader, next, until);
    if (bytes !== undefined && !this.#send(reader, place, bytes)) return false;
    place.next = until;
    return true;
  }

  #bytesFor(reader: Reader, from: number, until: number): Uint8Array | undefined {
    const key = `${from}-${until} ${reader.wish}`;
    const known = this.#joined.get(key);
    if (known !== undefined) return known;
    const frames = this.#kept
      .slice(from - this.#gone, until - this.#gone)
      .filter(({ row }) => row === undefined || reader.wants(row))
      .map((said) => said.frame());
    if (frames.length === 0) return undefined;
    const bytes = Buffer.concat(frames);
    if (this.#joined.size >= JOINED_MAX) this.#joined.clear();
    this.#joined.set(key, bytes);
    return bytes;
  }

  #send(reader: Reader, place: Place, bytes: Uint8Array): boolean {
    if (reader.listener.send(bytes)) {
      place.fullSinceMs = undefined;
      return true;
    }
    const nowMs = this.#deps.clock.monotonicMs();
    place.fullSinceMs ??= nowMs;
    if (nowMs - place.fullSinceMs > SLOW_MS) {
      this.#places.delete(reader);
      reader.drop();
    } else if (!this.#isRetrying) {
      this.#isRetrying = true;
      void this.#retry();
    }
    return false;
  }

  /** As long as somebody's connection is full. */
  async #retry(): Promise<void> {
    const { clock, stopping } = this.#deps;
    do {
      await clock.sleep(FULL_POLL_MS, stopping);
      await this.#tellAll();
    } while (!stopping.aborted && this.#isAnyFull());
    this.#isRetrying = false;
  }

  #isAnyFull(): boolean {
    return [...this.#places.values()].some(({ fullSinceMs }) => fullSinceMs !== undefined);
  }
}
