// Deploys a collection as an artist would: predicted addresses, separate keys, a multisig at the end.
import { expect } from "chai";
import { Contract, Interface, Wallet } from "ethers";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { creationCode, PARTS } from "#scripts/deployment/contracts.ts";
import { create2Address, installProxy, PROXY, saltOf } from "#scripts/deployment/create2.ts";
import { ADMIN_ROLE, DUTIES, type Hex, roleOf } from "#scripts/deployment/duties.ts";
import { handoverOf } from "#scripts/deployment/handover.ts";
import { addressesOf, type DeploymentRecord } from "#scripts/deployment/record.ts";
import { createSender } from "#scripts/deployment/transactions.ts";
import { verifyCollection } from "#scripts/deployment/verify-collection.ts";
import { type Anvil, startAnvil } from "../support/anvil.ts";
import {
  addressOf,
  callAs,
  DEPLOYER_KEY,
  deploy,
  deployer,
  failureOf,
  fund,
  inputOf,
  MULTISIG,
  memoryStore,
  passTime,
  throughMultisig,
  withProvider,
} from "../support/deployment.ts";

const CHAIN_ID = 7_001;
const OTHER_CHAIN_ID = 7_002;
const ADMIN_DELAY_SECONDS = 3 * 24 * 3_600;

describe("deploy a collection", function () {
  this.timeout(60_000);
  let anvil: Anvil;
  let other: Anvil;
  let snapshot: string;

  before(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID });
    other = await startAnvil({
      chainId: OTHER_CHAIN_ID,
      args: ["--disable-default-create2-deployer"],
    });
    for (const each of [anvil, other]) await fund(each);
  });
  after(() => Promise.all([anvil.stop(), other.stop()]));
  beforeEach(async () => {
    snapshot = await anvil.rpc("evm_snapshot");
  });
  afterEach(() => anvil.rpc("evm_revert", snapshot));

  function rolesOf(record: DeploymentRecord, account: Hex): Promise<string[]> {
    return withProvider(anvil, async (provider) => {
      const tickets = new Contract(record.contracts.tickets.address, ticketsAbi, provider);
      const held: string[] = [];
      for (const role of [ADMIN_ROLE, ...DUTIES.map(roleOf)]) {
        if (await tickets.getFunction("hasRole")(role, account)) held.push(role);
      }
      return held;
    });
  }

  it("gives each duty to its key alone, and everything to the multisig after the delay", async () => {
    const store = memoryStore();
    const input = inputOf(CHAIN_ID);
    const record = await deploy(anvil, { input, store });
    expect(record.state).to.equal("complete");
    expect(store.record).to.deep.equal(record);
    for (const duty of DUTIES) {
      expect(await rolesOf(record, input.duties[duty]), duty).to.deep.equal([roleOf(duty)]);
    }
    expect(await rolesOf(record, deployer)).to.deep.equal([ADMIN_ROLE]);
    const handover = handoverOf(record);
    if (handover === undefined) throw new Error("nothing is handed over");
    expect(handover.from).to.equal(MULTISIG);
    const verify = (state: "offered" | "accepted") =>
      withProvider(anvil, (provider) => verifyCollection({ provider, record, handover: state }));
    expect(await verify("offered")).to.deep.equal([]);

    await passTime(anvil, ADMIN_DELAY_SECONDS - 60);
    const accept = throughMultisig(handover);
    const early = await failureOf(anvil.rpc("eth_call", accept, "latest"));
    expect(early).to.include(new Interface(ticketsAbi).getError("TicketsAdminTooEarly")?.selector);
    await passTime(anvil, 61);
    await callAs(anvil, addressOf("somebody"), accept);
    expect(await rolesOf(record, deployer)).to.deep.equal([]);
    expect(await rolesOf(record, MULTISIG)).to.deep.equal([ADMIN_ROLE]);
    expect(await verify("accepted")).to.deep.equal([]);
  });

  it("records what is on the chain: hashes, arguments, blocks and transactions", async () => {
    const record = await deploy(anvil);
    const { tickets, splits } = addressesOf(record);
    expect(record.contracts.tickets.arguments).to.deep.equal([deployer]);
    expect(record.contracts.resale.arguments).to.deep.equal([tickets, splits]);
    expect(record.compiler).to.include({ evmVersion: "osaka", viaIR: false });
    await withProvider(anvil, async (provider) => {
      for (const part of PARTS) {
        const { txHash } = record.contracts[part];
        const receipt = await provider.getTransactionReceipt(txHash ?? "");
        expect(receipt?.status, part).to.equal(1);
        if (part === "tickets") expect(receipt?.blockNumber).to.equal(record.startBlock);
      }
      const now = (await provider.getBlock("latest"))?.timestamp ?? 0;
      expect(record.acceptFrom).to.be.within(
        now + ADMIN_DELAY_SECONDS - 5,
        now + ADMIN_DELAY_SECONDS,
      );
    });
  });

  it("has the same addresses on every chain, also where the proxy comes first", async () => {
    const here = await deploy(anvil);
    await withProvider(other, (provider) =>
      installProxy(provider, createSender(DEPLOYER_KEY, provider)),
    );
    const there = await deploy(other);
    expect(addressesOf(there)).to.deep.equal(addressesOf(here));
    const expected = create2Address(saltOf("main"), creationCode("tickets", [deployer]));
    expect(here.contracts.tickets.address).to.equal(expected);
    expect(await other.rpc("eth_getCode", PROXY, "latest")).to.equal(
      await anvil.rpc("eth_getCode", PROXY, "latest"),
    );
  });

  it("lets an artist have a second collection beside the first", async () => {
    const first = await deploy(anvil);
    const second = await deploy(anvil, { input: inputOf(CHAIN_ID, { collection: "acoustic" }) });
    const all = [first, second].flatMap((record) => Object.values(addressesOf(record)));
    expect(new Set(all).size).to.equal(14);
  });

  it("goes without the proxy when asked to, at addresses of the deployer's nonce", async () => {
    const record = await deploy(anvil, { method: "plain" });
    expect(record.salt).to.equal(null);
    const receipts = PARTS.map((part) =>
      anvil.rpc<{ contractAddress: string }>(
        "eth_getTransactionReceipt",
        record.contracts[part].txHash,
      ),
    );
    const created = (await Promise.all(receipts)).map(({ contractAddress }) => contractAddress);
    expect(created).to.deep.equal(
      PARTS.map((part) => record.contracts[part].address.toLowerCase()),
    );
  });

  it("sets other limits than the built-in ones before it hands over", async () => {
    const limits = {
      minter: { tickets: 500, windowSeconds: 600 },
      voucher: { tickets: 40_000, windowSeconds: 3_600 },
    };
    const record = await deploy(anvil, { input: inputOf(CHAIN_ID, { limits }) });
    await withProvider(anvil, async (provider) => {
      const tickets = new Contract(record.contracts.tickets.address, ticketsAbi, provider);
      expect(await tickets.getFunction("mintableBy")(roleOf("minter"))).to.equal(500n);
      expect(await verifyCollection({ provider, record, handover: "offered" })).to.deep.equal([]);
    });
  });

  it("takes a creation that somebody else sent first, since it is the same", async () => {
    const stranger = Wallet.createRandom();
    await anvil.rpc("anvil_setBalance", stranger.address, "0x8ac7230489e80000");
    const record = await deploy(anvil, {
      sender: (real) => ({
        ...real,
        async send(transaction) {
          // Between the estimate and the deployer's own transaction.
          if (transaction.nonce === 0 && transaction.to === PROXY) {
            await withProvider(anvil, async (provider) => {
              const { to, data } = transaction;
              const copy = await stranger.connect(provider).sendTransaction({ to, data });
              await copy.wait();
            });
          }
          return await real.send(transaction);
        },
      }),
    });
    expect(record.state).to.equal("complete");
    expect(record.contracts.tickets.txHash).to.equal(null);
    expect(record.contracts.splits.txHash).to.be.a("string");
  });

  it("needs no multisig on the embedded chain", async () => {
    const local = await startAnvil({ chainId: 31_337 });
    try {
      await fund(local);
      const admin = addressOf("somebody");
      expect((await deploy(local, { input: inputOf(31_337, { admin }) })).admin).to.equal(admin);
    } finally {
      await local.stop();
    }
  });
});
