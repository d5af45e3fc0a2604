// Checks the deployment against a node that mines by the clock, as the embedded chain does.
import { expect } from "chai";
import { Contract, HDNodeWallet, id, JsonRpcProvider, Mnemonic } from "ethers";
import { network } from "hardhat";
import type { JsonRpcServer } from "hardhat/types/network";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { deployModules, deployTickets } from "#scripts/deploy.ts";

type Hex = `0x${string}`;

const CHAIN_ID = 31_337;
const BLOCK_MS = 200;
const MNEMONIC = Mnemonic.fromPhrase("test test test test test test test test test test test junk");

const admin = account(0);
const organiser = account(3);
const roles = {
  minter: account(1).address,
  gate: account(2).address,
  organiser: organiser.address,
  refunder: account(4).address,
};

describe("deploy", function () {
  this.timeout(30_000);
  let server: JsonRpcServer;
  let rpcUrl: string;

  before(async () => {
    const mining = { auto: false, interval: BLOCK_MS };
    const override = { mining, allowBlocksWithSameTimestamp: true };
    server = await network.createServer({ network: "osaka", override }, "127.0.0.1", 0);
    const { port } = await server.listen();
    rpcUrl = `http://127.0.0.1:${port}`;
  });

  after(() => server.close());

  describe("deployTickets", () => {
    it("deploys from the admin's account and gives each role to its key alone", async () => {
      const { tickets, startBlock, txHash } = await deploy();
      const provider = new JsonRpcProvider(rpcUrl);
      const receipt = await provider.getTransactionReceipt(txHash);
      expect(receipt?.contractAddress).to.equal(tickets);
      expect(receipt?.blockNumber).to.equal(startBlock);
      const contract = new Contract(tickets, ticketsAbi, provider);
      expect(await contract.getFunction("defaultAdmin")()).to.equal(admin.address);
      for (const [duty, holder] of Object.entries(roles)) {
        const role = id(`${duty.toUpperCase()}_ROLE`);
        for (const key of [admin.address, ...Object.values(roles)]) {
          expect(await contract.getFunction("hasRole")(role, key)).to.equal(key === holder);
        }
      }
      provider.destroy();
    });

    it("refuses a node of another chain before it signs anything", async () => {
      const provider = new JsonRpcProvider(rpcUrl);
      const sentBefore = await provider.getTransactionCount(admin.address, "pending");
      const message = await failureOf(
        deployTickets({ rpcUrl, chainId: 1, adminKey: admin.privateKey, roles }),
      );
      expect(message).to.equal("the node serves chain 31337, expected 1");
      expect(await provider.getTransactionCount(admin.address, "pending")).to.equal(sentBefore);
      provider.destroy();
    });

    it("refuses when nobody answers", async () => {
      const nowhere = { rpcUrl: "http://127.0.0.1:1", chainId: CHAIN_ID };
      const message = await failureOf(
        deployTickets({ ...nowhere, adminKey: admin.privateKey, roles }),
      );
      expect(message).to.include("ECONNREFUSED");
    });
  });

  describe("deployModules", () => {
    it("deploys the contracts that handle money, each knowing the tickets", async () => {
      const { tickets } = await deploy();
      const adminKey = admin.privateKey;
      const modules = await deployModules({ rpcUrl, chainId: CHAIN_ID, adminKey, tickets });
      expect(new Set(Object.values(modules)).size).to.equal(3);
      const provider = new JsonRpcProvider(rpcUrl);
      for (const at of Object.values(modules)) {
        const module = new Contract(at, ["function TICKETS() view returns (address)"], provider);
        expect(await module.getFunction("TICKETS")()).to.equal(tickets);
      }
      provider.destroy();
    });

    it("refuses a node of another chain", async () => {
      const adminKey = admin.privateKey;
      const options = { rpcUrl, chainId: 1, adminKey, tickets: admin.address };
      expect(await failureOf(deployModules(options))).to.equal(
        "the node serves chain 31337, expected 1",
      );
    });
  });

  function deploy() {
    return deployTickets({ rpcUrl, chainId: CHAIN_ID, adminKey: admin.privateKey, roles });
  }
});

function account(index: number): { address: Hex; privateKey: Hex } {
  const { address, privateKey } = HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${index}`);
  return { address: address as Hex, privateKey: privateKey as Hex };
}

async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("expected a failure");
}
