// Serves one route of the API: who may call, is the input right, then the stage's handler.
import type { Request, Response } from "express";
import type { z } from "zod";
import type {
  Caller,
  Connection,
  Cookie,
  EventStream,
  Handlers,
  Packed,
  SignedBody,
} from "../api/handler.ts";
import { PROOF_HEADER } from "../api/proof.ts";
import type { Route } from "../api/route.ts";
import type { RouteName } from "../api/routes.ts";
import type { RoleWish } from "../auth/role.ts";
import { Refusal } from "../domain/failure.ts";
import { type EventRef, parseEventId } from "../domain/ticket-id.ts";
import { connectionOf } from "./connection.ts";
import { readCookies, writeCookie } from "./cookies.ts";
import { sendEvents } from "./events.ts";
import { notesOf, setHead, writeHead } from "./head.ts";
import type { Count, CountRequest } from "./limit.ts";
import { linkToNext } from "./next-page.ts";
import { sendPacked } from "./packed.ts";
import { createJsonReader } from "./read-json.ts";
import { refuseForeignPages, requireAcceptable, requireJson, requireKey } from "./require.ts";
import type { Fail } from "./trace.ts";

export interface ServeDeps {
  handlers: Handlers;
  sessions: Sessions;
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
  publicUrl: URL;
  fail: Fail;
}

/** Who a session's token belongs to. A request asks several times, and names it by its hash. */
interface Sessions {
  hash: (token: string) => string;
  /** Who was found just now; never asks anybody. */
  recall: (tokenHash: string) => Caller | undefined;
  find: (tokenHash: string) => Promise<Caller | undefined>;
}

/** A large body can be wrong in as many places as it has. */
const ISSUES_LISTED_MAX = 100;

export function serveRoute(
  name: RouteName,
  route: Route,
  deps: ServeDeps,
): (request: Request, response: Response) => Promise<void> {
  const { sessions, publicUrl } = deps;
  const secure = publicUrl.protocol === "https:";
  const readJson = createJsonReader(route);
  // The table ties each route to its own input and output; here they are all alike.
  const handle = deps.handlers[name] as unknown as (request: Input) => Promise<AnyReply>;

  async function answer(request: Request, response: Response): Promise<void> {
    refuseForeignPages(request, publicUrl);
    requireAcceptable(request, route);
    const cookies = readCookies(request.headers.cookie, secure);
    const token = route.access === "public" ? undefined : cookies.sd_session;
    const session = token === undefined ? undefined : sessions.hash(token);
    const counted = session === undefined ? undefined : sessions.recall(session);
    await deps.count(request, response, countsOf(route, counted));
    if (route.body !== undefined) requireJson(request);
    // A large body is read for those alone who may send it.
    if (route.bodyBytesMax !== undefined && route.access !== "public") {
      await requireStaff(request, { route, session, deps });
    }
    await readJson(request, response);
    // Asked again although it was just counted: the session may have ended since, in any process.
    const seen = session === undefined ? undefined : sessions.recall(session);
    const caller =
      route.access === "public" ? undefined : (seen ?? (await requireCaller(session, sessions)));
    if (caller !== undefined && caller.address !== counted?.address) {
      await deps.count(request, response, [walletCount(route, caller)]);
    }
    const input: Input = {
      params: parse(route.params, request.params, "/path"),
      query: route.query === undefined ? undefined : parse(route.query, request.query, "/query"),
      body: parse(route.body, request.body, ""),
      caller,
      key: keyOf(request, route),
      signed: signedBody(route, request, response),
      cookies,
      userAgent: request.headers["user-agent"] ?? "",
      lastEventId: request.get("last-event-id"),
      mirrorAtLeast: request.get("mirror-at-least"),
      connection: connectionOf(request, response),
    };
    if (caller !== undefined && (route.access === "staff" || route.proof === true)) {
      await requireLeave(request, { route, caller, input, deps });
    }
    send(request, response, { route, reply: await handle(input), secure });
  }

  return async (request, response) => {
    notesOf(response).route = route;
    try {
      await answer(request, response);
    } catch (error) {
      deps.fail(request, response, error);
    }
  };
}

interface Input {
  params: unknown;
  query: unknown;
  body: unknown;
  caller: Caller | undefined;
  key: string | undefined;
  signed: SignedBody | undefined;
  cookies: ReturnType<typeof readCookies>;
  userAgent: string;
  lastEventId: string | undefined;
  mirrorAtLeast: string | undefined;
  connection: Connection;
}

interface AnyReply {
  body?: unknown;
  packed?: Packed;
  events?: EventStream;
  cookies?: Cookie[];
  headers?: Readonly<Record<string, string>>;
}

/** What a session alone does not allow: a role, and a hold where the sale asks for a proof. */
async function requireLeave(
  request: Request,
  about: { route: Route; caller: Caller; input: Input; deps: ServeDeps },
): Promise<void> {
  const { route, caller, input, deps } = about;
  if (route.access === "staff") {
    const { roles } = route;
    await deps.authorise({ address: caller.address, roles, event: await eventOf(input, deps) });
  }
  if (route.proof !== true) return;
  const { eventId } = input.params as { eventId: string };
  await deps.requireProof({ eventId, caller, payload: request.get(PROOF_HEADER) });
}

function send(
  request: Request,
  response: Response,
  { route, reply, secure }: { route: Route; reply: AnyReply; secure: boolean },
): void {
  const { head } = notesOf(response);
  for (const cookie of reply.cookies ?? []) head.push("Set-Cookie", writeCookie(cookie, secure));
  for (const [name, value] of Object.entries(reply.headers ?? {})) head.push(name, value);
  head.push("Cache-Control", "no-store");
  if (reply.events !== undefined || reply.packed !== undefined) {
    setHead(response);
    response.statusCode = route.status;
    if (reply.events !== undefined) sendEvents(request, response, reply.events);
    else if (reply.packed !== undefined) sendPacked(request, response, reply.packed);
  } else if (route.status === 204) {
    writeHead(response, route.status);
    response.end();
  } else {
    const link = linkToNext(request, reply.body);
    if (link !== undefined) head.push("Link", link);
    // Without a tag: nobody keeps an answer that is not to be stored.
    const text = JSON.stringify(reply.body);
    head.push("Content-Type", "application/json; charset=utf-8");
    head.push("Content-Length", String(Buffer.byteLength(text)));
    writeHead(response, route.status);
    response.end(text);
  }
}

/**
 * The network address, and in the same step the wallet of a session that was seen just now: an
 * address over its quota never makes us look for a session.
 */
function countsOf(route: Route, caller: Caller | undefined): Count[] {
  const ofAddress = { limit: route.limit, scope: "ip" } as const;
  return caller === undefined ? [ofAddress] : [ofAddress, walletCount(route, caller)];
}

function walletCount({ limit }: Route, { address }: Caller): Count {
  return { limit, scope: "wallet", caller: address };
}

function signedBody(route: Route, request: Request, response: Response): SignedBody | undefined {
  if (route.signedBy === undefined) return undefined;
  const { bytes = Buffer.alloc(0) } = response.locals as { bytes?: Buffer };
  return { bytes, signature: request.get(route.signedBy) };
}

/** By the path alone, before the body is there. */
async function requireStaff(
  request: Request,
  { route, session, deps }: { route: Route; session: string | undefined; deps: ServeDeps },
): Promise<void> {
  const caller = await requireCaller(session, deps.sessions);
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

async function requireCaller(session: string | undefined, sessions: Sessions): Promise<Caller> {
  const caller = session === undefined ? undefined : await sessions.find(session);
  if (caller === undefined) throw new Refusal("auth/required", "Nobody is signed in.");
  return caller;
}

/** The event that a staff route is about, or its order is of; the path's goes before the body's. */
async function eventOf(
  input: { params: unknown; body: unknown },
  { findEventOfOrder }: ServeDeps,
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
