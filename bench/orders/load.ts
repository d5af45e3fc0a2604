// Fans who hold seats, order them and pay, over connections that are kept: each order from end to end.
import { connect } from "node:net";
import { randomUuid } from "#server/platform/random.ts";
import { type Answer, readAnswers } from "../kit/answer.ts";

export interface JourneyOrder {
  port: number;
  eventId: string;
  tokens: string[];
  connections: number;
  limitMs: number;
  /** The first seat of each journey's, of all rounds together. */
  seats: number[][];
}

export interface JourneyReport {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Journeys that ended with a captured payment, and all that were begun. */
  paid: number;
  begun: number;
}

process.once("message", async (order: JourneyOrder) => {
  process.send?.(await load(order));
  process.disconnect();
});

async function load(order: JourneyOrder): Promise<JourneyReport> {
  const startedMs = performance.now();
  const tookMs: number[] = [];
  let begun = 0;
  const next = (): number | undefined => {
    const isOver = performance.now() - startedMs >= order.limitMs || begun >= order.seats.length;
    if (isOver) return undefined;
    begun += 1;
    return begun - 1;
  };
  const buyOne = async (ask: Ask, at: number) => {
    const sentMs = performance.now();
    const token = order.tokens[at % order.tokens.length] ?? "";
    if (await buy(ask, { order, token, seats: order.seats[at] ?? [] })) {
      tookMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(
    Array.from({ length: order.connections }, async () => {
      const { ask, close } = await openConnection(order.port);
      for (let at = next(); at !== undefined; at = next()) await buyOne(ask, at);
      close();
    }),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  tookMs.sort((a, b) => a - b);
  const quantile = (share: number) => tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN;
  return {
    perSecond: tookMs.length / seconds,
    ...{ p50Ms: quantile(0.5), p99Ms: quantile(0.99) },
    ...{ paid: tookMs.length, begun },
  };
}

/** Answers begin with their id. */
const ID_WITHIN = 60;

type Ask = (request: string) => Promise<Answer>;

/** Answers whether the order was paid. */
async function buy(
  ask: Ask,
  { order, token, seats }: { order: JourneyOrder; token: string; seats: number[] },
): Promise<boolean> {
  const { port, eventId } = order;
  const post = async (path: string, body: object, isKeyed: boolean) => {
    const text = JSON.stringify(body);
    const head = [
      `POST ${path} HTTP/1.1`,
      `Host: localhost:${port}`,
      "Content-Type: application/json",
      `Cookie: sd_session=${token}`,
      ...(isKeyed ? [`Idempotency-Key: ${randomUuid()}`] : []),
      `Content-Length: ${Buffer.byteLength(text)}`,
    ];
    const { status, body: answer } = await ask(`${head.join("\r\n")}\r\n\r\n${text}`);
    return status[0] === "2" ? answer : undefined;
  };
  const holdId = idIn(await post(`/v1/events/${eventId}/holds`, { seats }, false));
  if (holdId === undefined) return false;
  const orderId = idIn(await post("/v1/orders", { eventId, holdId }, true));
  if (orderId === undefined) return false;
  const payment = { provider: "development", source: "works" };
  const paid = await post(`/v1/orders/${orderId}/payments`, payment, true);
  return paid?.includes('"state":"captured"') === true;
}

/** The load shares two cores with what it loads: it reads no more of an answer than it needs. */
function idIn(answer: Buffer | undefined): string | undefined {
  const begin = answer?.toString("latin1", 0, ID_WITHIN);
  return begin === undefined ? undefined : /^{"id":"([^"]+)"/.exec(begin)?.[1];
}

async function openConnection(port: number): Promise<{ ask: Ask; close: () => void }> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  let resolveAnswer: (answer: Answer) => void = () => undefined;
  let rejectAnswer: (error: Error) => void = () => undefined;
  socket.on(
    "data",
    readAnswers((answer) => resolveAnswer(answer)),
  );
  socket.on("error", (error) => rejectAnswer(error));
  socket.on("close", () => rejectAnswer(new Error("the connection was closed")));
  const ask: Ask = (request) =>
    new Promise((resolve, reject) => {
      [resolveAnswer, rejectAnswer] = [resolve, reject];
      socket.write(request);
    });
  return { ask, close: () => socket.end() };
}
