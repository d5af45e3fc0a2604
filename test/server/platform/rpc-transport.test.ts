// Questions to a node: those of one moment together, each with its own answer, and none for ever.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createPublicClient, HttpRequestError, TimeoutError } from "viem";
import { rpcTransport } from "#server/platform/rpc-transport.ts";

interface Call {
  id: number;
  method: string;
  params: unknown;
}

type Reply = (asked: Call | Call[], response: ServerResponse) => void;

const LIMITS = { headMs: 10_000, wholeMs: 10_000, bytesMax: 4_000 };
/** For a node that says nothing: one that answers may need longer on a busy machine. */
const SHORT = { ...LIMITS, headMs: 100, wholeMs: 200 };
const echo: Reply = (asked, response) => {
  const answers = [asked].flat().map(({ id, params }) => ({ id, result: params }));
  // A node may answer in any order.
  response.end(JSON.stringify(Array.isArray(asked) ? answers.reverse() : answers[0]));
};

describe("questions to a node", () => {
  let reply = echo;
  let asked: (Call | Call[])[] = [];
  let headers: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      headers = request.headers;
      const question = JSON.parse(Buffer.concat(parts).toString()) as Call | Call[];
      asked.push(question);
      reply(question, response);
    })();
  });
  let at = "";
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    reply = echo;
    asked = [];
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  function open(address = `http://${at}/`, limits = LIMITS) {
    const client = createPublicClient({ transport: rpcTransport(address, limits) });
    return (...params: unknown[]) =>
      client.request({ method: "said", params } as never) as Promise<unknown>;
  }
  const failure = (said: Promise<unknown>) =>
    said.then(
      () => undefined,
      (error: Error & { code?: number; status?: number }) => error,
    );

  it("travel together when they are of one moment, and get their own answers", async () => {
    const ask = open();
    const numbers = Array.from({ length: 100 }, (_, number) => number);
    const said = await Promise.all(numbers.map((number) => ask(number)));
    expect(said).to.deep.equal(numbers.map((number) => [number]));
    expect(asked).to.have.lengthOf(1);
  });

  it("are so many that a node takes them, and no list when there is only one", async () => {
    const ask = open();
    await Promise.all(Array.from({ length: 101 }, (_, number) => ask(number)));
    expect(asked.map((question) => [question].flat().length)).to.have.members([100, 1]);
    expect(asked.filter((question) => !Array.isArray(question))).to.have.lengthOf(1);
  });

  it("fail alone where one has an error or no answer", async () => {
    reply = (question, response) => {
      // What was left out is asked once more.
      if (!Array.isArray(question)) return void response.end("[]");
      const [first, , third] = question;
      const error = { code: 3, message: "no" };
      response.end(JSON.stringify([{ id: third?.id, result: 3 }, { id: first?.id, error }, null]));
    };
    const ask = open();
    const said = await Promise.allSettled([ask(1), ask(2), ask(3)]);
    expect(said.map(({ status }) => status)).to.deep.equal(["rejected", "rejected", "fulfilled"]);
    expect((said[0] as PromiseRejectedResult).reason).to.include({ code: 3 });
    expect(said[2]).to.include({ value: 3 });
  });

  it("hear the reason of a refusal in one word, whatever its status", async () => {
    for (const status of [200, 413]) {
      reply = (_question, response) => {
        response.statusCode = status;
        response.end(JSON.stringify({ error: { code: -32_602, message: "too many" } }));
      };
      const ask = open();
      const errors = await Promise.all([ask(1), ask(2)].map(failure));
      expect(errors.map((error) => error?.code)).to.deep.equal([-32_602, -32_602]);
    }
    reply = (_question, response) => {
      response.statusCode = 418;
      response.end("I am a teapot");
    };
    expect(await failure(open()(1)))
      .to.be.instanceOf(HttpRequestError)
      .and.include({ status: 418 });
  });

  it("are told apart where numbers come as text, and the first of two answers counts", async () => {
    reply = (question, response) => {
      const answers = (question as Call[]).map(({ id, params }) => ({
        id: `${id}`,
        result: params,
      }));
      response.end(JSON.stringify([...answers, { id: "0", result: "again" }]));
    };
    const ask = open();
    expect(await Promise.all([ask(1), ask(2)])).to.deep.equal([[1], [2]]);
  });

  it("are not answered by a status that is of who asks, whatever is said with it", async () => {
    for (const status of [401, 429, 503]) {
      reply = (_question, response) => {
        response.writeHead(status, { "Retry-After": "3600" });
        response.end(JSON.stringify({ error: { code: -32_000, message: "no more" } }));
      };
      const error = (await failure(open()(1))) as HttpRequestError;
      expect(error).to.be.instanceOf(HttpRequestError).and.include({ status });
      expect([error.details, error.headers]).to.deep.equal([
        '{"code":-32000,"message":"no more"}',
        undefined,
      ]);
    }
  });

  it("keep little of a long page, and of long words", async () => {
    const long = "x".repeat(3_000);
    reply = (_question, response) => void response.writeHead(500).end(long);
    expect((await failure(open()(1)))?.message.length).to.be.below(1_000);
    reply = (_question, response) =>
      void response.end(JSON.stringify({ id: 0, error: { code: 3, message: long } }));
    expect((await failure(open()(1)))?.message.length).to.be.below(1_000);
  });

  it("end when nothing comes, when an answer does not end, and when it has no end", async () => {
    const hurry = open(undefined, SHORT);
    reply = () => undefined;
    expect(await failure(hurry(1))).to.be.instanceOf(TimeoutError);
    reply = (_question, response) => void response.write("[");
    expect(await failure(hurry(1))).to.be.instanceOf(TimeoutError);
    reply = (_question, response) => void response.end(`"${"x".repeat(LIMITS.bytesMax)}"`);
    expect((await failure(open()(1)))?.name).to.equal("ResponseBodyTooLargeError");
    reply = (_question, response) => void response.destroy();
    expect(await failure(open()(1))).to.be.instanceOf(HttpRequestError);
  });

  it("carry the name and the password of the address, which is no part of it then", async () => {
    await open(`http://a%40b:c@${at}/`)(1);
    expect(headers.authorization).to.equal(`Basic ${Buffer.from("a@b:c").toString("base64")}`);
    await open(`http://:key@${at}/`)(1);
    expect(headers.authorization).to.equal(`Basic ${Buffer.from(":key").toString("base64")}`);
  });
});
