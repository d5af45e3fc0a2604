// Runs deploy and verify-deployment as a person and as a pipeline do: as processes, with exit codes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Interface } from "ethers";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { PROXY } from "#scripts/deployment/create2.ts";
import { type Hex, roleOf } from "#scripts/deployment/duties.ts";
import { homePaths } from "#scripts/services/home.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { deployOnce } from "#scripts/up-deployment.ts";
import { type Anvil, startAnvil } from "../support/anvil.ts";
import {
  addressOf,
  callAs,
  DEPLOYER_KEY,
  deployer,
  dutiesOfTests,
  fund,
  MULTISIG,
  passTime,
} from "../support/deployment.ts";
import { launch, type Outcome } from "../support/launcher.ts";

const CHAIN_ID = 7_006;
const THREE_DAYS_S = 3 * 24 * 3_600;

describe("the commands of a deployment", function () {
  // A dozen processes in one test, each of which loads the contracts.
  this.timeout(120_000);
  let anvil: Anvil;
  let folder: string;
  let snapshot: string;

  before(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID });
    await fund(anvil);
  });
  after(() => anvil.stop());
  beforeEach(async () => {
    snapshot = await anvil.rpc("evm_snapshot");
    folder = mkdtempSync(join(tmpdir(), "stagedoor-deploy-"));
    const config = { chainId: CHAIN_ID, admin: MULTISIG, duties: dutiesOfTests() };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await anvil.rpc("evm_revert", snapshot);
  });

  /** The command itself: the launcher in front of it is tested in its own files. */
  function run(
    command: string,
    args: string[],
    env: Record<string, string> = {},
  ): Promise<Outcome> {
    const script = join(repositoryRoot, "scripts", `${command}.ts`);
    return launch([script, ...args], { command: process.execPath, env }).ended;
  }

  const records = () => ["--records", join(folder, "records"), "--rpc", `${anvil.url}/?key=hidden`];

  function deploy(args: string[] = [], key: string = DEPLOYER_KEY): Promise<Outcome> {
    const config = ["--config", join(folder, "config.json")];
    return run("deploy", [...config, ...records(), ...args], { DEPLOYER_KEY: key });
  }

  function verify(args: string[] = []): Promise<Outcome> {
    return run("verify-deployment", ["--chain", String(CHAIN_ID), ...records(), ...args]);
  }

  const jsonLines = ({ stdout }: Outcome) =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  function recordFile(): string {
    return readFileSync(join(folder, "records", `${CHAIN_ID}.json`), "utf8");
  }

  it("deploys, hands over, and finds no difference afterwards", async () => {
    const planned = await deploy(["--dry-run"]);
    expect(planned.code, planned.stderr).to.equal(0);
    expect(planned.stdout).to.include("Nothing was sent.");
    expect(planned.stdout).to.not.include("more than the deployer has");
    expect(await anvil.rpc("eth_getTransactionCount", deployer, "latest")).to.equal("0x0");

    const deployed = await deploy();
    expect(deployed.code, deployed.stderr).to.equal(0);
    const [record] = JSON.parse(recordFile());
    const { address } = record.contracts.tickets;
    expect(planned.stdout).to.include(address);
    expect(deployed.stdout).to.include(`The multisig ${MULTISIG} must accept the admin role`);
    const data = new Interface(ticketsAbi).encodeFunctionData("acceptAdmin");
    expect(deployed.stdout).to.include(data);

    const early = await verify(["--offered"]);
    expect(early.stdout).to.include("No differences.");
    expect(early.code).to.equal(0);
    const unaccepted = await verify();
    expect(unaccepted.code).to.equal(1);
    expect(unaccepted.stdout).to.include(`defaultAdmin: expected ${MULTISIG}, found ${deployer}`);

    await passTime(anvil, THREE_DAYS_S + 60);
    await callAs(anvil, MULTISIG, { to: address, data });
    const late = await verify();
    expect(late.stdout).to.include("No differences.");
    expect(late.code).to.equal(0);
    const again = await deploy(["--resume"]);
    expect(again.stdout).to.include("The admin role is where it should be.");
    expect(again.stdout).to.not.include("must accept");
  });

  it("speaks JSON, one object a line, to the end", async () => {
    const lines = jsonLines(await deploy(["--json"]));
    expect(lines.map(({ type }) => type)).to.include.members(["plan", "step", "note", "deployed"]);
    const { record, handover } = lines.at(-1);
    expect(record.state).to.equal("complete");
    expect(handover.from).to.equal(MULTISIG);
    const intruder = addressOf("intruder");
    const to = record.contracts.tickets.address as Hex;
    const abi = new Interface(ticketsAbi);
    const data = abi.encodeFunctionData("grantRole", [roleOf("minter"), intruder]);
    await callAs(anvil, deployer, { to, data });
    const outcome = await verify(["--json", "--offered"]);
    expect(outcome.code).to.equal(1);
    const [difference, result] = jsonLines(outcome).slice(-2);
    expect(difference).to.include({ type: "difference", what: "tickets.MINTER_ROLE" });
    expect(difference.found).to.include(intruder);
    expect(result).to.deep.equal({
      ...{ type: "result", chainId: CHAIN_ID, collections: ["main"], count: 1 },
    });
  });

  it("refuses to run twice by accident, and goes on when told to", async () => {
    expect((await deploy()).code).to.equal(0);
    const before = recordFile();
    const second = await deploy();
    expect(second.code).to.equal(1);
    expect(second.stderr).to.include("recorded already");
    const resumed = await deploy(["--resume"]);
    expect(resumed.code, resumed.stderr).to.equal(0);
    expect(recordFile()).to.equal(before);
  });

  it("creates the proxy where there is none, or does without it", async () => {
    await anvil.rpc("anvil_setCode", PROXY, "0x");
    const planned = await deploy();
    expect(planned.code).to.equal(1);
    expect(planned.stderr).to.include("--install-proxy creates it").and.include("--plain");
    const plain = await deploy(["--plain"]);
    expect(plain.code, plain.stderr).to.equal(0);
    const installed = await deploy(["--collection", "acoustic", "--install-proxy"]);
    expect(installed.code, installed.stderr).to.equal(0);
    const [acoustic, main] = JSON.parse(recordFile());
    expect([acoustic.method, main.method]).to.deep.equal(["create2", "plain"]);
    expect(plain.stdout).to.include(main.contracts.tickets.address);
    const both = await verify(["--offered"]);
    expect(both.stdout).to.include("No differences.");
  });

  it("keeps several collections of a chain in one file, and names them apart", async () => {
    expect((await deploy()).code).to.equal(0);
    expect((await deploy(["--collection", "acoustic"])).code).to.equal(0);
    const names = JSON.parse(recordFile()).map((each: { collection: string }) => each.collection);
    expect(names).to.deep.equal(["acoustic", "main"]);
    const all = await verify();
    expect(all.stdout).to.include("acoustic: tickets.defaultAdmin");
    expect(all.stdout).to.include("main: tickets.defaultAdmin");
    const one = await verify(["--collection", "acoustic", "--offered"]);
    expect(one.code).to.equal(0);
    expect((await verify(["--collection", "none"])).stderr).to.include("has no collection none");
  });

  it("shows neither the key nor what the node's address keeps secret", async () => {
    const outcomes = [
      await deploy(),
      await deploy(),
      await deploy(["--collection", "b", "--json"]),
    ];
    await anvil.rpc("anvil_setBalance", deployer, "0x0");
    outcomes.push(await deploy(["--collection", "c"]), await deploy([DEPLOYER_KEY]));
    expect(outcomes[3]?.stdout).to.include("more than the deployer has");
    const said = outcomes.map(({ stdout, stderr }) => stdout + stderr).join("");
    expect(outcomes.map(({ code }) => code)).to.deep.equal([0, 1, 0, 1, 2]);
    for (const secret of [DEPLOYER_KEY.slice(2), "hidden"]) {
      expect(said + recordFile()).to.not.include(secret);
    }
  });

  it("ends with 2 for what was typed, with 1 for what is so, and 0 for help", async () => {
    for (const command of ["deploy", "verify-deployment"]) {
      const help = await run(command, ["--help"]);
      expect([help.code, help.stderr]).to.deep.equal([0, ""]);
      expect(help.stdout).to.include(`./stagedoor ${command}`);
      expect((await run(command, ["--nonsense"])).code).to.equal(2);
    }
    const wrong = await deploy(["--chain", "1", "--json"]);
    expect(wrong.code).to.equal(1);
    expect(wrong.stderr).to.include("The node serves chain 7006, expected 1.");
    expect(jsonLines(wrong).at(-1).type).to.equal("error");
    const missing = await verify();
    expect([missing.code, missing.stdout]).to.deep.equal([1, ""]);
    expect(missing.stderr).to.include("There is no ");
    expect((await verify(["--range", "0"])).code).to.equal(2);
  });

  it("verifies what ./stagedoor up deployed, by the instance's home", async () => {
    const local = await startAnvil({ chainId: 31_337, args: ["--accounts", "30"] });
    try {
      const home = join(folder, "home");
      mkdirSync(home);
      const given = { home, rpcUrl: local.url, note: () => undefined };
      const first = await deployOnce(given);
      expect(await deployOnce(given)).to.deep.equal(first);
      const stopped = await run("verify-deployment", ["--home", home]);
      expect(stopped.code).to.equal(1);
      expect(stopped.stderr).to.include("No instance runs in");
      writeFileSync(homePaths(home).instance, JSON.stringify({ rpcUrl: local.url }));
      const running = await run("verify-deployment", ["--home", home]);
      expect(running.stdout).to.include("No differences.");
      expect(running.code).to.equal(0);
    } finally {
      await local.stop();
    }
  });
});
