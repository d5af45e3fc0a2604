// Checks that the generated files say what the running product does.

import { parseEnv } from "node:util";
import { expect } from "chai";
import type { Request, Response } from "express";
import { generateEnvExample } from "#scripts/generate-env.ts";
import { anchorOf, generateErrors } from "#scripts/generate-errors.ts";
import { generateOpenApi } from "#scripts/generate-openapi.ts";
import { ERRORS, type ErrorCode } from "#server/api/errors.ts";
import { ROUTES } from "#server/api/routes.ts";
import { Fault, Refusal } from "#server/domain/failure.ts";
import { sendProblem } from "#server/edge/problem.ts";
import { readEnv } from "#server/platform/env.ts";
import { VARIABLES } from "#server/platform/env-variables.ts";
import { createLog } from "#server/platform/log.ts";

type Operation = {
  operationId: string;
  parameters?: { name?: string; in?: string; $ref?: string }[];
  responses: Record<string, unknown>;
};

describe("docs/openapi.json", () => {
  let text: string;
  let document: { paths: Record<string, Record<string, Operation>>; components: object };
  let operations: { path: string; operation: Operation }[];

  before(async () => {
    ({ text } = await generateOpenApi());
    document = JSON.parse(text);
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, operation })),
    );
  });

  it("has every route under its name", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids.sort()).to.deep.equal(Object.keys(ROUTES).sort());
  });

  it("refers to nothing that is not there", () => {
    for (const [, reference = ""] of text.matchAll(/"\$ref": "([^"]+)"/g)) {
      const found = reference
        .split("/")
        .slice(1)
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
      expect(found, reference).to.be.an("object");
    }
  });

  it("declares each parameter of a path", () => {
    for (const { path, operation } of operations) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const given = operation.parameters?.filter((parameter) => parameter.in === "path") ?? [];
      expect(given.map(({ name }) => name)).to.deep.equal(wanted);
    }
  });

  it("asks for an Idempotency-Key where something is spent", () => {
    for (const { operation } of operations) {
      const route = ROUTES[operation.operationId as keyof typeof ROUTES];
      const asks = operation.parameters?.some(({ $ref }) => $ref?.endsWith("IdempotencyKey"));
      expect(asks ?? false, operation.operationId).to.equal("keyed" in route);
    }
  });

  it("names every failure that the route's row names", () => {
    for (const { operation } of operations) {
      const route = ROUTES[operation.operationId as keyof typeof ROUTES];
      for (const code of route.errors) {
        const response = JSON.stringify(operation.responses[ERRORS[code].status]);
        expect(response, operation.operationId).to.include(code.replace("/", "."));
      }
    }
  });
});

describe("docs/errors.md", () => {
  const { text } = generateErrors();
  const headings = [...text.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => heading);

  it("has a heading for each code and for nothing else", () => {
    expect(headings).to.deep.equal(
      Object.keys(ERRORS).sort((one, other) => headings.indexOf(one) - headings.indexOf(other)),
    );
  });

  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    it(`is where the problem document of ${code} points`, () => {
      expect(problemOf(code).type).to.equal(`/docs/errors/${code}`);
      expect(text).to.include(`(#${anchorOf(code)})`);
    });
  }
});

describe(".env.example", () => {
  const { text } = generateEnvExample();
  const uncommented = text.replace(/^#(?=[A-Z_]+=)/gm, "");

  it("has every variable of the table", () => {
    const names = VARIABLES.map(({ name }) => name);
    expect(Object.keys(parseEnv(uncommented))).to.have.members(names);
  });

  it("sets nothing as long as nobody takes a # away", () => {
    expect(parseEnv(text)).to.deep.equal({});
  });

  it("is read without complaint when all of it is used", () => {
    const env = readEnv(parseEnv(uncommented));
    expect(env.nodeEnv).to.equal("production");
    expect(env.deployments).to.have.lengthOf(1);
    expect(env.minterKeys).to.deep.equal([]);
  });
});

/** What the edge would send, caught without a socket. */
function problemOf(code: ErrorCode): { type: string } {
  let sent = "{}";
  const response = {
    headersSent: false,
    status: () => response,
    set: () => response,
    type: () => response,
    removeHeader: () => undefined,
    send: (text: string) => {
      sent = text;
    },
  };
  const log = createLog({ name: "test", level: "silent" });
  const request = { path: "/" } as Request;
  const given = { error: errorWith(code), log, traceId: "t" };
  sendProblem(request, response as unknown as Response, given);
  return JSON.parse(sent);
}

function errorWith(code: ErrorCode): Error {
  if (code === "server/bug") return new Error("a bug");
  const { status } = ERRORS[code];
  return status === 503 ? new Fault(code as never, "") : new Refusal(code as never, "");
}
