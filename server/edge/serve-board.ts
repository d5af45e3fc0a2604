// Puts the operator's queue pages behind the operator's role; nothing but reading gets through.
import type { Express, Request, RequestHandler } from "express";
import { Refusal } from "../domain/failure.ts";
import { readCookies } from "./cookies.ts";
import type { ServeDeps } from "./serve-route.ts";

/**
 * Its styles are partly written in the page, and its addresses are relative to a base. It asks for
 * fonts of another host, which our policy refuses: its pages do without.
 */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "base-uri 'self'",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "object-src 'none'",
].join(";");

interface Board {
  path: string;
  open(): Promise<RequestHandler>;
}

type BoardDeps = Pick<ServeDeps, "sessions" | "count" | "authorise" | "publicUrl" | "fail">;

export function serveBoard(app: Express, board: Board, deps: BoardDeps): void {
  app.use(board.path, async (request, response, next) => {
    try {
      await deps.count(request, response, [{ limit: "read", scope: "ip" }]);
      await requireOperator(request, deps);
      if (request.method !== "GET" && request.method !== "HEAD") {
        throw new Refusal("request/method-not-allowed", "Queues are only looked at here.");
      }
      const pages = await board.open();
      response.setHeader("Content-Security-Policy", POLICY);
      response.setHeader("Cache-Control", "no-store");
      pages(request, response, next);
    } catch (error) {
      deps.fail(request, response, error);
    }
  });
}

async function requireOperator(
  request: Request,
  { sessions, authorise, publicUrl }: BoardDeps,
): Promise<void> {
  const token = readCookies(request.headers.cookie, publicUrl.protocol === "https:").sd_session;
  const caller = token === undefined ? undefined : await sessions.find(sessions.hash(token));
  if (caller === undefined) throw new Refusal("auth/required", "Nobody is signed in.");
  await authorise({ address: caller.address, roles: ["operator"], event: undefined });
}
