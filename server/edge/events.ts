// Sends server-sent events: the bytes are shared, and who does not read them is let go.
import type { Request, Response } from "express";
import type { EventStream } from "../api/handler.ts";

/**
 * What may still wait for one listener when the next frame comes: some seconds of a busy sale.
 * Beyond it the connection is too slow for a live map, and asking for the whole map is quicker.
 */
const UNSENT_BYTES_MAX = 64 * 1024;
/** A listener that is let go may need this long to read the last word. */
const LAST_WORD_MS = 5_000;

export function sendEvents(request: Request, response: Response, events: EventStream): void {
  response.set({
    "Content-Type": "text/event-stream; charset=utf-8",
    // A proxy that collects or compresses what it hands on would hold events back.
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
    Connection: "close",
  });
  // Ends with its connection: without chunks, a frame goes to each socket as it is.
  response.removeHeader("Transfer-Encoding");
  response.useChunkedEncodingByDefault = false;
  response.flushHeaders();
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  // Hung up while the event was looked up: nothing would tell us of the end any more.
  if (response.destroyed) return;
  let leave: (() => void) | undefined;
  let ended = false;
  const listener = {
    send: (frame: Uint8Array) => {
      // What was sent before this frame must be on its way; one frame alone may be larger.
      if (ended || response.destroyed || response.writableLength > UNSENT_BYTES_MAX) return false;
      response.write(frame);
      return true;
    },
    end: (frame?: Uint8Array) => {
      if (ended) return;
      ended = true;
      leave?.();
      if (frame === undefined) response.end();
      else response.end(frame);
      setTimeout(() => response.destroy(), LAST_WORD_MS).unref();
    },
  };
  leave = events.listen(listener);
  response.once("close", () => {
    ended = true;
    leave?.();
  });
}
