// Runs a middleware that sets the same headers on every answer once, and sets what it said from then on.
import type { RequestHandler } from "express";

/** A dozen small functions for each request cost more than the headers are worth. */
export function constantHeaders(middleware: unknown): RequestHandler {
  const headers: [name: string, value: string][] = [];
  const recorder = {
    setHeader: (name: string, value: string) => void headers.push([name, value]),
    removeHeader: () => undefined,
  };
  const run = middleware as (request: object, response: object, next: () => void) => void;
  run({}, recorder, () => undefined);
  return (_request, response, next) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    next();
  };
}
