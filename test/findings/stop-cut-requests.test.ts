// Found: a stop served keep-alive clients until its limit, then cut whatever they had just asked for.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { Agent, get, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { closeHttp, listen } from "#server/platform/http.ts";

const CLIENTS = 24;
const WARM_UP_MS = 300;
/** What the launcher leaves the whole API process. */
const PROCESS_STOP_LIMIT_MS = 3_000;
/** A busy machine can hold a client up for longer; the promise is to those that ask in time. */
const BUSY_PAUSE_MS = 200;
const HELD_UP_MS = 500;
const LARGE = Buffer.alloc(2_000_000, "x");

interface Tally {
  answered: number;
  refused: number;
  cut: string[];
}

describe("a stop under load", () => {
  /** When the server handed the last byte to the kernel: a reader held up since then is late. */
  const answeredMs = new Map<string, number>();

  const slowly: RequestListener = (request, response) => {
    const asked = new URL(request.url ?? "/", "http://a").searchParams;
    const after = Number(asked.get("ms"));
    const client = asked.get("client") ?? "";
    response.once("close", () => answeredMs.set(client, systemClock.monotonicMs()));
    setTimeout(() => response.end(after % 5 === 0 ? LARGE : "ok"), after);
  };

  const open = async (handler: RequestListener) => {
    const server = await listen(handler, { host: "127.0.0.1", port: 0 });
    return { server, port: (server.address() as AddressInfo).port };
  };

  /** Resolves to what went wrong, or to undefined once the whole answer is there. */
  function ask(port: number, agent: Agent, ms: number, client = ""): Promise<string | undefined> {
    return new Promise((resolve) => {
      const path = `/?ms=${ms}&client=${client}`;
      const request = get({ host: "127.0.0.1", port, agent, path }, (response) => {
        response.resume();
        response.once("end", () => resolve(response.complete ? undefined : "half an answer"));
        response.once("error", (error) => resolve(String(error)));
      });
      request.once("error", (error: NodeJS.ErrnoException) => {
        // A new connection that still stood in the kernel's queue when the server stopped listening
        // is reset instead of refused; no process can tell the two apart.
        const refused = error.code === "ECONNRESET" && !request.reusedSocket;
        resolve(refused ? "ECONNREFUSED" : (error.code ?? error.message));
      });
    });
  }

  async function load(port: number, tally: Tally, pauseMs: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const client = randomUUID();
    for (let round = 0; tally.refused < CLIENTS && round < 10_000; round += 1) {
      const askedMs = systemClock.monotonicMs();
      const pausedMs = askedMs - (answeredMs.get(client) ?? askedMs);
      answeredMs.delete(client);
      const failure = await ask(port, agent, round % 23, client);
      if (failure === undefined) tally.answered += 1;
      else if (failure === "ECONNREFUSED" || pausedMs > BUSY_PAUSE_MS) break;
      else tally.cut.push(failure);
      if (failure !== undefined) break;
      if (pauseMs > 0) await systemClock.sleep(pauseMs);
    }
    tally.refused += 1;
    agent.destroy();
  }

  for (const pauseMs of [0, 40]) {
    it(`cuts no request of clients that pause ${pauseMs} ms between two`, async () => {
      for (let round = 0; round < 3; round += 1) {
        const { server, port } = await open(slowly);
        const tally: Tally = { answered: 0, refused: 0, cut: [] };
        const clients = Array.from({ length: CLIENTS }, () => load(port, tally, pauseMs));
        do await systemClock.sleep(WARM_UP_MS);
        while (tally.answered <= CLIENTS && tally.refused === 0);
        const tookMs = await timed(() => closeHttp(server));
        await Promise.all(clients);
        expect(tally.cut, JSON.stringify(tally.cut)).to.have.lengthOf(0);
        expect(tally.answered, "answers before and during the stop").to.be.greaterThan(CLIENTS);
        expect(tookMs).to.be.lessThan(1_500);
      }
    }).timeout(30_000);
  }

  it("answers what arrived while the process was held up", async () => {
    const { server, port } = await open((_request, response) => response.end("ok"));
    const socket = connect(port, "127.0.0.1");
    const said: string[] = [];
    socket.setEncoding("utf8").on("data", (text: string) => said.push(text));
    socket.on("error", (error) => said.push(String(error)));
    const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    socket.write(request);
    while (said.length === 0) await systemClock.sleep(5);
    const closing = closeHttp(server);
    await systemClock.sleep(100);
    said.length = 0;
    // Timers are what comes next now, and only then reads.
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(request);
    // Longer than the stop waits for a last request.
    const untilMs = systemClock.monotonicMs() + HELD_UP_MS;
    while (systemClock.monotonicMs() < untilMs);
    await new Promise((resolve) => socket.once("close", resolve));
    await closing;
    expect(said.join("")).to.match(/^HTTP\/1.1 200 OK/);
  });

  it("answers who asks again after an answer that was begun before the stop", async () => {
    let finish = () => {};
    const { server, port } = await open((request, response) => {
      if (request.url === "/again") response.end("again");
      else finish = () => response.end("done");
      response.flushHeaders();
    });
    const socket = connect(port, "127.0.0.1");
    const gone = once(socket, "close");
    let said = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    socket.on("error", (error) => {
      said += String(error);
    });
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    while (!said.includes("200 OK")) await systemClock.sleep(5);
    const closing = closeHttp(server);
    // Close to the end of what the stop waits for a last request, counted from the stop itself.
    await systemClock.sleep(250);
    finish();
    while (!said.includes("done")) await systemClock.sleep(5);
    await systemClock.sleep(80);
    socket.write("GET /again HTTP/1.1\r\nHost: a\r\n\r\n");
    await Promise.all([gone, closing]);
    expect(said).to.include("again");
  });

  it("lets out an answer that a slow reader is still reading", async () => {
    const { server, port } = await open((_request, response) => response.end(LARGE));
    const socket = connect(port, "127.0.0.1");
    let bytes = 0;
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await new Promise((resolve) => socket.once("readable", resolve));
    const closing = closeHttp(server);
    await systemClock.sleep(700);
    socket.on("data", (part) => {
      bytes += part.length;
    });
    await new Promise((resolve) => socket.once("close", resolve));
    expect(bytes).to.be.greaterThan(LARGE.length);
    await closing;
  });

  it("waits for nobody who says nothing", async () => {
    const { server, port } = await open((_request, response) => response.end("ok"));
    const silent = connect(port, "127.0.0.1");
    silent.on("error", () => undefined);
    await new Promise((resolve) => silent.once("connect", resolve));
    const idle = new Agent({ keepAlive: true });
    await ask(port, idle, 1);
    expect(await timed(() => closeHttp(server))).to.be.lessThan(1_000);
    idle.destroy();
    silent.destroy();
  });

  it("ends within the launcher's limit although an answer never comes", async () => {
    const { server, port } = await open(() => undefined);
    const agent = new Agent();
    const asked = ask(port, agent, 1);
    await systemClock.sleep(50);
    expect(await timed(() => closeHttp(server))).to.be.lessThan(PROCESS_STOP_LIMIT_MS - 500);
    expect(await asked).to.be.oneOf(["ECONNRESET", "ECONNREFUSED"]);
  });

  async function timed(work: () => Promise<void>): Promise<number> {
    const began = systemClock.monotonicMs();
    await work();
    return systemClock.monotonicMs() - began;
  }
});
