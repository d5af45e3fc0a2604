// What every request must be before its route looks at it: from our own pages, readable, answerable.
import type { Request } from "express";
import { PROBLEM_CONTENT_TYPE } from "../api/problem.ts";
import type { Route } from "../api/route.ts";
import { Refusal } from "../domain/failure.ts";

const KEY_LENGTH_MAX = 100;

const ANSWERED_WITH = {
  json: ["application/json", PROBLEM_CONTENT_TYPE],
  bytes: ["application/octet-stream"],
  events: ["text/event-stream"],
} as const;

/**
 * A cookie travels with requests that other sites' pages send, and Lax counts sibling hosts as the
 * same site. Browsers say where such a request comes from; programs say nothing and have no cookie
 * of somebody else.
 */
export function refuseForeignPages(request: Request, publicUrl: URL): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const origin = request.get("origin");
  if (origin !== undefined && origin !== publicUrl.origin) {
    throw new Refusal("request/origin-refused", `Pages of ${origin} may not call this.`);
  }
  const site = request.get("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    throw new Refusal("request/origin-refused", "Pages of another site may not call this.");
  }
}

export function requireAcceptable(request: Request, route: Route): void {
  if (route.status === 204) return;
  const types = ANSWERED_WITH[route.answers ?? "json"];
  const { accept } = request.headers;
  if (accept === undefined || accept === "*/*") return;
  if (request.accepts([...types]) !== false) return;
  throw new Refusal("request/not-acceptable", `This route answers with ${types[0]}.`);
}

export function requireJson(request: Request): void {
  if (request.headers["content-type"] === "application/json") return;
  if (request.is("application/json") === false || request.get("content-type") === undefined) {
    throw new Refusal("request/content-type", "The body must be application/json.");
  }
}

export function requireKey(request: Request): string {
  const key = request.get("idempotency-key");
  if (key === undefined || key === "") {
    throw new Refusal("request/key-missing", "Send an Idempotency-Key with this request.");
  }
  if (key.length > KEY_LENGTH_MAX || !/^[\x21-\x7e]+$/.test(key)) {
    throw new Refusal(
      "request/invalid",
      "The Idempotency-Key is not up to 100 printable characters.",
    );
  }
  return key;
}
