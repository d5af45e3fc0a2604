// The documentation that the API serves: a page of every route and every error, under its own policy.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ERRORS, type ErrorCode } from "#server/api/errors.ts";
import { Problem } from "#server/api/problem.ts";
import { ROUTES } from "#server/api/routes.ts";
import { exampleOf } from "#server/docs/example.ts";
import { html } from "#server/docs/html.ts";
import { type House, openHouse } from "../../support/house.ts";

describe("documentation", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  async function read(path: string) {
    const response = await fetch(new URL(path, house.url));
    return { response, body: await response.text() };
  }

  it("shows every route with its problems, without a script or anything from elsewhere", async () => {
    const { response, body } = await read("/docs");
    expect(response.status).to.equal(200);
    expect(response.headers.get("content-type")).to.include("text/html");
    expect(response.headers.get("content-security-policy")).to.include("default-src 'self'");
    for (const [name, { path, errors }] of Object.entries(ROUTES)) {
      expect(body).to.include(`id="${name}"`);
      expect(body).to.include(path.replace(/:(\w+)/g, "{$1}"));
      for (const code of errors) expect(body).to.include(`href="/docs/errors/${code}"`);
    }
    expect(body).not.to.match(/<script|<style|style="|https?:\/\/(?!localhost)|\son\w+=/);
  });

  it("leads from every link of the page to a place that is there", async () => {
    const { body } = await read("/docs");
    const ids = new Set([...body.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
    const links = [...body.matchAll(/href="([^"]+)"/g)].map(([, link]) => link as string);
    const inside = links.filter((link) => link.startsWith("#"));
    expect(inside.length).to.be.greaterThan(20);
    for (const link of inside) expect(ids.has(link.slice(1)), link).to.equal(true);
    for (const link of new Set(links.filter((one) => one.startsWith("/docs")))) {
      const { response } = await read(link);
      expect(response.status, link).to.equal(200);
    }
  });

  for (const [code, { status, title, retry }] of Object.entries(ERRORS)) {
    it(`explains ${code} where the problem's type points`, async () => {
      const { response, body } = await read(`/docs/errors/${code}`);
      expect(response.status).to.equal(200);
      expect(body).to.include(html`${title}`.text);
      expect(body).to.include(`<dd>${status}</dd>`);
      expect(body).to.include(`<code>${retry}</code>`);
    });
  }

  it("gives problems a type that leads to their page, and has no page for others", async () => {
    const { body } = await read("/v1/tickets/tkt_1_1");
    const { type, code } = Problem.parse(JSON.parse(body));
    expect((await read(type)).body).to.include(`<h1><code>${code}</code></h1>`);
    for (const path of [
      "/docs/errors/request/nothing",
      "/docs/errors/constructor/name",
      "/docs/x",
    ]) {
      expect((await read(path)).response.status, path).to.equal(404);
    }
  });

  it("has an example of every body and answer that fits its own schema", () => {
    for (const [name, route] of Object.entries(ROUTES)) {
      for (const part of ["body", "response"] as const) {
        const schema = (route as { [P in typeof part]?: { parse(value: unknown): unknown } })[part];
        if (schema === undefined) continue;
        const json = openApiOf(name, part);
        schema.parse(json);
      }
    }
  });

  it("writes text as text", () => {
    expect(html`<b>${"<script>&'\""}</b>`.text).to.equal("<b>&lt;script&gt;&amp;&#39;&quot;</b>");
  });

  it("names every error that a code could be", () => {
    const codes = Object.keys(ERRORS) as ErrorCode[];
    expect(codes.every((code) => /^[a-z]+\/[a-z-]+$/.test(code))).to.equal(true);
  });
});

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, { content?: Record<string, { schema: Record<string, unknown> }> }>;
}

function openApiOf(name: string, part: "body" | "response"): unknown {
  const path = new URL("../../../docs/openapi.json", import.meta.url);
  const document = JSON.parse(readFileSync(path, "utf8"));
  const operations = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods as Record<string, Operation>),
  );
  const operation = operations.find(({ operationId }) => operationId === name) as Operation;
  const content =
    part === "body"
      ? operation.requestBody?.content
      : Object.values(operation.responses)[0]?.content;
  const schema = content?.["application/json"]?.schema ?? {};
  return exampleOf(schema, document.components.schemas);
}
