// Found: while the chain was away, a contract wallet's good signature was called wrong, at sign-in and at the door.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { hashMessage } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { type Chain, openChains } from "#server/platform/chain.ts";
import { isSignedByContract } from "#server/platform/wallet-signature.ts";

interface Call {
  id: number;
}

interface Answer {
  status: number;
  /** Of each call in the request; none where the answer is not JSON-RPC. */
  error?: { code: number; message: string };
}

/** What a node says when it is away or busy; none of it is about a signature. */
const ANSWERS: [what: string, answer: Answer][] = [
  ["has an error of its own", { status: 500 }],
  ["is restarting", { status: 503 }],
  ["takes no more requests", { status: 429 }],
  [
    "limits its callers in JSON",
    { status: 200, error: { code: -32_005, message: "limit exceeded" } },
  ],
];

describe("a contract wallet's signature", () => {
  let node: Server;
  let answer: Answer;
  before(async () => {
    node = createServer(async (request, response) => {
      const asked = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Call | Call[];
      const { status, error } = answer;
      response.writeHead(status, { "content-type": "application/json" });
      const answers = [asked].flat().map(({ id }) => ({ jsonrpc: "2.0", id, error }));
      const said = Array.isArray(asked) ? answers : answers[0];
      response.end(error === undefined ? "" : JSON.stringify(said));
    });
    await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
  });
  after(() => new Promise((resolve) => node.close(resolve)));

  async function outcome(rpcUrl: string) {
    const wallet = {
      id: 1,
      chainId: 31_337,
      startBlock: 0,
      tickets: `0x${"0".repeat(40)}`,
    } as const;
    const chain = openChains([{ ...wallet, rpcUrl }]).get(1) as Chain;
    const account = privateKeyToAccount(generatePrivateKey());
    const signature = await account.signMessage({ message: "x" });
    const asked = { address: `0x${"5a".repeat(20)}`, hash: hashMessage("x"), signature } as const;
    return isSignedByContract(chain, asked).catch((error: { code: string }) => error);
  }

  it("is not decided by a node that is away", async () => {
    expect(await outcome("http://127.0.0.1:1")).to.include({ code: "chain/unreachable" });
  });

  for (const [what, given] of ANSWERS) {
    it(`is not decided by a node that ${what}`, async () => {
      answer = given;
      const { port } = node.address() as AddressInfo;
      expect(await outcome(`http://127.0.0.1:${port}`)).to.include({ code: "chain/unreachable" });
    });
  }
});
