// One event's seats as one API process follows them: one reader of the log for all who listen here.
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Listener, Packed } from "../api/handler.ts";
import { encodeSeatMap } from "../domain/seat-map.ts";
import type { SeatKey } from "../domain/ticket-id.ts";
import { BEAT_FRAME, BEAT_MS, HELLO_FRAME, POLL_FRAME } from "../platform/event-frames.ts";
import { HallBoard, type Occupied } from "./hall-board.ts";
import { formatCursor, type SeatCursor } from "./seat-cursor.ts";
import { resetFrame, seatsFrame } from "./seat-frames.ts";

/** Two bits a seat are small already; more would cost time in every busy quarter of a second. */
const BROTLI_QUALITY = 5;

export interface HallPlan {
  seating: string;
  seats: readonly SeatKey[];
  /** Called for each listener that was too slow. */
  dropped: () => void;
}

export class SeatHall {
  readonly board: HallBoard;
  readonly listeners = new Set<Listener>();
  readonly #plan: HallPlan;
  #epoch = "0";
  /** The log is known in memory from here on. */
  #knownFrom = 0;
  #lastFrameMs = 0;
  /** Nobody keeps it up to date any more. */
  #isOver = false;
  #packed: { tag: string; map: Promise<Packed> } | undefined;
  /** Many come back at once with the same cursor; they get the same bytes. */
  readonly #caughtUp = new Map<string, Uint8Array>();

  constructor(plan: HallPlan) {
    this.#plan = plan;
    this.board = new HallBoard(plan.seats);
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** As the log names its entries. */
  get position(): string {
    return `${this.#epoch}-${this.board.number}`;
  }

  /** All seats as they are now; a new epoch sends everybody back to the map. */
  load(occupied: readonly Occupied[], at: SeatCursor): void {
    const isNew = at.epoch !== this.#epoch;
    this.#epoch = at.epoch;
    this.#knownFrom = at.number;
    this.board.replace(occupied, { number: at.number, nowMs: at.nowMs });
    if (!isNew) return;
    this.board.show();
    this.#caughtUp.clear();
    this.#broadcast(resetFrame(this.#cursor()), this.#lastFrameMs);
  }

  /** Tells everybody what has changed since the last time, all of it in one frame. */
  tell(monotonicMs: number): void {
    const changed = this.board.show();
    this.#caughtUp.clear();
    if (changed.length > 0) {
      this.#broadcast(seatsFrame(this.#cursor(), changed, this.board.states), monotonicMs);
    } else if (monotonicMs - this.#lastFrameMs > BEAT_MS) {
      this.#broadcast(BEAT_FRAME, monotonicMs);
    }
  }

  /** Whether somebody who was there can go on with what this process remembers. */
  remembers(at: SeatCursor): boolean {
    return at.epoch === this.#epoch && at.number >= this.#knownFrom;
  }

  /** `missed`: places that the log names and this process has not followed. */
  listen(from: SeatCursor | undefined, listener: Listener, missed: readonly number[]): () => void {
    if (this.#isOver) {
      // It comes back with the same cursor, to a hall that is followed.
      listener.end(HELLO_FRAME);
      return () => undefined;
    }
    listener.send(HELLO_FRAME);
    listener.send(this.#firstFrame(from, missed));
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  snapshot(): Promise<Packed> {
    const { states, shownTo } = this.board;
    const cursor = formatCursor({ epoch: this.#epoch, ...shownTo.seen });
    if (this.#packed?.tag !== cursor) {
      const bytes = encodeSeatMap({ seating: this.#plan.seating, cursor, states });
      this.#packed = { tag: cursor, map: pack(bytes) };
    }
    return this.#packed.map;
  }

  endAll(): void {
    this.#isOver = true;
    for (const listener of this.listeners) listener.end(HELLO_FRAME);
    this.listeners.clear();
  }

  #cursor(): string {
    return formatCursor({ epoch: this.#epoch, ...this.board.shownTo.now });
  }

  #broadcast(frame: Uint8Array, atMs: number): void {
    this.#lastFrameMs = atMs;
    for (const listener of this.listeners) {
      if (listener.send(frame)) continue;
      this.listeners.delete(listener);
      listener.end(POLL_FRAME);
      this.#plan.dropped();
    }
  }

  #firstFrame(from: SeatCursor | undefined, missed: readonly number[]): Uint8Array {
    if (from === undefined || from.epoch !== this.#epoch) return resetFrame(this.#cursor());
    const key = formatCursor(from);
    const known = this.#caughtUp.get(key);
    if (known !== undefined) return known;
    const places = [...new Set([...this.board.since(from), ...missed])];
    const frame = seatsFrame(this.#cursor(), places, this.board.states);
    this.#caughtUp.set(key, frame);
    return frame;
  }
}

async function pack(plain: Uint8Array): Promise<Packed> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  const [br, gzipped] = await Promise.all([
    promisify(brotliCompress)(plain, { params }),
    promisify(gzip)(plain),
  ]);
  // Of the content: two processes that show the same seats give them the same tag.
  const digest = createHash("sha256").update(plain).digest("base64url");
  return { type: "application/octet-stream", plain, br, gzip: gzipped, etag: `W/"${digest}"` };
}
