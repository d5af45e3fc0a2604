// Gives every request an id that its answer, its log lines and a person's question can share.
import type { Request, Response } from "express";
import type { Log } from "../platform/log.ts";
import type { Metrics } from "../platform/metrics.ts";
import { randomUuid } from "../platform/random.ts";
import { type Notes, notesOf, setHead } from "./head.ts";
import { sendProblem } from "./problem.ts";

export type Fail = (request: Request, response: Response, error: unknown) => void;

export type Trace = (request: Request, response: Response) => void;

const MS_PER_SECOND = 1_000;

export function createTrace({
  log,
  metrics,
  constants,
}: {
  log: Log;
  metrics: Metrics;
  /** Headers of every answer, names and values in turn. */
  constants: readonly string[];
}): Trace {
  // The members below are all that these lines have, and looking through each for secrets costs as
  // much as the rest of it.
  const lines = log.child({}, { redact: [] });
  const secondsOf = keepChildren(metrics.requestSeconds);
  return (request, response) => {
    const startedMs = performance.now();
    const traceId = randomUuid();
    const notes: Notes = { traceId, head: [...constants, "X-Request-Id", traceId] };
    // Express would make them, and keeps these.
    response.locals = notes as Response["locals"];
    response.once("finish", () => {
      // The path without its query: an address in a query is somebody's.
      const { method, path } = request;
      const { statusCode: status } = response;
      const ms = performance.now() - startedMs;
      lines.info({ traceId, method, path, status, ms: Math.round(ms) }, "request");
      const { route } = notes;
      // How long somebody listens says nothing about how long an answer takes.
      if (route === undefined || route.answers === "events") return;
      secondsOf(route.path, status).observe(ms / MS_PER_SECOND);
    });
  };
}

type Seconds = Metrics["requestSeconds"];

/** To find the same labels' numbers again costs more than to count. */
function keepChildren(seconds: Seconds) {
  const kept = new Map<string, ReturnType<Seconds["labels"]>>();
  return (route: string, status: number) => {
    const key = `${status} ${route}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const child = seconds.labels({ route, status });
    kept.set(key, child);
    return child;
  };
}

export function createFail(log: Log): Fail {
  return (request, response, error) => {
    const { traceId } = notesOf(response);
    setHead(response);
    sendProblem(request, response, { error, log, traceId });
  };
}
