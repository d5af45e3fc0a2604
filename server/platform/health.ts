// /healthz, /readyz and /metrics: what a process says about itself and what it depends on.
import { createServer, type Server } from "node:http";
import { type Clock, systemClock } from "./clock.ts";
import { keepFor } from "./kept.ts";
import type { Metrics } from "./metrics.ts";

export interface Check {
  name: string;
  /** Answers with a short state when well, throws when not. */
  run: () => Promise<string>;
}

interface Readiness {
  ready: boolean;
  checks: Record<string, { ok: boolean; state: string }>;
}

const CHECK_TIMEOUT_MS = 2_000;
/** Anybody may ask, and each round of checks costs calls to a chain's node that somebody pays. */
const CHECKS_KEPT_MS = 1_000;

/** How this process is, looked up at most once a second; that it stops is known at once. */
export function createReadiness({
  checks,
  clock,
  signal,
}: {
  checks: readonly Check[];
  clock: Clock;
  signal: AbortSignal;
}): () => Promise<Readiness> {
  const lookUp = keepFor({ clock, keptMs: CHECKS_KEPT_MS, entriesMax: 1 }, () =>
    Promise.all(checks.map(runCheck)),
  );
  return async () => {
    const results = await lookUp("checks");
    return {
      ready: !signal.aborted && results.every(({ ok }) => ok),
      checks: Object.fromEntries(results.map(({ name, ok, state }) => [name, { ok, state }])),
    };
  };
}

async function runCheck({
  name,
  run,
}: Check): Promise<{ name: string; ok: boolean; state: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), CHECK_TIMEOUT_MS);
  });
  try {
    return { name, ok: true, state: await Promise.race([run(), late]) };
  } catch (error) {
    // The reason's kind, never its text: connection strings end up in messages.
    const kind = error instanceof Error ? error.name : "error";
    return { name, ok: false, state: kind === "Error" ? "unavailable" : kind };
  } finally {
    clearTimeout(timer);
  }
}

/** The small server of a process that has no API of its own. */
export async function serveHealth({
  port,
  host,
  checks,
  metrics,
  signal,
}: {
  port: number;
  host: string;
  checks: readonly Check[];
  metrics: Metrics;
  signal: AbortSignal;
}): Promise<Server | undefined> {
  if (port === 0) return undefined;
  const readiness = createReadiness({ checks, signal, clock: systemClock });
  const server = createServer((request, response) => {
    const send = (status: number, type: string, body: string) =>
      response.writeHead(status, { "content-type": type }).end(body);
    void (async () => {
      if (request.url === "/healthz") return send(200, "text/plain", "ok\n");
      if (request.url === "/metrics") {
        return send(200, metrics.registry.contentType, await metrics.registry.metrics());
      }
      if (request.url === "/readyz") {
        const state = await readiness();
        return send(state.ready ? 200 : 503, "application/json", JSON.stringify(state));
      }
      return send(404, "text/plain", "not found\n");
    })().catch(() => send(500, "text/plain", "error\n"));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server;
}
