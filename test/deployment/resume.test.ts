// Ends a deployment between any two steps, and lets a second run finish it.
import { expect } from "chai";
import { Interface } from "ethers";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { PARTS } from "#scripts/deployment/contracts.ts";
import { roleOf } from "#scripts/deployment/duties.ts";
import type { Method } from "#scripts/deployment/plan.ts";
import { addressesOf, type DeploymentRecord } from "#scripts/deployment/record.ts";
import { findStartBlock } from "#scripts/deployment/start-block.ts";
import type { Sender } from "#scripts/deployment/transactions.ts";
import { verifyCollection } from "#scripts/deployment/verify-collection.ts";
import { type Anvil, startAnvil } from "../support/anvil.ts";
import {
  callAs,
  deploy,
  deployer,
  failureOf,
  fund,
  MULTISIG,
  memoryStore,
  passTime,
  withProvider,
} from "../support/deployment.ts";

const CHAIN_ID = 7_003;
const THREE_DAYS_S = 3 * 24 * 3_600;
const abi = new Interface(ticketsAbi);
/** Four contracts, six duties, one offer. */
const TRANSACTIONS = 11;

describe("resume a deployment", function () {
  this.timeout(60_000);
  let anvil: Anvil;
  let snapshot: string;

  before(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID });
    await fund(anvil);
  });
  after(() => anvil.stop());
  beforeEach(async () => {
    snapshot = await anvil.rpc("evm_snapshot");
  });
  afterEach(() => anvil.rpc("evm_revert", snapshot));

  /** Dies at the n-th transaction: before it was sent, or right after. */
  function crashing(at: number, moment: "before" | "after"): (real: Sender) => Sender {
    let sent = 0;
    return (real) => ({
      ...real,
      async send(transaction) {
        sent += 1;
        if (sent === at && moment === "before") throw new Error("crash");
        const hash = await real.send(transaction);
        if (sent === at) throw new Error("crash");
        return hash;
      },
    });
  }

  async function transactionsOfDeployer(): Promise<number> {
    return Number(await anvil.rpc("eth_getTransactionCount", deployer, "latest"));
  }

  async function expectAsPlanned(record: DeploymentRecord): Promise<void> {
    expect(record.state).to.equal("complete");
    const differences = await withProvider(anvil, (provider) =>
      verifyCollection({ provider, record, handover: "offered" }),
    );
    expect(differences).to.deep.equal([]);
  }

  // What comes after the creations is the same for both.
  const lastByMethod = { create2: TRANSACTIONS, plain: PARTS.length + 1 };
  for (const method of ["create2", "plain"] as const satisfies Method[]) {
    for (let at = 1; at <= lastByMethod[method]; at += 1) {
      for (const moment of ["before", "after"] as const) {
        it(`goes on after a crash ${moment} transaction ${at} (${method})`, async () => {
          const store = memoryStore();
          const before = await transactionsOfDeployer();
          const crashed = deploy(anvil, { store, method, sender: crashing(at, moment) });
          expect(await failureOf(crashed)).to.equal("crash");
          expect(store.record?.state).to.equal("unfinished");
          const resumed = await deploy(anvil, { store, method, resume: true });
          // Complete is what was verified; what that finds is tested in verify.test.ts.
          expect(resumed.state).to.equal("complete");
          expect(store.record).to.deep.equal(resumed);
          // What was done is kept, not done again.
          expect(await transactionsOfDeployer()).to.equal(before + TRANSACTIONS);
        });
      }
    }
  }

  it("plans anew where the deployer's nonce went elsewhere (plain)", async () => {
    const store = memoryStore();
    const method = "plain";
    await failureOf(deploy(anvil, { store, method, sender: crashing(3, "before") }));
    const begun = addressesOf(store.record as DeploymentRecord);
    await callAs(anvil, deployer, { to: deployer, data: "0x" });
    const resumed = await deploy(anvil, { store, method, resume: true });
    await expectAsPlanned(resumed);
    const { tickets, splits, resale } = addressesOf(resumed);
    expect([tickets, splits]).to.deep.equal([begun.tickets, begun.splits]);
    expect(resale).to.not.equal(begun.resale);
  });

  it("refuses a second run after a crash unless it is told to go on", async () => {
    const store = memoryStore();
    await failureOf(deploy(anvil, { store, sender: crashing(3, "before") }));
    expect(await failureOf(deploy(anvil, { store }))).to.include("recorded already (unfinished");
  });

  it("sends nothing when everything is done", async () => {
    const store = memoryStore();
    const record = await deploy(anvil, { store });
    const sent = await transactionsOfDeployer();
    expect(await deploy(anvil, { store, resume: true })).to.deep.equal(record);
    expect(await transactionsOfDeployer()).to.equal(sent);
  });

  it("deploys again what a reorg took away after it was complete", async () => {
    const store = memoryStore();
    const empty: string = await anvil.rpc("evm_snapshot");
    await deploy(anvil, { store });
    await anvil.rpc("evm_revert", empty);
    await expectAsPlanned(await deploy(anvil, { store, resume: true }));
  });

  it("needs no coin, and leaves the record complete, to find out that something was changed", async () => {
    const store = memoryStore();
    const { contracts, duties } = await deploy(anvil, { store });
    await passTime(anvil, THREE_DAYS_S + 60);
    const to = contracts.tickets.address;
    const call = (name: "acceptAdmin" | "revokeRole", ...args: unknown[]) =>
      callAs(anvil, MULTISIG, { to, data: abi.encodeFunctionData(name, args) });
    await call("acceptAdmin");
    await anvil.rpc("anvil_setBalance", deployer, "0x0");
    await deploy(anvil, { store, resume: true });
    await call("revokeRole", roleOf("gate"), duties.gate);
    const message = await failureOf(deploy(anvil, { store, resume: true }));
    expect(message).to.include(`tickets.GATE_ROLE: expected ${duties.gate}, found nobody`);
    expect(store.record?.state).to.equal("complete");
  });

  it("makes a lost record again, with the block that Tickets was created in", async () => {
    const first = await deploy(anvil);
    const again = await deploy(anvil, { resume: true });
    await expectAsPlanned(again);
    expect(addressesOf(again)).to.deep.equal(addressesOf(first));
    expect(again.startBlock).to.equal(first.startBlock);
    expect(again.acceptFrom).to.equal(first.acceptFrom);
    expect(again.contracts.tickets.txHash).to.equal(null);
    expect(again.contracts.tickets.codeHash).to.equal(first.contracts.tickets.codeHash);
  });

  it("takes the start block that it is told for a lost record", async () => {
    const { startBlock } = await deploy(anvil);
    const again = await deploy(anvil, { resume: true, startBlock: startBlock - 1 });
    expect(again.startBlock).to.equal(startBlock - 1);
  });

  it("says that a node without old states cannot find the block", async () => {
    const { contracts } = await deploy(anvil);
    await withProvider(anvil, async (provider) => {
      provider.getCode = (_address, block) =>
        block === undefined ? Promise.resolve("0x00") : Promise.reject(new Error("pruned"));
      const found = findStartBlock(provider, contracts.tickets.address);
      expect(await failureOf(found)).to.include("does not know when");
    });
  });
});
