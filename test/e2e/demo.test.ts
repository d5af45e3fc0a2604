// The whole journey against a running instance, as ./stagedoor demo plays it, checked by an outside client.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { Contract, JsonRpcProvider } from "ethers";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { createClient } from "#scripts/demo-client.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { requireVariable } from "../support/variables.ts";

const root = join(import.meta.dirname, "../..");
const DEMO_TIMEOUT_MS = 90_000;

interface Done {
  type: string;
  tickets: string[];
  txHashes: string[];
}

describe("./stagedoor demo", () => {
  let done: Done;
  let lines: { type: string; step?: string; state?: string }[];

  before(function () {
    this.timeout(DEMO_TIMEOUT_MS);
    const url = requireVariable("STAGEDOOR_URL");
    const { stdout, stderr, status } = spawnSync(
      join(root, "stagedoor"),
      ["demo", "--url", url, "--json"],
      { encoding: "utf8", timeout: DEMO_TIMEOUT_MS },
    );
    expect(status, stderr).to.equal(0);
    lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    done = lines.at(-1) as unknown as Done;
  });

  it("goes through every stage and fails none", () => {
    const steps = lines.filter(({ type, state }) => type === "step" && state === "done");
    expect(steps.map(({ step }) => step?.replace(/tkt_\S+/, "…"))).to.deep.equal([
      "Find the contract",
      "Find an event on sale",
      "Fan signs in (SIWE)",
      "Fan holds two seats",
      "Hold becomes an order",
      "Order is paid",
      "Tickets are minted",
      "Mirror shows them",
      "Gate staff signs in",
      "Gate admits …",
      "  and refuses it again",
      "Gate admits …",
      "  and refuses it again",
    ]);
    expect(done.type).to.equal("done");
    expect(done.tickets).to.have.lengthOf(2);
  });

  it("leaves tickets on chain that a client of another make reads as the fan's", async () => {
    const url = requireVariable("STAGEDOOR_URL");
    const rpcUrl = requireVariable("STAGEDOOR_RPC_URL");
    const fan = anvilAccount(ANVIL_ROLES.fan);
    const { deployments } = await createClient(url, fan.privateKey).call("getConfig");
    const provider = new JsonRpcProvider(rpcUrl);
    try {
      const tickets = new Contract(deployments[0]?.tickets ?? "", ticketsAbi, provider);
      for (const id of done.tickets) {
        const tokenId = BigInt(id.split("_")[2] ?? 0);
        expect(await tickets.getFunction("ownerOf")(tokenId)).to.equal(fan.address);
      }
      for (const hash of done.txHashes) {
        expect((await provider.getTransactionReceipt(hash))?.status).to.equal(1);
      }
    } finally {
      provider.destroy();
    }
  });

  it("says in one sentence that nothing runs where nothing runs", () => {
    const { status, stderr } = spawnSync(
      join(root, "stagedoor"),
      ["demo", "--home", "/nonexistent"],
      {
        encoding: "utf8",
        timeout: DEMO_TIMEOUT_MS,
      },
    );
    expect(status).to.equal(1);
    expect(stderr.trim().split("\n")).to.have.lengthOf(1);
    expect(stderr).to.include("./stagedoor up");
  });
});
