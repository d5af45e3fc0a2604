// One event's seats as one API process follows them: one reader of the log for all who listen here.
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Listener, Packed } from "../api/handler.ts";
import { encodeSeatMap } from "../domain/seat-map.ts";
import type { SeatKey } from "../domain/ticket-id.ts";
import { createSeatBoard, type Occupied, type SeatBoard } from "./seat-board.ts";
import { formatCursor, type SeatCursor } from "./seat-cursor.ts";
import { BEAT_FRAME, HELLO_FRAME, POLL_FRAME, resetFrame, seatsFrame } from "./seat-frames.ts";

/** A connection that says nothing for longer looks dead to some proxies. */
const BEAT_MS = 15_000;
/** Two bits a seat are small already; more would cost time in every busy quarter of a second. */
const BROTLI_QUALITY = 5;

export interface HallPlan {
  seating: string;
  seats: readonly SeatKey[];
  /** Called for each listener that was too slow. */
  dropped: () => void;
}

export type SeatHall = ReturnType<typeof createSeatHall>;

export function createSeatHall({ seating, seats, dropped }: HallPlan) {
  const board: SeatBoard = createSeatBoard(seats);
  const listeners = new Set<Listener>();
  let epoch = "0";
  /** The log is known in memory from here on. */
  let knownFrom = 0;
  let lastFrameMs = 0;
  let packed: { etag: string; map: Promise<Packed> } | undefined;
  /** Many come back at once with the same cursor; they get the same bytes. */
  const caughtUp = new Map<string, Uint8Array>();

  const cursor = () => formatCursor({ epoch, ...board.shownTo().now });

  function broadcast(frame: Uint8Array, nowMs: number): void {
    lastFrameMs = nowMs;
    for (const listener of listeners) {
      if (listener.send(frame)) continue;
      listeners.delete(listener);
      listener.end(POLL_FRAME);
      dropped();
    }
  }

  return {
    board,
    listeners,
    /** As the log names its entries. */
    position: () => `${epoch}-${board.number()}`,
    epoch: () => epoch,

    /** All seats as they are now; a new epoch sends everybody back to the map. */
    load(occupied: readonly Occupied[], at: SeatCursor): void {
      const isNew = at.epoch !== epoch;
      epoch = at.epoch;
      knownFrom = at.number;
      board.replace(occupied, { number: at.number, nowMs: at.nowMs });
      if (!isNew) return;
      board.show();
      caughtUp.clear();
      broadcast(resetFrame(cursor()), lastFrameMs);
    },

    /** Tells everybody what has changed since the last time, all of it in one frame. */
    tell(monotonicMs: number): void {
      const changed = board.show();
      caughtUp.clear();
      if (changed.length > 0) broadcast(seatsFrame(cursor(), changed, board.states), monotonicMs);
      else if (monotonicMs - lastFrameMs > BEAT_MS) broadcast(BEAT_FRAME, monotonicMs);
    },

    /** Whether somebody who was there can go on with what this process remembers. */
    remembers: (at: SeatCursor) => at.epoch === epoch && at.number >= knownFrom,

    /** `missed`: places that the log names and this process has not followed. */
    listen(
      from: SeatCursor | undefined,
      listener: Listener,
      missed: readonly number[],
    ): () => void {
      listener.send(HELLO_FRAME);
      listener.send(firstFrame(from, missed));
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    snapshot(): Promise<Packed> {
      const seen = formatCursor({ epoch, ...board.shownTo().seen });
      const etag = `"${seating}-${seen}"`;
      if (packed?.etag !== etag) {
        const bytes = encodeSeatMap({ seating, cursor: seen, states: board.states as Uint8Array });
        packed = { etag, map: pack(bytes) };
      }
      return packed.map;
    },

    endAll(): void {
      for (const listener of listeners) listener.end(HELLO_FRAME);
      listeners.clear();
    },
  };

  function firstFrame(from: SeatCursor | undefined, missed: readonly number[]): Uint8Array {
    if (from === undefined || from.epoch !== epoch) return resetFrame(cursor());
    const key = formatCursor(from);
    const known = caughtUp.get(key);
    if (known !== undefined) return known;
    const places = [...new Set([...board.since(from), ...missed])];
    const frame = seatsFrame(cursor(), places, board.states);
    caughtUp.set(key, frame);
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
