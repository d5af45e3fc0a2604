// A receiver of webhooks on this machine, which answers as it is told and keeps what it got.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** The statuses of the next answers; 200 when there are none left. */
  statuses: number[];
  /** Sent with every answer. */
  headers: Record<string, string>;
  /** Awaited before each answer. */
  hold: Promise<void> | undefined;
  close(): Promise<void>;
}

export async function openReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    receiver.received.push({
      headers: request.headers,
      body: Buffer.concat(parts).toString("utf8"),
    });
    await receiver.hold;
    response.writeHead(receiver.statuses.shift() ?? 200, receiver.headers).end("ok");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hooks`,
    received: [],
    statuses: [],
    headers: {},
    hold: undefined,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
