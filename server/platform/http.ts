// An HTTP server that says plainly why it cannot listen, and that lets its last answers out at the end.
import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { Server as TcpServer } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { systemClock } from "./clock.ts";
import { type Connections, trackConnections } from "./connections.ts";
import { DRAIN_MS_QUICK } from "./drain.ts";

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/**
 * Behind a proxy, longer than the proxy's own: otherwise it reuses a connection that we just
 * closed.
 */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Busy clients ask again within this and are told of the end instead of finding out. */
const LAST_REQUEST_MS = 300;
const IDLE_POLL_MS = 50;

/** What requests and answers are made as, where Node's own kinds will not do. */
type MessageKinds = Pick<ServerOptions, "IncomingMessage" | "ServerResponse">;

const connectionsOf = new WeakMap<Server, Connections>();

export async function listen(
  handler: RequestListener,
  { host, port, messages }: { host: string; port: number; messages?: MessageKinds },
): Promise<Server> {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, ...messages },
    handler,
  );
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  connectionsOf.set(server, trackConnections(server, systemClock));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      reject(
        taken
          ? new Error(`Port ${port} is in use: stop what listens there, or set another PORT.`)
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
  return server;
}

/** Takes no new connection, answers what was asked on the old ones, and ends within a limit. */
export async function closeHttp(server: Server, limitMs = DRAIN_MS_QUICK): Promise<void> {
  const connections = connectionsOf.get(server);
  const closed = new AbortController();
  const ended = new Promise<void>((resolve) => server.once("close", resolve));
  void ended.then(() => closed.abort());
  // An HTTP server's own close() cuts idle connections at once,
  // although the next request may be on its way over them.
  TcpServer.prototype.close.call(server);
  connections?.announceEnd();
  const endMs = systemClock.monotonicMs() + limitMs;
  await systemClock.sleep(LAST_REQUEST_MS, closed.signal);
  while (!closed.signal.aborted && systemClock.monotonicMs() < endMs) {
    // Timers come before reads: what arrived while the process was held up is not read yet.
    await nextTurn();
    connections?.endIdle(LAST_REQUEST_MS);
    await systemClock.sleep(IDLE_POLL_MS, closed.signal);
  }
  server.closeAllConnections();
  await ended;
}
