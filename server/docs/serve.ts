// Serves the documentation: the API's page, its OpenAPI document, and a page for every error code.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Express } from "express";
import { type ApiDocument, apiPage } from "./api-page.ts";
import { errorListPage, errorPage, isErrorCode } from "./error-page.ts";

const folder = join(import.meta.dirname, "../../docs");
const STYLE = join(import.meta.dirname, "docs.css");

/** Written once at the start: the document belongs to this very version of the code. */
export function serveDocs(app: Express): void {
  const openApi = readFileSync(join(folder, "openapi.json"));
  const style = readFileSync(STYLE);
  const api = apiPage(JSON.parse(openApi.toString("utf8")) as ApiDocument);
  const errors = errorListPage();
  app.get("/docs", (_request, response) => void response.type("html").send(api));
  app.get("/docs/docs.css", (_request, response) => void response.type("css").send(style));
  app.get("/docs/openapi.json", (_request, response) => void response.type("json").send(openApi));
  app.get("/docs/errors", (_request, response) => void response.type("html").send(errors));
  app.get("/docs/errors/:group/:name", ({ params: { group, name } }, response, next) => {
    const code = `${group}/${name}`;
    if (isErrorCode(code)) response.type("html").send(errorPage(code));
    else next();
  });
}
