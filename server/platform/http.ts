// An HTTP server that says plainly why it cannot listen, and that lets its last answers out at the end.
import { createServer, type RequestListener, type Server } from "node:http";

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/**
 * Behind a proxy, longer than the proxy's own: otherwise it reuses a connection that we just
 * closed.
 */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

export async function listen(
  handler: RequestListener,
  { host, port }: { host: string; port: number },
): Promise<Server> {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    handler,
  );
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
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

/** Idle connections go at once; those with a request get their answer first. */
export async function closeHttp(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await closed;
}
