// Serves the web app that web/ builds, next to the API.
import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { type Express, type RequestHandler, static as serveStatic } from "express";

const builtWeb = join(import.meta.dirname, "../../web/dist");
const YEAR_SECONDS = 365 * 24 * 60 * 60;

const ENCODINGS = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

/**
 * Assets carry their content's hash in their name; the page that names them must always be fresh.
 */
export function serveWeb(app: Express, dist = builtWeb): void {
  app.use("/assets", pickCompressed(join(dist, "assets")));
  app.use(
    "/assets",
    serveStatic(join(dist, "assets"), {
      immutable: true,
      maxAge: YEAR_SECONDS * 1000,
      redirect: false,
    }),
  );
  app.use(serveStatic(dist, { index: false, maxAge: 0, redirect: false }));
  app.get(/^\/(?!v1\/|docs|healthz|readyz|metrics|assets\/)[^.]*$/, (request, response, next) => {
    const page = join(dist, "index.html");
    // A program that asks for a page that is not there wants to
    // know; a person gets the app's own word.
    const wanted = request.path === "/" || request.get("accept")?.includes("text/html") === true;
    if (!wanted || !existsSync(page)) return next();
    response.set("Cache-Control", "no-cache").sendFile(page, { dotfiles: "allow" });
  });
}

/** Hands on the file that the build compressed, where the browser takes it. */
function pickCompressed(folder: string): RequestHandler {
  return (request, response, next) => {
    const { method, path } = request;
    if (method !== "GET" && method !== "HEAD") return next();
    response.vary("Accept-Encoding");
    if (!/^\/[\w.-]+\.(js|css|svg)$/.test(path)) return next();
    const picked = ENCODINGS.find(
      ([encoding, ending]) =>
        request.acceptsEncodings(encoding) === encoding && existsSync(join(folder, path + ending)),
    );
    if (picked !== undefined) {
      const [encoding, ending] = picked;
      response.set("Content-Encoding", encoding).type(extname(path));
      request.url = path + ending;
    }
    next();
  };
}
