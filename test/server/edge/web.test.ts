// The web app's files: compressed where the browser takes it, and problems for what cannot be answered.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import express from "express";
import { Problem } from "#server/api/problem.ts";
import { Refusal } from "#server/domain/failure.ts";
import { setHead } from "#server/edge/head.ts";
import { createFail, createTrace } from "#server/edge/trace.ts";
import { serveWeb } from "#server/edge/web.ts";
import { closeHttp, listen } from "#server/platform/http.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";

const SCRIPT = "console.log('stagedoor');";

describe("the web app's files", () => {
  const dist = mkdtempSync(join(tmpdir(), "stagedoor-web-"));
  let server: Server;
  let url: string;
  before(async () => {
    mkdirSync(join(dist, "assets/fonts"), { recursive: true });
    writeFileSync(join(dist, "index.html"), "<!doctype html>");
    writeFileSync(join(dist, "assets/app.js"), SCRIPT);
    writeFileSync(join(dist, "assets/app.js.gz"), gzipSync(SCRIPT));
    const log = createLog({ name: "test", level: "silent" });
    const fail = createFail(log);
    const app = express();
    const trace = createTrace({ log, metrics: createMetrics("test"), constants: [] });
    app.use((request, response, next) => {
      trace(request, response);
      setHead(response);
      next();
    });
    serveWeb(app, dist);
    app.use((request, response) => {
      fail(request, response, new Refusal("request/not-found", "There is no such route."));
    });
    app.use(((error, request, response, _next) => {
      fail(request, response, error);
    }) satisfies express.ErrorRequestHandler);
    server = await listen(app, { host: "127.0.0.1", port: 0 });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await closeHttp(server);
    rmSync(dist, { recursive: true, force: true });
  });

  async function problem(path: string, init: RequestInit, code: string): Promise<void> {
    const response = await fetch(url + path, { redirect: "manual", ...init });
    const body = await response.text();
    expect(response.headers.get("content-type"), body).to.include("application/problem+json");
    expect(Problem.parse(JSON.parse(body)).code).to.equal(code);
    expect(response.headers.get("content-encoding")).to.equal(null);
    expect(response.headers.get("cache-control")).to.equal("no-store");
    expect(response.headers.get("last-modified")).to.equal(null);
    expect(body).not.to.match(/Precondition|Range Not|node_modules/);
  }

  it("come compressed, to be kept", async () => {
    const response = await fetch(`${url}/assets/app.js`);
    expect(response.headers.get("content-encoding")).to.equal("gzip");
    expect(response.headers.get("cache-control")).to.include("immutable");
    expect(await response.text()).to.equal(SCRIPT);
  });

  it("are problems, not labelled as compressed, for other methods", () =>
    problem("/assets/app.js", { method: "POST" }, "request/not-found"));

  it("are problems for a condition that does not hold", () =>
    problem("/assets/app.js", { headers: { "if-match": '"other"' } }, "request/invalid"));

  it("are problems for a range that is not there", () =>
    problem("/assets/app.js", { headers: { range: "bytes=99999999-" } }, "request/invalid"));

  it("are problems, not pages of a library, for a folder", async () => {
    await problem("/assets/fonts", {}, "request/not-found");
    await problem("/assets", {}, "request/not-found");
  });

  it("are the app for a person's address", async () => {
    const response = await fetch(`${url}/events/evt_1_1`, { headers: { accept: "text/html" } });
    expect(await response.text()).to.equal("<!doctype html>");
  });
});
