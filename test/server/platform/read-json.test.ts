// The reader of bodies leaves nothing on a request that would keep it alive after its answer.
import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import express from "express";
import type { Route } from "#server/api/route.ts";
import { ROUTES } from "#server/api/routes.ts";
import { messagesOf } from "#server/edge/messages.ts";
import { createJsonReader } from "#server/edge/read-json.ts";

const ROUTE: Route = ROUTES.createHold;

describe("the reader of bodies", () => {
  for (const [what, parts] of [
    ["in one piece with its head", ['{"seats":[1]}']],
    ["in parts that come later", ['{"seats"', ":[1", "]}"]],
  ] as const) {
    it(`leaves no ear on a request whose body came ${what}`, async () => {
      const readJson = createJsonReader(ROUTE);
      const left: (string | symbol)[] = [];
      let body: unknown;
      const answer = async (request: express.Request, response: express.Response) => {
        const before = new Set(request.eventNames());
        await readJson(request, response);
        body = request.body;
        left.push(...request.eventNames().filter((name) => !before.has(name)));
        response.end();
      };
      const messages = messagesOf(express());
      const server = createServer(messages, answer as never).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      const length = parts.join("").length;
      const headers = { "content-type": "application/json", "content-length": length };
      const asked = send({ port, host: "127.0.0.1", method: "POST", headers });
      const answered = new Promise((resolve) => asked.once("response", resolve));
      for (const part of parts) {
        asked.write(part);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      asked.end();
      await answered;
      server.closeAllConnections();
      server.close();
      expect(body).to.deep.equal({ seats: [1] });
      expect(left).to.deep.equal([]);
    });
  }
});
