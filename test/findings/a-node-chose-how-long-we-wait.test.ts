// Found: a node that said "again in an hour" was waited for that long, also where there was another node to ask.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Fault } from "#server/domain/failure.ts";
import { onChain, openChains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Deployment } from "#server/platform/env.ts";

const HOUR = "3600";
/** Some answers and the library's own short waits; a test run may be slow. */
const SOON_MS = 3_000;

describe("finding: a node that says when to ask again", () => {
  const servers: Server[] = [];
  after(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function open(listener: RequestListener): Promise<{ url: string; asked(): number }> {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      listener(request, response);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, asked: () => asked };
  }

  const busy: RequestListener = (_request, response) => {
    response.writeHead(429, { "Retry-After": HOUR }).end("Too Many Requests");
  };
  const well: RequestListener = (_request, response) => {
    response.end(JSON.stringify({ id: 0, result: "0x7" }));
  };

  async function ask(rpcUrl: string, ...moreRpcUrls: string[]) {
    const chain = openChains([{ id: 1, rpcUrl, moreRpcUrls } as unknown as Deployment]).get(1);
    const startMs = systemClock.monotonicMs();
    const late = systemClock.sleep(SOON_MS).then(() => "late");
    const number = onChain(async () => chain?.client.getBlockNumber());
    const said = await Promise.race([number, late]).catch((error: unknown) => error);
    return { said, tookMs: systemClock.monotonicMs() - startMs };
  }

  it("is not waited for, alone or as one of several", async () => {
    const nodes = await Promise.all([open(busy), open(busy)]);
    const [one, other] = nodes.map(({ url }) => url) as [string, string];
    expect((await ask(one)).said).to.be.instanceOf(Fault);
    expect((await ask(one, other)).said).to.be.instanceOf(Fault);
  });

  it("is asked once, and then the next one, which answers", async () => {
    const [first, next] = await Promise.all([open(busy), open(well)]);
    const { said } = await ask(first.url, next.url);
    expect([said, first.asked(), next.asked()]).to.deep.equal([7n, 1, 1]);
  });

  it("for a moment is asked again, where there is no other", async () => {
    let times = 0;
    const node = await open((request, response) => {
      times += 1;
      (times === 1 ? busy : well)(request, response);
    });
    expect((await ask(node.url)).said).to.equal(7n);
  });
});
