// Serves the web app that web/ builds, next to the API.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Express, static as serveStatic } from "express";

const dist = join(import.meta.dirname, "../../web/dist");
const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** Assets carry their content's hash in their name; the page that names them must always be fresh. */
export function serveWeb(app: Express): void {
  app.use(
    "/assets",
    serveStatic(join(dist, "assets"), { immutable: true, maxAge: YEAR_SECONDS * 1000 }),
  );
  app.use(serveStatic(dist, { index: false, maxAge: 0 }));
  app.get(/^\/(?!v1\/|docs|healthz|readyz|metrics|assets\/)[^.]*$/, (request, response, next) => {
    const page = join(dist, "index.html");
    // A program that asks for a page that is not there wants to know; a person gets the app's own word.
    const wanted = request.path === "/" || request.get("accept")?.includes("text/html") === true;
    if (!wanted || !existsSync(page)) return next();
    response.set("Cache-Control", "no-cache").sendFile(page, { dotfiles: "allow" });
  });
}
