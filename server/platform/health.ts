// /healthz, /readyz and /metrics: what a process says about itself and what it depends on.
import { createServer, type Server } from "node:http";
import type { Metrics } from "./metrics.ts";

export interface Check {
  name: string;
  /** Answers with a short state when well, throws when not. */
  run: () => Promise<string>;
}

export interface Readiness {
  ready: boolean;
  checks: Record<string, { ok: boolean; state: string }>;
}

const CHECK_TIMEOUT_MS = 2_000;

export async function readiness(checks: readonly Check[], stopping: boolean): Promise<Readiness> {
  const results = await Promise.all(checks.map(runCheck));
  const ready = !stopping && results.every(({ ok }) => ok);
  return {
    ready,
    checks: Object.fromEntries(results.map(({ name, ok, state }) => [name, { ok, state }])),
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
  const server = createServer((request, response) => {
    const send = (status: number, type: string, body: string) =>
      response.writeHead(status, { "content-type": type }).end(body);
    void (async () => {
      if (request.url === "/healthz") return send(200, "text/plain", "ok\n");
      if (request.url === "/metrics") {
        return send(200, metrics.registry.contentType, await metrics.registry.metrics());
      }
      if (request.url === "/readyz") {
        const state = await readiness(checks, signal.aborted);
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
