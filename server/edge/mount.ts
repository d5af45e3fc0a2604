// Puts the routes of the API onto Express: who may call, is the input right, then the stage's handler.
import { type Express, json, type Request, type Response } from "express";
import type { z } from "zod";
import type { Caller, Cookie, Handlers, Packed } from "../api/handler.ts";
import type { Route } from "../api/route.ts";
import { ROUTES, type RouteName } from "../api/routes.ts";
import type { RoleWish } from "../auth/role.ts";
import { Refusal } from "../domain/failure.ts";
import { type EventRef, parseEventId } from "../domain/ticket-id.ts";
import type { Metrics } from "../platform/metrics.ts";
import { readCookies, writeCookie } from "./cookies.ts";
import { sendPacked } from "./packed.ts";
import type { Fail } from "./trace.ts";

export interface MountDeps {
  handlers: Handlers;
  authenticate: (token: string) => Promise<Caller | undefined>;
  /** Refuses a wallet that has none of the roles. */
  authorise: (wish: RoleWish) => Promise<void>;
  metrics: Metrics;
  publicUrl: URL;
  fail: Fail;
}

const BODY_BYTES_MAX = 64 * 1024;
const KEY_LENGTH_MAX = 100;

export function mountRoutes(app: Express, deps: MountDeps): void {
  const parseJson = json({ limit: BODY_BYTES_MAX, type: "application/json", strict: true });
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const verb = route.method.toLowerCase() as "get" | "post" | "delete";
    app[verb](route.path, async (request, response) => {
      const ended = deps.metrics.requestSeconds.startTimer({ route: route.path });
      response.once("finish", () => ended({ status: String(response.statusCode) }));
      try {
        refuseForeignPages(request, deps.publicUrl);
        if (route.method === "POST" && route.body !== undefined) requireJson(request);
        await new Promise<void>((resolve, reject) =>
          parseJson(request, response, (error?: unknown) => (error ? reject(error) : resolve())),
        );
        await answer({ name, route, request, response, deps });
      } catch (error) {
        deps.fail(request, response, error);
      }
    });
  }
  refuseOtherMethods(app, deps.fail);
}

async function answer({
  name,
  route,
  request,
  response,
  deps,
}: {
  name: RouteName;
  route: Route;
  request: Request;
  response: Response;
  deps: MountDeps;
}): Promise<void> {
  const secure = deps.publicUrl.protocol === "https:";
  const cookies = readCookies(request.headers.cookie, secure);
  const caller =
    route.access === "public" ? undefined : await requireCaller(cookies.sd_session, deps);
  const input = {
    params: parse(route.params, request.params, "/path"),
    query: parse(route.query, request.query, "/query"),
    body: parse(route.body, request.body, ""),
    caller,
    key: route.keyed === true ? requireKey(request) : undefined,
    cookies,
    userAgent: request.get("user-agent") ?? "",
  };
  if (route.access === "staff" && caller !== undefined) {
    const { roles } = route;
    await deps.authorise({ address: caller.address, roles, event: eventOf(input) });
  }
  // The table ties each route to its own input and output; here they are all alike.
  const handle = deps.handlers[name] as unknown as (
    request: typeof input,
  ) => Promise<{ body?: unknown; packed?: Packed; cookies?: Cookie[] }>;
  const reply = await handle(input);
  for (const cookie of reply.cookies ?? []) {
    response.append("Set-Cookie", writeCookie(cookie, secure));
  }
  response.set("Cache-Control", "no-store").status(route.status);
  if (reply.packed !== undefined) sendPacked(request, response, reply.packed);
  else if (route.status === 204) response.end();
  else response.json(reply.body);
}

async function requireCaller(token: string | undefined, deps: MountDeps): Promise<Caller> {
  const caller = token === undefined ? undefined : await deps.authenticate(token);
  if (caller === undefined) throw new Refusal("auth/required", "Nobody is signed in.");
  return caller;
}

/** The event that a staff route is about; the path's goes before the body's. */
function eventOf(input: { params: unknown; body: unknown }): EventRef | undefined {
  for (const part of [input.params, input.body]) {
    const eventId = (part as { eventId?: unknown } | undefined)?.eventId;
    if (typeof eventId === "string") return parseEventId(eventId);
  }
  return undefined;
}

function requireKey(request: Request): string {
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

function requireJson(request: Request): void {
  if (request.is("application/json") === false || request.get("content-type") === undefined) {
    throw new Refusal("request/content-type", "The body must be application/json.");
  }
}

/**
 * A cookie travels with requests that other sites' pages send, and Lax counts sibling hosts as the
 * same site. Browsers say where such a request comes from; programs say nothing and have no cookie
 * of somebody else.
 */
function refuseForeignPages(request: Request, publicUrl: URL): void {
  if (request.method === "GET") return;
  const origin = request.get("origin");
  if (origin !== undefined && origin !== publicUrl.origin) {
    throw new Refusal("request/origin-refused", `Pages of ${origin} may not call this.`);
  }
  const site = request.get("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    throw new Refusal("request/origin-refused", "Pages of another site may not call this.");
  }
}

function parse(schema: z.ZodType | undefined, value: unknown, at: string): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    pointer: `${at}${issue.path.map((part) => `/${String(part)}`).join("")}`,
    detail: issue.message,
  }));
  throw new Refusal("request/invalid", "The request does not fit the route.", { errors });
}

function refuseOtherMethods(app: Express, fail: Fail): void {
  const methods = new Map<string, string[]>();
  for (const { path, method } of Object.values(ROUTES)) {
    methods.set(path, [...(methods.get(path) ?? []), method]);
  }
  for (const [path, allowed] of methods) {
    app.all(path, (request, response) => {
      response.set("Allow", allowed.join(", "));
      const detail = `${request.method} does not work here.`;
      fail(request, response, new Refusal("request/method-not-allowed", detail));
    });
  }
}
