// Gives every request an id that its answer, its log lines and a person's question can share.
import type { Request, RequestHandler, Response } from "express";
import type { Log } from "../platform/log.ts";
import { randomUuid } from "../platform/random.ts";
import { sendProblem } from "./problem.ts";

export type Fail = (request: Request, response: Response, error: unknown) => void;

export function traceRequests(log: Log): RequestHandler {
  // The members below are all that these lines have, and looking through each for secrets costs as
  // much as the rest of it.
  const lines = log.child({}, { redact: [] });
  return (request, response, next) => {
    const traceId = randomUuid();
    response.locals.traceId = traceId;
    response.set("X-Request-Id", traceId);
    const startedMs = performance.now();
    response.once("finish", () => {
      // The path without its query: an address in a query is somebody's.
      const { method, path } = request;
      const ms = Math.round(performance.now() - startedMs);
      lines.info({ traceId, method, path, status: response.statusCode, ms }, "request");
    });
    next();
  };
}

export function createFail(log: Log): Fail {
  return (request, response, error) => {
    const traceId = String(response.locals.traceId ?? "");
    sendProblem(request, response, { error, log, traceId });
  };
}
