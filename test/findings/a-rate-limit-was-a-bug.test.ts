// Found: "asked too often" was a mistake of ours to all but the indexer: fans got a 500, and other chains waited.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Fault } from "#server/domain/failure.ts";
import { onChain, openChains } from "#server/platform/chain.ts";
import type { Deployment } from "#server/platform/env.ts";

interface Said {
  status: number;
  code: number;
  message: string;
}

const OF_NODE: Record<string, Said> = {
  "compute units": { status: 200, code: 429, message: "exceeded its compute units per second" },
  "calls per second": { status: 200, code: -32_007, message: "50/second request limit reached" },
  "a status of too many": { status: 429, code: -32_000, message: "slow down" },
  "nobody behind it": { status: 503, code: -32_603, message: "no backend is healthy" },
  "a key that is not known": { status: 401, code: -32_600, message: "invalid project id" },
};

/** Also in the words of a limit: a contract may say what it likes. */
const OF_CALL: Record<string, Said> = {
  "a revert": { status: 200, code: 3, message: "execution reverted: too many requests" },
  "a revert with a status": { status: 500, code: 3, message: "execution reverted" },
  "wrong parameters": { status: 400, code: -32_602, message: "invalid argument" },
};

describe("finding: a node that refuses for a reason of its own", () => {
  let server: Server;
  let said: Said;
  before(async () => {
    server = createServer((request, response) => {
      request.resume();
      response.statusCode = said.status;
      const { code, message } = said;
      response.end(JSON.stringify({ id: 0, error: { code, message } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  function ask(): Promise<unknown> {
    const { port } = server.address() as AddressInfo;
    const deployment = { id: 1, rpcUrl: `http://127.0.0.1:${port}` } as Deployment;
    const chain = openChains([deployment]).get(1);
    const to = `0x${"1".repeat(40)}` as const;
    return onChain(async () => chain?.client.call({ to })).catch((error: unknown) => error);
  }

  for (const [name, its] of Object.entries(OF_NODE)) {
    it(`such as ${name}, does not answer`, async () => {
      said = its;
      expect(await ask())
        .to.be.instanceOf(Fault)
        .and.include({ code: "chain/unreachable" });
    });
  }

  for (const [name, its] of Object.entries(OF_CALL)) {
    it(`is told from one that answers the call with ${name}`, async () => {
      said = its;
      expect(await ask())
        .to.be.instanceOf(Error)
        .and.not.instanceOf(Fault);
    });
  }
});
