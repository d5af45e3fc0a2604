// A node that answers one method with whatever a suite says, and everything else as the true one does.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Call = { id: number; method: string; params: unknown[] };
type Answer = { id: number; [field: string]: unknown };

/** Changes the answer to one call, or says something of its own about the whole request. */
export interface Strangeness {
  answer?: (call: Call, answer: Answer) => unknown;
  whole?: (response: ServerResponse, text: string) => void;
}

export interface StrangeNode {
  url: string;
  be(strangeness: Strangeness): void;
  asked(method: string): number;
  close(): Promise<void>;
}

export async function openStrangeNode(target: string): Promise<StrangeNode> {
  let current: Strangeness = {};
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = Buffer.concat(parts).toString("utf8");
      const asked = JSON.parse(body) as Call | Call[];
      const calls = [asked].flat();
      for (const { method } of calls) counts.set(method, (counts.get(method) ?? 0) + 1);
      const headers = { "content-type": "application/json" };
      const upstream = await fetch(target, {
        method: "POST",
        headers,
        body: JSON.stringify(calls),
      });
      const said = (await upstream.json()) as Answer[];
      const { answer = (_call, one) => one, whole } = current;
      const answers = said.map((one, at) => answer(calls[at] as Call, one));
      const text = JSON.stringify(Array.isArray(asked) ? answers : answers[0]);
      if (whole !== undefined) return whole(response, text);
      response.setHeader("content-type", "application/json").end(text);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    be: (strangeness) => {
      current = strangeness;
    },
    asked: (method) => counts.get(method) ?? 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
