// Changes one thing at a time on a live deployment, and expects to read exactly that.
import { expect } from "chai";
import { Interface, id } from "ethers";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { type AnyPart, INNER_PARTS, PARTS, RUNTIMES } from "#scripts/deployment/contracts.ts";
import { lineOf } from "#scripts/deployment/difference.ts";
import { DUTIES, type Hex, roleName, roleOf } from "#scripts/deployment/duties.ts";
import type { DeploymentRecord } from "#scripts/deployment/record.ts";
import { scanLogs } from "#scripts/deployment/scan-logs.ts";
import { verifyCollection } from "#scripts/deployment/verify-collection.ts";
import { type Anvil, startAnvil } from "../support/anvil.ts";
import {
  addressOf,
  callAs,
  deploy,
  deployer,
  failureOf,
  fund,
  MULTISIG,
  passTime,
  withProvider,
} from "../support/deployment.ts";

const CHAIN_ID = 7_005;
const THREE_DAYS_S = 3 * 24 * 3_600;
const STRANGER = addressOf("stranger");
const abi = new Interface(ticketsAbi);

describe("verify a deployment", function () {
  this.timeout(30_000);
  let anvil: Anvil;
  let record: DeploymentRecord;
  let snapshot: string;

  before(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID });
    await fund(anvil);
    record = await deploy(anvil);
    await passTime(anvil, THREE_DAYS_S + 60);
    await asAdmin("acceptAdmin", []);
  });
  after(() => anvil.stop());
  beforeEach(async () => {
    snapshot = await anvil.rpc("evm_snapshot");
  });
  afterEach(() => anvil.rpc("evm_revert", snapshot));

  function asAdmin(name: string, args: unknown[], from: Hex = MULTISIG): Promise<void> {
    const to = record.contracts.tickets.address;
    return callAs(anvil, from, { to, data: abi.encodeFunctionData(name, args) });
  }

  async function lines(
    changed: Partial<DeploymentRecord> = {},
    handover: "accepted" | "offered" = "accepted",
  ): Promise<string[]> {
    const given = { ...record, ...changed };
    const found = await withProvider(anvil, (provider) =>
      verifyCollection({ provider, record: given, handover }),
    );
    return found.map(lineOf);
  }

  async function codeOf(part: AnyPart): Promise<Hex> {
    return await anvil.rpc("eth_getCode", record.contracts[part].address, "latest");
  }

  /** Writes bytes over a contract's code, as another compiler or another constructor would. */
  async function patch(part: AnyPart, starts: readonly number[], hex: string): Promise<void> {
    let code: string = await codeOf(part);
    for (const start of starts) {
      const at = 2 + start * 2;
      code = code.slice(0, at) + hex + code.slice(at + hex.length);
    }
    await anvil.rpc("anvil_setCode", record.contracts[part].address, code);
  }

  it("finds nothing where nothing differs", async () => {
    expect(await lines()).to.deep.equal([]);
  });

  for (const part of [...PARTS, ...INNER_PARTS]) {
    it(`names other code of ${part}`, async () => {
      // A byte of the dispatch that nothing asked here goes through.
      const start = RUNTIMES[part].code.length / 2 - 1 - 120;
      const hex = RUNTIMES[part].code.slice(2 + start * 2, 4 + start * 2) === "00" ? "01" : "00";
      await patch(part, [start], hex);
      const [line, ...more] = await lines();
      expect(more).to.deep.equal([]);
      expect(line).to.match(
        new RegExp(
          `^${part}\\.code: expected 0x[0-9a-f]{64}, found 0x[0-9a-f]{64} \\(1 bytes differ\\)$`,
        ),
      );
    });

    it(`names metadata of ${part} that differ, as what they are`, async () => {
      const start = RUNTIMES[part].code.length / 2 - 1 - 20;
      await patch(part, [start], "abababab");
      const [line, ...more] = await lines();
      expect(more).to.deep.equal([]);
      expect(line).to.match(new RegExp(`^${part}\\.metadata: .*same instructions, other sources`));
    });
  }

  it("names a contract that is not there", async () => {
    await anvil.rpc("anvil_setCode", record.contracts.resale.address, "0x");
    expect(await lines()).to.deep.equal([
      "resale.code: expected the code of this checkout, found none",
      `resale.TICKETS: expected ${record.contracts.tickets.address}, found no answer`,
      `resale.SPLITS: expected ${record.contracts.splits.address}, found no answer`,
    ]);
  });

  it("names everything of tickets that are not there", async () => {
    await anvil.rpc("anvil_setCode", record.contracts.tickets.address, "0x");
    const found = await lines();
    expect(found[0]).to.equal("tickets.code: expected the code of this checkout, found none");
    expect(found).to.include(`tickets.defaultAdmin: expected ${MULTISIG}, found no answer`);
    expect(found).to.include(
      "tickets.eip712Domain.name: expected Stagedoor Tickets, found no answer",
    );
  });

  for (const [part, name] of [
    ["splits", "TICKETS"],
    ["resale", "TICKETS"],
    ["resale", "SPLITS"],
    ["boxOffice", "TICKETS"],
    ["tickets", "PASS_READER"],
    ["renderer", "EVENTS"],
  ] as const) {
    it(`names the wiring ${part}.${name}`, async () => {
      const starts = RUNTIMES[part].immutables[name] ?? [];
      await patch(part, starts, STRANGER.slice(2).toLowerCase().padStart(64, "0"));
      const [line, ...more] = await lines();
      expect(more).to.deep.equal([]);
      expect(line).to.match(
        new RegExp(`^${part}\\.${name}: expected 0x\\w{40}, found ${STRANGER}$`),
      );
    });
  }

  it("names another domain: its name, and what was computed from the chain's id", async () => {
    const splits = RUNTIMES.splits.immutables;
    const text = Buffer.from("Stagedoor Spirit").toString("hex").padEnd(62, "0");
    await patch("splits", splits._name ?? [], `${text}10`);
    expect(await lines()).to.deep.equal([
      `splits._name: expected ${word("Stagedoor Splits")}, found ${word("Stagedoor Spirit")}`,
      "splits.eip712Domain.name: expected Stagedoor Splits, found Stagedoor Spirit",
    ]);
  });

  it("names the chain id that a contract was made for", async () => {
    const chainId = (9_999).toString(16).padStart(64, "0");
    await patch("boxOffice", RUNTIMES.boxOffice.immutables._cachedChainId ?? [], chainId);
    expect(await lines()).to.deep.equal(["boxOffice._cachedChainId: expected 7005, found 9999"]);
  });

  it("names the domain separator of tickets", async () => {
    await patch("tickets", RUNTIMES.tickets.immutables.SEPARATOR ?? [], "ab".repeat(32));
    const [first, second, ...more] = await lines();
    expect(first).to.match(/^tickets\.SEPARATOR: expected 0x\w{64}, found 0x(ab){32}$/);
    expect(second).to.match(/^tickets\.DOMAIN_SEPARATOR: expected 0x\w{64}, found 0x(ab){32}$/);
    expect(more).to.deep.equal([]);
  });

  for (const duty of DUTIES) {
    it(`names somebody else with ${roleName(duty)}`, async () => {
      const holder = record.duties[duty];
      await asAdmin("grantRole", [roleOf(duty), STRANGER]);
      const both = [holder, STRANGER].sort().join(" and ");
      expect(await lines()).to.deep.equal([
        `tickets.${roleName(duty)}: expected ${holder}, found ${both}`,
      ]);
    });

    it(`names a missing ${roleName(duty)}`, async () => {
      const holder = record.duties[duty];
      await asAdmin("revokeRole", [roleOf(duty), holder]);
      expect(await lines()).to.deep.equal([
        `tickets.${roleName(duty)}: expected ${holder}, found nobody`,
      ]);
    });
  }

  it("names the holder of a role that no contract of ours knows", async () => {
    const role = id("BACKDOOR_ROLE");
    await asAdmin("grantRole", [role, STRANGER]);
    expect(await lines()).to.deep.equal([`tickets.${role}: expected nobody, found ${STRANGER}`]);
  });

  it("forgets a holder that lost the role again", async () => {
    await asAdmin("grantRole", [roleOf("minter"), STRANGER]);
    await asAdmin("revokeRole", [roleOf("minter"), STRANGER]);
    expect(await lines()).to.deep.equal([]);
  });

  it("names an admin who has not accepted yet, unless that is expected", async () => {
    const fresh = await startAnvil({ chainId: CHAIN_ID });
    try {
      await fund(fresh);
      const offered = await deploy(fresh);
      const compare = (handover: "accepted" | "offered", given = offered) =>
        withProvider(fresh, (provider) => verifyCollection({ provider, record: given, handover }));
      expect(await compare("offered")).to.deep.equal([]);
      const acceptFrom = new Date((offered.acceptFrom ?? 0) * 1_000).toISOString();
      expect((await compare("accepted")).map(lineOf)).to.deep.equal([
        `tickets.defaultAdmin: expected ${MULTISIG}, found ${deployer}`,
        `tickets.pendingAdmin: expected 0x${"0".repeat(40)}, found ${MULTISIG} from ${acceptFrom} on`,
        `tickets.DEFAULT_ADMIN_ROLE: expected ${MULTISIG}, found ${deployer}`,
      ]);
      const later = { ...offered, acceptFrom: (offered.acceptFrom ?? 0) + 1 };
      expect((await compare("offered", later)).map(({ what }) => what)).to.deep.equal([
        "tickets.pendingAdmin",
      ]);
    } finally {
      await fresh.stop();
    }
  });

  it("names an admin that offers the role to a stranger", async () => {
    await asAdmin("offerAdmin", [STRANGER]);
    const [line, ...more] = await lines();
    expect(more).to.deep.equal([]);
    expect(line).to.match(new RegExp(`^tickets\\.pendingAdmin: .*found ${STRANGER} from 20`));
  });

  it("names another admin", async () => {
    await asAdmin("offerAdmin", [STRANGER]);
    await passTime(anvil, THREE_DAYS_S + 60);
    await asAdmin("acceptAdmin", [], STRANGER);
    expect(await lines()).to.deep.equal([
      `tickets.defaultAdmin: expected ${MULTISIG}, found ${STRANGER}`,
      `tickets.DEFAULT_ADMIN_ROLE: expected ${MULTISIG}, found ${STRANGER}`,
    ]);
  });

  it("names a limit that was changed", async () => {
    await asAdmin("setMintLimit", [roleOf("voucher"), 1_000_000, 60]);
    expect(await lines()).to.deep.equal([
      "tickets.mintLimit.VOUCHER_ROLE: expected 40000 tickets in 3600 s, found 1000000 tickets in 60 s",
    ]);
  });

  it("names another renderer", async () => {
    await asAdmin("setRenderer", [STRANGER]);
    expect(await lines()).to.deep.equal([
      `tickets.renderer: expected ${record.contracts.renderer.address}, found ${STRANGER}`,
    ]);
  });

  it("names a pause while it runs, and no longer", async () => {
    const { guardian, organiser } = record.duties;
    await asAdmin("createEvent", [7, termsOf(organiser)], organiser);
    await asAdmin("pause", [7, 5], guardian);
    const [line, ...more] = await lines();
    expect(more).to.deep.equal([]);
    expect(line).to.match(/^tickets\.event 7\.pause: expected none, found mint and sale until 20/);
    await passTime(anvil, THREE_DAYS_S + 60);
    expect(await lines()).to.deep.equal([]);
  });

  it("names addresses that do not follow from what the record says", async () => {
    const [line] = await lines({ collection: "another" });
    expect(line).to.match(/^tickets\.address: expected 0x\w{40}, found 0x\w{40}$/);
  });

  it("names each difference, when there are several", async () => {
    await asAdmin("grantRole", [roleOf("minter"), STRANGER]);
    await asAdmin("setRenderer", [STRANGER]);
    await anvil.rpc("anvil_setCode", record.contracts.splits.address, "0x");
    const whats = (await lines()).map((line) => line.split(":")[0]);
    expect(whats).to.include.members([
      ...["splits.code", "tickets.renderer", "tickets.MINTER_ROLE", "splits.TICKETS"],
    ]);
  });

  it("sees what is done while it reads", async () => {
    await asAdmin("grantRole", [roleOf("minter"), STRANGER]);
    await withProvider(anvil, async (provider) => {
      const real = provider.getBlockNumber.bind(provider);
      let asked = 0;
      provider.getBlockNumber = async () => {
        asked += 1;
        return (await real()) - (asked === 1 ? 1 : 0);
      };
      const found = await verifyCollection({ provider, record, handover: "accepted" });
      expect(found.map(({ what }) => what)).to.deep.equal(["tickets.MINTER_ROLE"]);
    });
  });

  it("believes no node whose logs contradict its state", async () => {
    await asAdmin("grantRole", [roleOf("minter"), STRANGER]);
    const head = Number(await anvil.rpc("eth_blockNumber"));
    const message = await failureOf(lines({ startBlock: head }));
    expect(message).to.include(`By its logs ${MULTISIG} does not hold DEFAULT_ADMIN_ROLE`);
  });

  describe("reading logs", () => {
    const topics = [abi.getEvent("RoleGranted")?.topicHash ?? ""];

    /** Counts the logs, and checks that every block was answered once. */
    async function scan(
      refuses: (blocks: number) => boolean,
      rangeBlocks = 40,
    ): Promise<[number, number[]]> {
      return await withProvider(anvil, async (provider) => {
        const asked: number[] = [];
        let answeredTo = 0;
        const real = provider.getLogs.bind(provider);
        provider.getLogs = (filter) => {
          const { fromBlock, toBlock } = filter as { fromBlock: number; toBlock: number };
          asked.push(toBlock - fromBlock + 1);
          if (refuses(toBlock - fromBlock + 1)) return Promise.reject(new Error("too many"));
          expect(fromBlock).to.equal(answeredTo + 1);
          answeredTo = toBlock;
          return real(filter);
        };
        const { address } = record.contracts.tickets;
        const to = await provider.getBlockNumber();
        const scanning = scanLogs({ provider, address, topics, from: 1, to, rangeBlocks });
        let count = 0;
        for await (const _log of scanning) count += 1;
        expect(answeredTo).to.equal(to);
        return [count, asked];
      });
    }

    it("asks in ranges and misses nothing between them", async () => {
      await anvil.rpc("anvil_mine", "0x64");
      const [count, asked] = await scan(() => false);
      // The constructor's, six duties, the accepted admin's.
      expect(count).to.equal(8);
      expect(asked.length).to.be.at.least(3);
      expect(Math.max(...asked)).to.equal(40);
    });

    it("finds the same in ranges of a block each", async () => {
      expect(await scan(() => false, 1)).to.have.property("0", 8);
    });

    it("asks for less when a node refuses, and finds the same", async () => {
      await anvil.rpc("anvil_mine", "0x64");
      const [count, asked] = await scan((blocks) => blocks > 10);
      expect(count).to.equal(8);
      expect(asked.slice(0, 3)).to.deep.equal([40, 20, 10]);
    });

    it("gives up where a node refuses even ten blocks", async () => {
      await anvil.rpc("anvil_mine", "0x64");
      expect(await failureOf(scan(() => true))).to.include(
        "does not answer the logs of blocks 1 to",
      );
    });
  });
});

function word(text: string): string {
  const bytes = Buffer.alloc(32);
  bytes.write(text);
  bytes[31] = text.length;
  return `0x${bytes.toString("hex")}`;
}

function termsOf(organiser: Hex): object {
  return {
    ...{ organiser, doorsAt: 2_500_000_000, freezeAt: 0, policy: 2, maxGifts: 1 },
    ...{ resaleCapBps: 11_000, royaltyBps: 1_000, royaltyReceiver: organiser },
    ...{ planHash: id("plan"), caps: [100, 0, 0, 0, 10] },
    ...{ currency: `0x${"00".repeat(20)}`, boxOffice: `0x${"00".repeat(20)}`, feeCapBps: 500 },
    ...{ lockMinutes: 0, cooldownMinutes: 0 },
  };
}
