// Puts the routes of the API onto Express: who may call, is the input right, then the stage's handler.
import { type Express, json, type Request, type Response } from "express";
import type { z } from "zod";
import type { Caller, Cookie, EventStream, Handlers, Packed, SignedBody } from "../api/handler.ts";
import { PROOF_HEADER } from "../api/proof.ts";
import type { Route } from "../api/route.ts";
import { ROUTES, type RouteName } from "../api/routes.ts";
import type { RoleWish } from "../auth/role.ts";
import { Refusal } from "../domain/failure.ts";
import { type EventRef, parseEventId } from "../domain/ticket-id.ts";
import type { Metrics } from "../platform/metrics.ts";
import { readCookies, writeCookie } from "./cookies.ts";
import { sendEvents } from "./events.ts";
import type { CountRequest } from "./limit.ts";
import { linkToNext } from "./next-page.ts";
import { sendPacked } from "./packed.ts";
import { refuseForeignPages, requireAcceptable, requireJson, requireKey } from "./require.ts";
import type { Fail } from "./trace.ts";

export interface MountDeps {
  handlers: Handlers;
  authenticate: (token: string) => Promise<Caller | undefined>;
  /** Who was found by the token just now; never asks anybody. */
  recall: (token: string) => Caller | undefined;
  count: CountRequest;
  /** Throws where the sale asks for a proof of work and the request brings none that counts. */
  requireProof: (wish: {
    eventId: string;
    caller: Caller;
    payload: string | undefined;
  }) => Promise<void>;
  /** Of a staff route whose path names an order; undefined for one that never was. */
  findEventOfOrder: (orderId: string) => Promise<EventRef | undefined>;
  /** Refuses a wallet that has none of the roles. */
  authorise: (wish: RoleWish) => Promise<void>;
  metrics: Metrics;
  publicUrl: URL;
  fail: Fail;
}

/** Of the routes that do not name a limit of their own. */
const BODY_BYTES_MAX = 64 * 1024;
/** A large body can be wrong in as many places as it has. */
const ISSUES_LISTED_MAX = 100;

type Cookies = ReturnType<typeof readCookies>;

export function mountRoutes(app: Express, deps: MountDeps): void {
  const secure = deps.publicUrl.protocol === "https:";
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const verb = route.method.toLowerCase() as Lowercase<Route["method"]>;
    const limit = route.bodyBytesMax ?? BODY_BYTES_MAX;
    const parseJson = json({
      ...{ limit, type: "application/json", strict: true },
      // Kept where they are signed: what a parser makes of them is not what was signed.
      verify: (_request, response, bytes) => {
        if (route.signedBy !== undefined) (response as Response).locals.bytes = bytes;
      },
    });
    app[verb](route.path, async (request, response) => {
      const ended = deps.metrics.requestSeconds.startTimer({ route: route.path });
      response.once("finish", () => {
        // How long somebody listens says nothing about how long an answer takes.
        if (route.answers !== "events") ended({ status: String(response.statusCode) });
      });
      try {
        refuseForeignPages(request, deps.publicUrl);
        requireAcceptable(request, route);
        const cookies = readCookies(request.headers.cookie, secure);
        const counted = await countFirst(request, response, { route, cookies, deps });
        if (route.body !== undefined) requireJson(request);
        // A large body is read for those alone who may send it.
        if (route.bodyBytesMax !== undefined && route.access !== "public") {
          await requireStaff(request, { route, cookies, deps });
        }
        await new Promise<void>((resolve, reject) =>
          parseJson(request, response, (error?: unknown) => (error ? reject(error) : resolve())),
        );
        await answer({ name, route, request, response, cookies, counted, deps });
      } catch (error) {
        deps.fail(request, response, error);
      }
    });
  }
  answerOtherMethods(app, deps.fail);
}

async function answer({
  name,
  route,
  request,
  response,
  cookies,
  counted,
  deps,
}: {
  name: RouteName;
  route: Route;
  request: Request;
  response: Response;
  cookies: Cookies;
  /** The wallet that is counted already. */
  counted: string | undefined;
  deps: MountDeps;
}): Promise<void> {
  const secure = deps.publicUrl.protocol === "https:";
  const caller =
    route.access === "public" ? undefined : await requireCaller(cookies.sd_session, deps);
  if (caller !== undefined && caller.address !== counted) {
    await deps.count(request, response, [walletCount(route, caller)]);
  }
  const input = {
    params: parse(route.params, request.params, "/path"),
    query: parse(route.query, request.query, "/query"),
    body: parse(route.body, request.body, ""),
    caller,
    key: keyOf(request, route),
    signed: signedBody(route, request, response),
    cookies,
    userAgent: request.get("user-agent") ?? "",
    lastEventId: request.get("last-event-id"),
  };
  if (route.access === "staff" && caller !== undefined) {
    const { roles } = route;
    await deps.authorise({ address: caller.address, roles, event: await eventOf(input, deps) });
  }
  if (route.proof === true && caller !== undefined) {
    const { eventId } = input.params as { eventId: string };
    await deps.requireProof({ eventId, caller, payload: request.get(PROOF_HEADER) });
  }
  // The table ties each route to its own input and output; here they are all alike.
  const handle = deps.handlers[name] as unknown as (request: typeof input) => Promise<AnyReply>;
  const reply = await handle(input);
  for (const cookie of reply.cookies ?? []) {
    response.append("Set-Cookie", writeCookie(cookie, secure));
  }
  if (reply.headers !== undefined) response.set(reply.headers);
  response.setHeader("Cache-Control", "no-store");
  response.status(route.status);
  if (reply.events !== undefined) sendEvents(request, response, reply.events);
  else if (reply.packed !== undefined) sendPacked(request, response, reply.packed);
  else if (route.status === 204) response.end();
  else sendJson(response.set(linkToNext(request, reply.body)), reply.body);
}

/** Without a tag: nobody keeps an answer that is not to be stored. */
function sendJson(response: Response, body: unknown): void {
  const text = JSON.stringify(body);
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.end(text);
}

/**
 * The network address, and in the same step the wallet of a session that was seen just now: an
 * address over its quota never makes us look for a session.
 */
async function countFirst(
  request: Request,
  response: Response,
  { route, cookies, deps }: { route: Route; cookies: Cookies; deps: MountDeps },
): Promise<string | undefined> {
  const ofAddress = { limit: route.limit, scope: "ip" } as const;
  const token = route.access === "public" ? undefined : cookies.sd_session;
  const caller = token === undefined ? undefined : deps.recall(token);
  const counts = caller === undefined ? [ofAddress] : [ofAddress, walletCount(route, caller)];
  await deps.count(request, response, counts);
  return caller?.address;
}

function walletCount({ limit }: Route, { address }: Caller) {
  return { limit, scope: "wallet", caller: address } as const;
}

function signedBody(route: Route, request: Request, response: Response): SignedBody | undefined {
  if (route.signedBy === undefined) return undefined;
  const { bytes = Buffer.alloc(0) } = response.locals as { bytes?: Buffer };
  return { bytes, signature: request.get(route.signedBy) };
}

interface AnyReply {
  body?: unknown;
  packed?: Packed;
  events?: EventStream;
  cookies?: Cookie[];
  headers?: Readonly<Record<string, string>>;
}

/** By the path alone, before the body is there. */
async function requireStaff(
  request: Request,
  { route, cookies, deps }: { route: Route; cookies: Cookies; deps: MountDeps },
): Promise<void> {
  const caller = await requireCaller(cookies.sd_session, deps);
  if (route.access !== "staff") return;
  const params = parse(route.params, request.params, "/path");
  const event = await eventOf({ params, body: undefined }, deps);
  await deps.authorise({ address: caller.address, roles: route.roles, event });
}

function keyOf(request: Request, { keyed }: Route): string | undefined {
  if (keyed === undefined) return undefined;
  const isLeftOut = request.get("idempotency-key") === undefined;
  return keyed === "optional" && isLeftOut ? undefined : requireKey(request);
}

async function requireCaller(token: string | undefined, deps: MountDeps): Promise<Caller> {
  const caller = token === undefined ? undefined : await deps.authenticate(token);
  if (caller === undefined) throw new Refusal("auth/required", "Nobody is signed in.");
  return caller;
}

/** The event that a staff route is about, or its order is of; the path's goes before the body's. */
async function eventOf(
  input: { params: unknown; body: unknown },
  { findEventOfOrder }: MountDeps,
): Promise<EventRef | undefined> {
  const orderId = (input.params as { orderId?: unknown } | undefined)?.orderId;
  if (typeof orderId === "string") return findEventOfOrder(orderId);
  for (const part of [input.params, input.body]) {
    const eventId = (part as { eventId?: unknown } | undefined)?.eventId;
    if (typeof eventId === "string") return parseEventId(eventId);
  }
  return undefined;
}

function parse(schema: z.ZodType | undefined, value: unknown, at: string): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, ISSUES_LISTED_MAX).map((issue) => ({
    pointer: `${at}${issue.path.map((part) => `/${String(part)}`).join("")}`,
    detail: issue.message,
  }));
  throw new Refusal("request/invalid", "The request does not fit the route.", { errors });
}

/** OPTIONS tells the methods of a route; there is no CORS, so no page of another site may call. */
function answerOtherMethods(app: Express, fail: Fail): void {
  const methods = new Map<string, string[]>();
  for (const { path, method } of Object.values(ROUTES)) {
    const found = method === "GET" ? ["GET", "HEAD"] : [method];
    methods.set(path, [...(methods.get(path) ?? []), ...found]);
  }
  for (const [path, allowed] of methods) {
    app.all(path, (request, response) => {
      response.set("Allow", [...allowed, "OPTIONS"].join(", "));
      if (request.method === "OPTIONS") {
        response.status(204).end();
        return;
      }
      const detail = `${request.method} does not work here.`;
      fail(request, response, new Refusal("request/method-not-allowed", detail));
    });
  }
}
