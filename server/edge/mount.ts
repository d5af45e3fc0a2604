// Puts the routes of the API onto Express, and before it a table that finds most of them at once.
import type { Express, Request, Response } from "express";
import type { Route } from "../api/route.ts";
import { ROUTES, type RouteName } from "../api/routes.ts";
import { Refusal } from "../domain/failure.ts";
import { createRouteTable } from "./route-table.ts";
import { type ServeDeps, serveRoute } from "./serve-route.ts";
import type { Fail } from "./trace.ts";

/** Answers false for an address that Express has to look at. */
type AnswerOrdinary = (request: Request, response: Response) => boolean;

export function mountRoutes(app: Express, deps: ServeDeps): AnswerOrdinary {
  const mounted = (Object.entries(ROUTES) as [RouteName, Route][]).map(([name, route]) => {
    const { method, path } = route;
    const serve = serveRoute(name, route, deps);
    app[method.toLowerCase() as Lowercase<Route["method"]>](path, serve);
    return { method, path, target: serve };
  });
  answerOtherMethods(app, deps.fail);
  const find = createRouteTable(mounted);
  return (request, response) => {
    const found = find(request.method, request.url);
    if (found === undefined) return false;
    // What Express itself would have said of them by now.
    request.res = response;
    request.params = found.params;
    void found.target(request, response);
    return true;
  };
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
