// Turns whatever a request ended in into the problem document that the caller gets.
import type { Request, Response } from "express";
import { ERRORS, type ErrorCode, type ErrorEntry } from "../api/errors.ts";
import { PROBLEM_CONTENT_TYPE, type Problem } from "../api/problem.ts";
import { Fault, Refusal } from "../domain/failure.ts";
import { asDbFault } from "../platform/db/failure.ts";
import type { Log } from "../platform/log.ts";
import { notJson, notWhole } from "./read-json.ts";

/** Each code has a page of its own there. */
const TYPE_BASE = "/docs/errors/";
/** Whoever is told to send the same again is told when; a failure may know better. */
const RETRY_AFTER_SECONDS = 2;
const HEADERS_OF_THE_ANSWER = [
  ...["Content-Encoding", "Content-Length", "Content-Range", "Accept-Ranges"],
  ...["ETag", "Last-Modified"],
];

export function sendProblem(
  request: Request,
  response: Response,
  { error, log, traceId }: { error: unknown; log: Log; traceId: string },
): void {
  const { code, detail, data } = describe(error, { log, traceId });
  const entry: ErrorEntry = ERRORS[code];
  if (response.headersSent) return;
  response.status(entry.status);
  if (entry.retry === "same") {
    const usual = entry.retryAfterSeconds ?? RETRY_AFTER_SECONDS;
    const { retryAfter = usual } = data as { retryAfter?: number };
    response.set("Retry-After", String(retryAfter));
  }
  // What was said about the answer that this one replaces, be it a compressed file kept for a year.
  for (const name of HEADERS_OF_THE_ANSWER) response.removeHeader(name);
  response.set("Cache-Control", "no-store");
  response.type(PROBLEM_CONTENT_TYPE).send(
    JSON.stringify({
      // Data first: a failure's own members can never replace the standard ones.
      ...data,
      ...problemOf({ code, detail, instance: request.path, traceId }),
    }),
  );
}

/** The members that every problem has. */
export function problemOf(about: {
  code: ErrorCode;
  detail: string;
  instance: string;
  traceId: string;
}): Problem {
  const { status, title, retry }: ErrorEntry = ERRORS[about.code];
  return { type: `${TYPE_BASE}${about.code}`, title, status, retry, ...about };
}

function describe(
  error: unknown,
  { log, traceId }: { log: Log; traceId: string },
): { code: ErrorCode; detail: string; data: Record<string, unknown> } {
  const failure = error instanceof Error ? (asDbFault(error) ?? fromExpress(error)) : error;
  if (failure instanceof Refusal) {
    return { code: failure.code, detail: failure.message, data: failure.data };
  }
  if (failure instanceof Fault) {
    log.warn({ err: failure, traceId }, "a dependency failed");
    return { code: failure.code, detail: failure.message, data: failure.data };
  }
  log.error({ err: error, traceId }, "a bug");
  // Nothing of the error itself: what broke is ours to know.
  return { code: "server/bug", detail: "Something broke; it is in our log.", data: {} };
}

/** Express' body parser and file server have errors of their own kind; their texts stay here. */
function fromExpress(error: Error): Error {
  switch ((error as { type?: unknown }).type) {
    case "entity.too.large":
      return new Refusal("request/too-large", "The body is larger than this route takes.");
    case "entity.parse.failed":
      return notJson();
    case "charset.unsupported":
    case "encoding.unsupported":
      return new Refusal("request/content-type", "The body's encoding is not supported.");
    case "request.aborted":
    case "request.size.invalid":
      return notWhole();
  }
  if (error instanceof URIError) {
    return new Refusal("request/invalid", "The path is not a valid address.");
  }
  // Only they say `expose`; a node's 429 that a client library throws is no fault of the caller.
  const { status, expose } = error as { status?: unknown; expose?: unknown };
  if (expose === true && typeof status === "number" && status >= 400 && status < 500) {
    return new Refusal("request/invalid", "The headers or the body cannot be read.");
  }
  return error;
}
