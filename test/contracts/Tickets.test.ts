// Checks who holds which key, and that the tests name everything that the contract can say.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { artifacts } from "hardhat";
import {
  CLASS,
  EVENT,
  ethers,
  loadFixture,
  networkHelpers,
  PRICE,
  run,
  type Stage,
  soldFixture,
  termsFor,
  time,
  wordOf,
} from "./tickets-fixture.ts";

const CONTRACTS = ["Tickets", "Splits", "Resale", "BoxOffice"];
/** Made by the constructor of Tickets. */
const READERS = ["Renderer", "PassReader", "TermsReader"];
/** Between the name of an error and its arguments. */
const CLOSE_CHARACTERS = 160;
/** Declared by a standard or a library, but impossible in the contracts. */
const UNREACHABLE = [
  // a mint and a move start from a known holder
  "ERC721InvalidSender",
  // names and versions are short and fixed
  "EIP712DomainChanged",
  "InvalidShortString",
  "StringTooLong",
  // the admin role administers all others for ever
  "RoleAdminChanged",
  // what is used and wanted is no more than the limit, whose bits the counter has
  "SafeCastOverflowedUintDowncast",
];

describe("Tickets", () => {
  describe("roles", () => {
    const duties = {
      createEvent: ["ORGANISER_ROLE", "organiser"],
      mintRuns: ["MINTER_ROLE", "minter"],
      checkIn: ["GATE_ROLE", "gate"],
      checkInMany: ["GATE_ROLE", "gate"],
      void: ["REFUNDER_ROLE", "refunder"],
    } as const;

    for (const [method, [role, holder]] of Object.entries(duties)) {
      it(`${method} is for ${role} alone`, async () => {
        const stage = await loadFixture(soldFixture);
        const { tickets, admin, minter, gate, organiser, refunder, alice } = stage;
        const name = method as keyof typeof duties;
        const args = await argumentsOf(stage, name);
        await time.increaseTo(stage.terms.doorsAt - 60);
        for (const caller of [admin, minter, gate, organiser, refunder, alice]) {
          if (caller === stage[holder]) continue;
          await expect(tickets.connect(caller)[name](...args))
            .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
            .withArgs(caller, ethers.id(role));
        }
        await tickets.connect(stage[holder])[name](...args);
      });
    }
  });

  describe("storage", () => {
    it("keeps words, balances, approvals and operators in slots 0 to 3", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice, bob, id } = stage;
      await tickets.connect(alice).approve(bob, id);
      await tickets.connect(alice).setApprovalForAll(bob, true);
      expect((await wordOf(stage, id)) & (2n ** 160n - 1n)).to.equal(BigInt(alice.address));
      expect(await read(stage, entry("address", alice.address, word(1)))).to.equal(3n);
      expect(await read(stage, entry("uint256", id, word(2)))).to.equal(BigInt(bob.address));
      const operators = entry("address", alice.address, word(3));
      expect(await read(stage, entry("address", bob.address, operators))).to.equal(1n);
    });
  });

  describe("interface", () => {
    for (const contract of [...CONTRACTS, ...READERS]) {
      it(`has a describe for each method of ${contract}`, async () => {
        const named = new Set(describesOf(contract).flatMap((title) => title.split(/\W+/)));
        const methods = (await abiOf(contract)).filter(({ type }) => type === "function");
        expect(methods.map(({ name }) => name).filter((name) => !named.has(name))).to.deep.equal(
          [],
        );
      });
    }

    for (const contract of CONTRACTS) {
      it(`has a test for each error and event of ${contract}, with its arguments`, async () => {
        const tests = testSources();
        const untested = (await abiOf(contract))
          .filter(({ type }) => type === "error" || type === "event")
          .map(({ name, inputs }) => ({ name, hasArguments: inputs.length > 0 }))
          .filter(({ name }) => !UNREACHABLE.includes(name))
          .filter((one) => !isAsserted(one, tests))
          .map(({ name }) => name);
        expect(untested).to.deep.equal([]);
      });
    }
  });
});

async function argumentsOf(stage: Awaited<ReturnType<typeof soldFixture>>, method: string) {
  const { id, alice } = stage;
  switch (method) {
    case "createEvent":
      return [8n, await termsFor(stage)];
    case "mintRuns":
      return [EVENT, CLASS.COMP, PRICE, run({ to: alice.address, row: 8n })];
    case "checkIn":
      return [id];
    default:
      return [[id]];
  }
}

/** By name, and with arguments close behind: withArgs, or those of a helper that hands them on. */
function isAsserted(
  { name, hasArguments }: { name: string; hasArguments: boolean },
  tests: string,
): boolean {
  const [, ...after] = tests.split(`"${name}"`);
  if (!hasArguments) return after.length > 0;
  return after.some((text) => /^[,\]]|withArgs\(/.test(text.slice(0, CLOSE_CHARACTERS)));
}

/** The titles within the contract's own describe, in whatever file. */
function describesOf(contract: string): string[] {
  let current: string | undefined;
  const found: string[] = [];
  for (const line of testSources().split("\n")) {
    const [, indent, title = ""] = /^(\s*)describe\(["`]([^"`]+)["`]/.exec(line) ?? [];
    if (indent === "") current = title;
    else if (indent !== undefined && current === contract) found.push(title);
  }
  return found;
}

type Item = { type: string; name: string; inputs: readonly unknown[] };

async function abiOf(contract: string): Promise<readonly Item[]> {
  const { abi } = await artifacts.readArtifact(`contracts/${contract}.sol:${contract}`);
  return (abi as Partial<Item>[]).map(({ type = "", name = "", inputs = [] }) => ({
    ...{ type, name, inputs },
  }));
}

function testSources(): string {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(path.join(import.meta.dirname, file), "utf8"))
    .join("\n");
}

async function read({ tickets }: Stage, slot: string): Promise<bigint> {
  return BigInt(await networkHelpers.getStorageAt(await tickets.getAddress(), slot));
}

function entry(type: string, key: unknown, slot: string): string {
  return ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode([type, "bytes32"], [key, slot]));
}

function word(value: number): string {
  return ethers.toBeHex(value, 32);
}
