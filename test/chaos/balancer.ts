// A small load balancer as a house has one: asks /readyz, takes turns, and repeats only what never left.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "#server/platform/clock.ts";

export interface Balancer {
  url: string;
  port: number;
  /** Answers of 500 and above by status and path, the balancer's own 502 and 504 among them. */
  failures: Map<string, number>;
  answered(): number;
  close(): Promise<void>;
}

interface Backend {
  port: number;
  agent: Agent;
  isReady: boolean;
}

const ASK_EVERY_MS = 200;
const ASK_TIMEOUT_MS = 1_000;
const ANSWER_TIMEOUT_MS = 15_000;

export async function openBalancer(): Promise<Balancer & { serve(ports: number[]): void }> {
  const backends: Backend[] = [];
  const failures = new Map<string, number>();
  const stopping = new AbortController();
  let turn = 0;
  let answered = 0;

  /** All of them when none is ready: some answer of theirs is better than none of ours. */
  function inTurn(): Backend[] {
    turn += 1;
    const ready = backends.filter(({ isReady }) => isReady);
    const some = ready.length === 0 ? backends : ready;
    const at = turn % some.length;
    const rest = backends.filter((one) => !some.includes(one));
    return [...some.slice(at), ...some.slice(0, at), ...rest];
  }

  const server = createServer(async (asked, answer) => {
    const body = await readBody(asked);
    const status = await pass({ asked, answer, body, to: inTurn() });
    answered += 1;
    if (status < 500) return;
    const path = (asked.url ?? "").replace(/\?.*$/, "").replace(/_[\w-]+/g, "");
    const what = `${status} ${asked.method} ${path}`;
    failures.set(what, (failures.get(what) ?? 0) + 1);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;

  async function watch(backend: Backend): Promise<void> {
    while (!stopping.signal.aborted) {
      backend.isReady = await isReady(backend.port);
      await systemClock.sleep(ASK_EVERY_MS, stopping.signal);
    }
  }
  return {
    ...{ url: `http://localhost:${port}`, port, failures },
    answered: () => answered,
    serve: (ports) => {
      for (const each of ports) {
        const backend = { port: each, agent: new Agent({ keepAlive: true }), isReady: true };
        backends.push(backend);
        void watch(backend);
      }
    },
    close: async () => {
      stopping.abort();
      for (const { agent } of backends) agent.destroy();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(ASK_TIMEOUT_MS);
  return fetch(`http://127.0.0.1:${port}/readyz`, { signal }).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.ok;
    },
    () => false,
  );
}

interface Passing {
  asked: IncomingMessage;
  answer: ServerResponse;
  body: Buffer;
}

/** Answers the status that the caller was given. */
async function pass({ to, ...passing }: Passing & { to: Backend[] }): Promise<number> {
  for (const backend of to) {
    const end = await passTo(backend, passing);
    if (end !== "refused") return end;
    backend.isReady = false;
  }
  return giveUp(passing.answer, 502);
}

function passTo(
  { port, agent }: Backend,
  { asked, answer, body }: Passing,
): Promise<number | "refused"> {
  const { method = "GET", url: path = "/", headers } = asked;
  return new Promise((resolve) => {
    const sent = request({ host: "127.0.0.1", port, agent, method, path, headers }, (got) => {
      const status = got.statusCode ?? 502;
      answer.writeHead(status, withoutHops(got.headers));
      got.pipe(answer);
      got.once("end", () => resolve(status));
      got.once("error", () => {
        answer.destroy();
        resolve(502);
      });
    });
    sent.setTimeout(ANSWER_TIMEOUT_MS, () => sent.destroy(new Error("no answer in time")));
    sent.once("error", (error: NodeJS.ErrnoException) => {
      if (answer.headersSent) return;
      // Not a byte was sent, so whoever asks elsewhere asks for the first time.
      if (error.code === "ECONNREFUSED") resolve("refused");
      else resolve(giveUp(answer, error.message === "no answer in time" ? 504 : 502));
    });
    sent.end(body);
  });
}

function giveUp(answer: ServerResponse, status: number): number {
  answer.writeHead(status, { "content-type": "text/plain" }).end("no answer\n");
  return status;
}

/** What is said about one connection is not for the next one. */
function withoutHops(headers: IncomingMessage["headers"]) {
  const { connection: _connection, "keep-alive": _keepAlive, ...rest } = headers;
  return rest;
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
