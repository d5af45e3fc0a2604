// A wire to the fake Stripe that knows each call on it, and when it is done.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Moments, Step } from "./moments.ts";
import type { Pipe } from "./pipe.ts";

export async function openStripeWire(url: string, moments: Moments): Promise<Pipe> {
  const server = createServer(async (request, response) => {
    const { method = "GET", url: path = "/", headers } = request;
    const what = `${method} ${path.replace(/\?.*$/, "").replace(/[a-z]+_[\w]{12,}/, "…")}`;
    const step: Step = { service: "stripe", what, isEffect: method !== "GET" };
    const body = await readAll(request);
    await moments.pass({ ...step, when: "before" });
    const { host: _host, connection: _connection, ...sent } = headers;
    const { "content-length": _length, ...others } = sent as Record<string, string>;
    const answer = await fetch(new URL(path, url), {
      ...{ method, headers: others },
      ...(method === "GET" ? {} : { body }),
    });
    const text = await answer.text();
    await moments.pass({ ...step, when: "after" });
    response.writeHead(answer.status, {
      "content-type": answer.headers.get("content-type") ?? "",
      "request-id": answer.headers.get("request-id") ?? "",
    });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += String(part);
  return text;
}
