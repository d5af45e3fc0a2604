// Runs a middleware that sets the same headers on every answer once, and sets what it said from then on.
import type { ServerResponse } from "node:http";

/** A dozen small functions for each request cost more than the headers are worth. */
export function constantHeaders(middleware: unknown): (response: ServerResponse) => void {
  const headers: [name: string, value: string][] = [];
  const recorder = {
    setHeader: (name: string, value: string) => void headers.push([name, value]),
    removeHeader: () => undefined,
  };
  const run = middleware as (request: object, response: object, next: () => void) => void;
  run({}, recorder, () => undefined);
  return (response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
  };
}
