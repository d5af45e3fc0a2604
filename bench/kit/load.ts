// Puts load on a server as cheaply as can be: connections that are kept, requests that are bytes already.
import { connect, type Socket } from "node:net";
import { readAnswers } from "./answer.ts";

export interface LoadOrder {
  port: number;
  connections: number;
  /** Ends after this time, or after so many answers. */
  limitMs: number;
  answersMax: number;
  requests: string[];
  /** Of an answer that did what was asked. */
  status: string;
}

export interface LoadReport {
  perSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Share of the answers that had that status. */
  granted: number;
}

/** Latencies are counted in steps of 10 us, the last one for everything longer. */
const STEP_MS = 0.01;
const STEPS = 100_000;

process.once("message", async (order: LoadOrder) => {
  process.send?.(await load(order));
  process.disconnect();
});

async function load(order: LoadOrder): Promise<LoadReport> {
  const steps = new Uint32Array(STEPS);
  const startedMs = performance.now();
  let answers = 0;
  let granted = 0;
  const isOver = () =>
    performance.now() - startedMs >= order.limitMs || answers >= order.answersMax;
  const note = (ms: number, status: string) => {
    const step = Math.min(Math.floor(ms / STEP_MS), STEPS - 1);
    steps[step] = (steps[step] ?? 0) + 1;
    answers += 1;
    if (status === order.status) granted += 1;
  };
  const packed = order.requests.map((text) => Buffer.from(text));
  await Promise.all(
    Array.from({ length: order.connections }, (_, at) =>
      ask(connect(order.port, "127.0.0.1"), { packed, at, step: order.connections, isOver, note }),
    ),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  const quantile = (share: number) => quantileOf(steps, answers * share);
  return {
    perSecond: answers / seconds,
    ...{ p50Ms: quantile(0.5), p95Ms: quantile(0.95), p99Ms: quantile(0.99) },
    granted: granted / answers,
  };
}

/** One request at a time on one connection, until it is over. */
function ask(
  socket: Socket,
  given: {
    packed: Buffer[];
    at: number;
    step: number;
    isOver: () => boolean;
    note: (ms: number, status: string) => void;
  },
): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = given.at;
    let sentMs = 0;
    const send = () => {
      sentMs = performance.now();
      socket.write(given.packed[next % given.packed.length] ?? "");
      next += given.step;
    };
    socket.setNoDelay(true);
    socket.once("error", reject);
    socket.once("connect", send);
    const onAnswer = ({ status }: { status: string }) => {
      given.note(performance.now() - sentMs, status);
      if (!given.isOver()) return send();
      socket.end(() => resolve());
    };
    socket.on("data", readAnswers(onAnswer));
  });
}

function quantileOf(steps: Uint32Array, count: number): number {
  let seen = 0;
  for (const [step, found] of steps.entries()) {
    seen += found;
    if (seen >= count) return (step + 1) * STEP_MS;
  }
  return STEPS * STEP_MS;
}
