// Sends an answer whose bytes are kept, in the smallest form that the caller takes, or that it has it already.
import type { Request, Response } from "express";
import type { Packed } from "../api/handler.ts";

/** The smaller first. */
const ENCODINGS = ["br", "gzip"] as const;

export function sendPacked(request: Request, response: Response, packed: Packed): void {
  const encoding = ENCODINGS.find((name) => request.acceptsEncodings(name) === name);
  if (encoding !== undefined) response.set("Content-Encoding", encoding);
  response.vary("Accept-Encoding");
  // Kept by the browser and asked about each time: Express answers 304 where the tag is the same.
  response.set({ "Cache-Control": "no-cache", ETag: packed.etag });
  response.type(packed.type ?? "json");
  response.send(packed[encoding ?? "plain"]);
}
