// Found: a node that said "asked too often" was taken for one that knows no final block, so blocks were counted.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { readFinal } from "#indexer/final.ts";
import type { Header } from "#indexer/header.ts";
import { Fault } from "#server/domain/failure.ts";
import { openChains } from "#server/platform/chain.ts";
import type { Deployment } from "#server/platform/env.ts";

const HEAD = 200n;
const COUNTED = HEAD - 64n;
const KNOWN = 5n;

interface Said {
  status?: number;
  error?: { code: number; message: string };
}

const said = (code: number, message: string, status = 200): Said => ({
  status,
  error: { code, message },
});

/** Whatever is wrong for now. */
const FOR_NOW: Record<string, Said> = {
  "asked too often": said(429, "Your app has exceeded its compute units per second capacity."),
  "so many a second": said(-32_007, "50/second request limit reached"),
  "its own mistake": said(-32_603, "Internal error"),
  "a status of too many": said(-32_000, "too many requests", 429),
  "a node behind that is slow": said(-32_000, "upstream timeout", 503),
  "words for all that went wrong": said(-32_000, "request failed"),
  "a limit that names the word": said(-32_000, "rate limit exceeded for finalized"),
};

/** As nodes say it whose chain has no such block, or not yet. */
const NOT_KNOWN: Record<string, Said> = {
  geth: said(-32_000, "finalized block not found"),
  "geth before the merge": said(-32_000, "'finalized' tag not supported on pre-merge network"),
  "an old geth": said(-32_602, "invalid argument 0: hex string without 0x prefix"),
  "Besu and Erigon": said(-39_001, "Unknown block"),
  "one without the method": said(-32_601, "the method does not exist"),
  "Nethermind and reth": {},
};

describe("finding: a node that does not say what is final", () => {
  let server: Server;
  let answer: Said;
  const chainOf = () => {
    const { port } = server.address() as AddressInfo;
    const deployment = { id: 1, rpcUrl: `http://127.0.0.1:${port}` } as Deployment;
    const chain = openChains([deployment]).get(1);
    if (chain === undefined) throw new Error("no chain");
    return chain;
  };
  before(async () => {
    server = createServer((request, response) => {
      void (async () => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        const { id, params } = JSON.parse(Buffer.concat(parts).toString());
        const isTag = params[0] === "finalized";
        response.statusCode = isTag ? (answer.status ?? 200) : 200;
        const { error } = answer;
        const result = isTag ? null : blockOf(params[0]);
        response.end(JSON.stringify(isTag && error ? { id, error } : { id, result }));
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const head = { number: HEAD } as Header;
  const ask = () => readFinal(chainOf(), head, KNOWN).catch((error: unknown) => error);

  for (const [name, its] of Object.entries(FOR_NOW)) {
    it(`for now, because of ${name}, is waited for`, async () => {
      answer = its;
      const outcome = await ask();
      expect(outcome).to.be.instanceOf(Fault).and.include({ code: "chain/unreachable" });
    });
  }

  for (const [name, its] of Object.entries(NOT_KNOWN)) {
    it(`because it does not know the word, as ${name}, has its blocks counted`, async () => {
      answer = its;
      expect(await ask()).to.equal(COUNTED);
    });
  }
});

function blockOf(number: string) {
  const hash = `0x${"ab".repeat(32)}`;
  const logsBloom = `0x${"00".repeat(256)}`;
  return { number, hash, parentHash: hash, timestamp: "0x1", logsBloom };
}
