// The embedded chain's deployment: made once, gone on with, and never moved under sold tickets.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { homePaths } from "#scripts/services/home.ts";
import { deployOnce } from "#scripts/up-deployment.ts";
import { readEnv } from "#server/platform/env.ts";
import { type Anvil, startAnvil } from "../support/anvil.ts";

const CHAIN_ID = 31_337;

describe("deployment of the embedded chain", function () {
  this.timeout(60_000);
  let anvil: Anvil;
  let snapshot: string;
  let folder: string;
  let notes: string[];

  before(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID, args: ["--accounts", "30"] });
  });
  after(() => anvil.stop());
  beforeEach(async () => {
    snapshot = await anvil.rpc("evm_snapshot");
    folder = mkdtempSync(join(tmpdir(), "stagedoor-up-"));
    notes = [];
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await anvil.rpc("evm_revert", snapshot);
  });

  const deploy = () =>
    deployOnce({ home: folder, rpcUrl: anvil.url, note: (text) => void notes.push(text) });
  const path = () => homePaths(folder).deployment;
  const read = () => JSON.parse(readFileSync(path(), "utf8"));

  function write(content: unknown): void {
    mkdirSync(dirname(path()), { recursive: true });
    writeFileSync(path(), JSON.stringify(content));
  }

  it("is made once, with its modules, and the processes can read it", async () => {
    const made = await deploy();
    expect(await deploy()).to.deep.equal(made);
    expect(notes).to.deep.equal([]);
    const env = readEnv({
      ...{ NODE_ENV: "development", PUBLIC_URL: "http://localhost:1" },
      ...{ DATABASE_URL: "postgresql://a", REDIS_URL: "redis://b" },
      DEPLOYMENTS: JSON.stringify([made]),
    });
    expect(env.deployments).to.deep.equal([made]);
    expect(made.modules).to.have.all.keys("splits", "resale", "boxOffice", "renderer");
  });

  it("goes on from a start that was interrupted", async () => {
    const made = await deploy();
    const [record] = read();
    write([{ ...record, state: "unfinished" }]);
    expect(await deploy()).to.deep.equal(made);
    expect(read()[0].state).to.equal("complete");
  });

  it("is made again when the chain lost it, and says so", async () => {
    const empty: string = await anvil.rpc("evm_snapshot");
    await deploy();
    await anvil.rpc("evm_revert", empty);
    const again = await deploy();
    expect(notes).to.have.lengthOf(1);
    expect(notes[0]).to.include("no longer holds the contract");
    expect(await anvil.rpc("eth_getCode", again.tickets, "latest")).to.not.equal("0x");
  });

  it("stays where it is when the checkout's contract is another one", async () => {
    const made = await deploy();
    const [record] = read();
    const tickets = { ...record.contracts.tickets, creationHash: `0x${"ab".repeat(32)}` };
    write([{ ...record, contracts: { ...record.contracts, tickets } }]);
    expect(await deploy()).to.deep.equal(made);
    expect(notes[0]).to.include("has changed in this checkout");
  });

  describe("begun by an older checkout", () => {
    const older = (tickets: string) => ({ tickets, startBlock: 3, bytecodeHash: "of long ago" });

    it("goes on with what it has, which is no modules", async () => {
      const { tickets } = await deploy();
      write(older(tickets));
      const { modules, ...rest } = await deploy();
      expect(modules).to.equal(undefined);
      expect(rest).to.deep.equal({
        ...{ id: 1, chainId: CHAIN_ID, rpcUrl: anvil.url, tickets, startBlock: 3 },
      });
      expect(notes[0]).to.include("has changed in this checkout");
      expect(read()).to.deep.equal(older(tickets));
    });

    it("is made anew when the chain lost it", async () => {
      write(older(`0x${"12".repeat(20)}`));
      expect((await deploy()).modules).to.be.an("object");
      expect(notes[0]).to.include("no longer holds the contract");
      expect(read()).to.be.an("array");
    });
  });
});
