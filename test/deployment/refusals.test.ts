// What a deployment refuses before it sends anything, and what a person is told.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import { parseDeployOptions } from "#scripts/deploy-options.ts";
import { complain } from "#scripts/deployment/complain.ts";
import { connect } from "#scripts/deployment/connect.ts";
import { hasProxy, installProxy, PROXY } from "#scripts/deployment/create2.ts";
import { DUTIES } from "#scripts/deployment/duties.ts";
import { openRecordStore } from "#scripts/deployment/record.ts";
import { createSender } from "#scripts/deployment/transactions.ts";
import { anvilAccount } from "#scripts/services/anvil-keys.ts";
import { UsageError } from "#scripts/up-options.ts";
import { type Anvil, startAnvil } from "../support/anvil.ts";
import {
  addressOf,
  DEPLOYER_KEY,
  deploy,
  deployer,
  dutiesOfTests,
  failureOf,
  fund,
  inputOf,
  MULTISIG,
  memoryStore,
  withProvider,
} from "../support/deployment.ts";

const CHAIN_ID = 7_004;

describe("deploy refuses on a chain", function () {
  this.timeout(30_000);
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

  /** Whatever the refusal, not one transaction may have been sent. */
  async function refusal(call: Parameters<typeof deploy>[1] = {}): Promise<string> {
    const count = () => anvil.rpc("eth_getTransactionCount", deployer, "pending");
    const before = await count();
    const store = memoryStore();
    const message = await failureOf(deploy(anvil, { store, ...call }));
    expect(await count()).to.equal(before);
    expect(store.record).to.equal(undefined);
    return message;
  }

  it("a node of another chain", async () => {
    expect(await failureOf(connect(anvil.url, 1))).to.equal(
      "The node serves chain 7004, expected 1.",
    );
  });

  it("a node that is not there, without the key in its address", async () => {
    const message = await failureOf(connect("http://127.0.0.1:1/v2/secret-key", 1));
    expect(message).to.include("The node at http://127.0.0.1:1 cannot be asked");
    expect(message).to.not.include("secret-key");
  });

  it("to wait for a node that took a question and never answers", async () => {
    const silent = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const { id: question, method } = JSON.parse(body);
        if (method !== "eth_chainId") return;
        response.end(JSON.stringify({ jsonrpc: "2.0", id: question, result: "0x1" }));
      });
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const provider = await connect(`http://127.0.0.1:${port}`, 1);
    try {
      expect(await failureOf(provider.getBlockNumber())).to.include("timeout");
    } finally {
      provider.destroy();
      silent.closeAllConnections();
      silent.close();
    }
  });

  it("a chain that takes no transaction without a chain id, and names the way out", async () => {
    await anvil.rpc("anvil_setCode", PROXY, "0x");
    await withProvider(anvil, async (provider) => {
      const sender = createSender(DEPLOYER_KEY, provider);
      const send = provider.send.bind(provider);
      let paid = false;
      provider.send = async (method, params) => {
        const isKeyless = method === "eth_sendRawTransaction" && paid;
        if (isKeyless) throw new Error("only replay-protected transactions are allowed");
        paid ||= method === "eth_sendRawTransaction";
        return await send(method, params as []);
      };
      expect(await failureOf(installProxy(provider, sender))).to.include("refuses the transaction");
    });
  });

  it("to repeat the node's address in a failure, whoever wrote the message", () => {
    const rpcUrl = "https://rpc.example.org/v2/secret-key";
    const said: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = (text) => said.push(String(text)) > 0;
    let code: number;
    try {
      code = complain(new Error(`no answer from ${rpcUrl}`), {
        step: "Deploy",
        json: false,
        rpcUrl,
      });
    } finally {
      process.stderr.write = write;
    }
    expect(code).to.equal(1);
    expect(said).to.deep.equal([
      'The step "Deploy" failed: no answer from https://rpc.example.org.\n',
    ]);
  });

  it("an admin without code, and takes one when that is wanted", async () => {
    await anvil.rpc("anvil_setCode", MULTISIG, "0x");
    expect(await refusal()).to.include(`The admin ${MULTISIG} has no code on chain 7004`);
    expect((await deploy(anvil, { eoaAdmin: true })).state).to.equal("complete");
  });

  it("an admin that only delegates to code (EIP-7702)", async () => {
    await anvil.rpc("anvil_setCode", MULTISIG, `0xef0100${"ab".repeat(20)}`);
    expect(await refusal()).to.include("has no code");
  });

  it("a deployer that cannot pay, and says what is missing", async () => {
    await anvil.rpc("anvil_setBalance", deployer, "0x1");
    expect(await refusal()).to.match(/has 0\.000000000000000001 and may need 0\.\d+/);
  });

  it("a deployer with transactions under way", async () => {
    await anvil.rpc("evm_setAutomine", false);
    try {
      await anvil.rpc("anvil_impersonateAccount", deployer);
      await anvil.rpc("eth_sendTransaction", { from: deployer, to: MULTISIG });
      expect(await refusal()).to.include("has 1 transactions that are not mined yet");
    } finally {
      await anvil.rpc("anvil_dropAllTransactions");
      await anvil.rpc("evm_setAutomine", true);
    }
  });

  it("a chain without the proxy, and names the two ways out", async () => {
    await anvil.rpc("anvil_setCode", PROXY, "0x");
    expect(await refusal()).to.include("no deterministic-deployment proxy");
    expect((await deploy(anvil, { method: "plain" })).state).to.equal("complete");
  });

  it("another contract in the proxy's place", async () => {
    await anvil.rpc("anvil_setCode", PROXY, "0x60006000");
    expect(await refusal()).to.include("is not the deterministic-deployment proxy");
    expect(await failureOf(withProvider(anvil, hasProxy))).to.include("is not the");
  });

  it("a contract that is there already, unless it goes on with it", async () => {
    await deploy(anvil);
    expect(await refusal()).to.include("already, where tickets would be");
    expect((await deploy(anvil, { resume: true })).state).to.equal("complete");
  });

  it("a contract with other code in its place, also when it goes on", async () => {
    const { contracts } = await deploy(anvil);
    await anvil.rpc("anvil_setCode", contracts.splits.address, "0x60006000");
    const message = await refusal({ resume: true });
    expect(message).to.include(`The contract at ${contracts.splits.address} is another one`);
  });

  it("a collection that is recorded already", async () => {
    const store = memoryStore();
    await deploy(anvil, { store });
    expect(await refusal({ store })).to.include("recorded already (complete");
  });

  for (const duty of DUTIES) {
    it(`to go on with another ${duty}`, async () => {
      const store = memoryStore();
      const first = await deploy(anvil, { store });
      const duties = { ...dutiesOfTests(), [duty]: addressOf("another") };
      const input = inputOf(CHAIN_ID, { duties });
      const message = await failureOf(deploy(anvil, { store, resume: true, input }));
      expect(message).to.include(`has ${duty} ${first.duties[duty]}, not ${addressOf("another")}`);
    });
  }

  it("to go on with another admin, or another way", async () => {
    const store = memoryStore();
    await deploy(anvil, { store });
    const input = inputOf(CHAIN_ID, { admin: addressOf("another") });
    const other = deploy(anvil, { store, resume: true, input });
    expect(await failureOf(other)).to.include(`has admin ${MULTISIG}, not`);
    const plain = deploy(anvil, { store, resume: true, method: "plain" });
    expect(await failureOf(plain)).to.include("has method create2, not plain");
  });

  for (const [rules, missing] of [
    ["london", "PUSH0, MCOPY, TSTORE, TLOAD"],
    ["shanghai", "MCOPY, TSTORE, TLOAD"],
  ] as const) {
    it(`a chain with the rules of ${rules}, and names what it does not know`, async () => {
      const old = await startAnvil({ chainId: CHAIN_ID, args: ["--hardfork", rules] });
      try {
        await fund(old);
        expect(await failureOf(deploy(old))).to.include(`The chain does not know ${missing},`);
      } finally {
        await old.stop();
      }
    });
  }

  it("a chain that will not have contracts of this size", async () => {
    const small = await startAnvil({ chainId: CHAIN_ID, args: ["--code-size-limit", "9000"] });
    try {
      await fund(small);
      expect(await failureOf(deploy(small))).to.include("The chain refuses to create tickets");
    } finally {
      await small.stop();
    }
  });
});

describe("deploy refuses as input", () => {
  const base = [
    ...["--chain", String(CHAIN_ID), "--rpc", "http://127.0.0.1:1", "--admin", MULTISIG],
    ...DUTIES.flatMap((duty) => [`--${duty}`, addressOf(duty)]),
  ];
  const env = { DEPLOYER_KEY };
  const wrong = (args: string[], environment: Record<string, string> = env) => {
    let thrown: unknown;
    try {
      parseDeployOptions(args, environment);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).to.be.instanceOf(UsageError);
    return (thrown as Error).message;
  };
  const upper = (letter: string) => letter.toUpperCase();
  const withOption = (name: string, value: string) => [...base, `--${name}`, value];

  it("nothing that is right", () => {
    const run = parseDeployOptions(base, env);
    expect(run).to.include({ deployer, method: "create2", resume: false, dryRun: false });
    expect(run.input).to.deep.equal(inputOf(CHAIN_ID));
  });

  it("one address with two duties, whichever they are", () => {
    const names = ["admin", ...DUTIES];
    for (const [index, name] of names.entries()) {
      const other = names[(index + 1) % names.length] ?? "";
      const address = other === "admin" ? MULTISIG : addressOf(other);
      expect(wrong(withOption(name, address)), name).to.include("each duty needs its own key");
    }
    for (const name of names) {
      expect(wrong(withOption(name, deployer)), name).to.include(`both deployer and ${name}`);
    }
  });

  it("the zero address, no address, a wrong checksum and a missing one", () => {
    expect(wrong(withOption("gate", ZeroAddress))).to.include("The gate is the zero address");
    expect(wrong(withOption("gate", "0x12"))).to.include("The gate is no address");
    const first = MULTISIG.search(/[a-f]/);
    const swapped = MULTISIG.slice(0, first) + MULTISIG.slice(first).replace(/[a-f]/, upper);
    expect(wrong(withOption("gate", swapped))).to.include("wrong checksum");
    const rest = base.slice(0, -2);
    expect(wrong(rest)).to.include("The address of the guardian is missing");
  });

  it("keys that everybody knows", () => {
    const published = anvilAccount(3).address;
    expect(wrong(withOption("gate", published))).to.include("a key that everybody knows");
    expect(wrong(base, { DEPLOYER_KEY: anvilAccount(0).privateKey })).to.include("everybody knows");
  });

  it("shared duties anywhere but on the embedded chain", () => {
    expect(wrong([...base, "--development"])).to.include("--development is for chain 31337 only");
    const local = [...withOption("chain", "31337"), "--development", "--gate", deployer];
    expect(parseDeployOptions(local, env).input.duties.gate).to.equal(deployer);
  });

  it("a key among the arguments, without repeating it", () => {
    for (const args of [
      [...base, DEPLOYER_KEY],
      [...base, `--gate=${DEPLOYER_KEY.slice(2)}`],
    ]) {
      const message = wrong(args);
      expect(message).to.include("looks like a private key");
      expect(message).to.not.include(DEPLOYER_KEY.slice(2));
    }
  });

  it("a missing key, half a key, and the key of somebody else", () => {
    expect(wrong(base, {})).to.include("DEPLOYER_KEY is not set");
    const half = DEPLOYER_KEY.slice(0, 40);
    expect(wrong(base, { DEPLOYER_KEY: half })).to.not.include(half);
    const key = id("somebody else");
    expect(wrong(withOption("deployer", deployer), { DEPLOYER_KEY: key })).to.include("is the key");
  });

  it("an unknown option, a chain that is no number, a node without http", () => {
    expect(wrong([...base, "--force"])).to.include("--force");
    expect(wrong(withOption("chain", "mainnet"))).to.include("--chain needs");
    expect(wrong(withOption("rpc", "wss://node"))).to.include("--rpc needs");
    expect(wrong(withOption("collection", "My Show"))).to.include("--collection is a name");
    expect(wrong(withOption("start-block", "-1"))).to.include("--start-block");
  });

  it("a dry run without a key and without an address", () => {
    expect(wrong([...base, "--dry-run"], {})).to.include("name the --deployer");
    const dry = parseDeployOptions([...base, "--dry-run", "--deployer", deployer], {});
    expect(dry).to.include({ deployer, deployerKey: undefined });
  });

  describe("from a file", () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "stagedoor-config-"));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));
    const file = (content: unknown) => {
      const path = join(folder, "config.json");
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      return ["--config", path, "--rpc", "http://127.0.0.1:1"];
    };
    const good = { chainId: CHAIN_ID, admin: MULTISIG, duties: dutiesOfTests() };

    it("takes everything from it, and a flag instead of a line", () => {
      const limits = { minter: { tickets: 10, windowSeconds: 60 } };
      const args = [...file({ ...good, limits }), "--collection", "acoustic"];
      const { input } = parseDeployOptions(args, env);
      expect(input).to.include({ chainId: CHAIN_ID, collection: "acoustic", admin: MULTISIG });
      expect(input.limits.minter).to.deep.equal(limits.minter);
      expect(input.limits.voucher.tickets).to.equal(40_000);
    });

    it("refuses what it does not know, and shows no value", () => {
      const key = id("deployer");
      const extra = wrong(file({ ...good, deployerKey: key }));
      expect(extra).to.include("deployerKey");
      expect(extra).to.not.include(key);
      expect(wrong(file(`{"deployerKey":"${key}`))).to.match(/it is not JSON/);
      expect(
        wrong(file({ ...good, limits: { minter: { tickets: -1, windowSeconds: 1 } } })),
      ).to.include("limits.minter.tickets");
      expect(wrong(["--config", join(folder, "none"), "--rpc", "http://node"])).to.include(
        "cannot be read",
      );
    });

    it("refuses records that are no records", () => {
      const path = join(folder, "7004.json");
      for (const [text, says] of [
        ["[", "is not JSON"],
        ['[{"collection":"main"}]', "no list"],
      ]) {
        writeFileSync(path, text ?? "");
        expect(() => openRecordStore(path, "main").read()).to.throw(says ?? "");
      }
    });
  });
});
