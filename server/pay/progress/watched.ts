// One buyer's connection to an order's events: what it was told last, and what it is told next.
import type { Listener } from "../../api/handler.ts";
import { isOver } from "../../domain/confirmation.ts";
import { BEAT_FRAME, BEAT_MS, HELLO_FRAME, POLL_FRAME } from "../../platform/event-frames.ts";
import { changeFrame, END_FRAME, nameOf, wholeFrame } from "./order-frames.ts";
import type { Progress } from "./read-progress.ts";

/** Its session may have ended since, so it comes back with its cookie, and from where it was. */
const LISTEN_MS_MAX = 5 * 60_000;

export interface Watched {
  orderId: string;
  sessionId: string;
  listener: Listener;
  known: Progress;
  name: string;
  sinceMs: number;
  saidMs: number;
}

/** The first words: the whole order, unless `after` names exactly that. */
export function greet(watched: Watched, after: string | undefined): void {
  watched.listener.send(HELLO_FRAME);
  if (after !== watched.name) watched.listener.send(wholeFrame(watched.known));
  endIfOver(watched);
}

export function tell(watched: Watched, now: Progress, nowMs: number): void {
  const name = nameOf(now);
  if (name !== watched.name) {
    say(watched, changeFrame(watched.known, now), nowMs);
    watched.known = now;
    watched.name = name;
    endIfOver(watched);
  } else if (nowMs - watched.sinceMs > LISTEN_MS_MAX) {
    watched.listener.end(HELLO_FRAME);
  } else if (nowMs - watched.saidMs > BEAT_MS) {
    say(watched, BEAT_FRAME, nowMs);
  }
}

function say(watched: Watched, frame: Uint8Array, nowMs: number): void {
  watched.saidMs = nowMs;
  if (!watched.listener.send(frame)) watched.listener.end(POLL_FRAME);
}

function endIfOver({ listener, known }: Watched): void {
  const stages = known.lines.map(({ stage }) => stage);
  if (isOver(known.state, stages)) listener.end(END_FRAME);
}
