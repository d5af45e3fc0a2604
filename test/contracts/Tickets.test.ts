// Checks who holds which key, and that the tests name everything that the contract can say.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { artifacts } from "hardhat";
import {
  CLASS,
  DAY_S,
  EVENT,
  ethers,
  loadFixture,
  networkHelpers,
  PRICE,
  run,
  type Stage,
  soldFixture,
  termsFor,
  ticketsFixture,
  time,
  wordOf,
  ZERO,
} from "./tickets-fixture.ts";

const ADMIN_ROLE = ethers.ZeroHash;
const ADMIN_DELAY_S = 3 * DAY_S;

/** Between the name of an error and its arguments. */
const CLOSE_CHARACTERS = 160;
/** Declared by a standard that the contract implements, but impossible in it. */
const UNREACHABLE = [
  "ERC721InvalidSender",
  "EIP712DomainChanged",
  "InvalidShortString",
  "StringTooLong",
];

describe("Tickets", () => {
  describe("constructor", () => {
    it("gives the admin role to one account, and no other role to anybody", async () => {
      const { admin } = await loadFixture(ticketsFixture);
      const tickets = await ethers.deployContract("Tickets", [admin]);
      expect(await tickets.getFunction("defaultAdmin")()).to.equal(admin);
      expect(await tickets.getFunction("owner")()).to.equal(admin);
      expect(await tickets.getFunction("ADMIN_DELAY")()).to.equal(ADMIN_DELAY_S);
      for (const role of [
        "MINTER_ROLE",
        "GATE_ROLE",
        "ORGANISER_ROLE",
        "REFUNDER_ROLE",
        "GUARDIAN_ROLE",
        "VOUCHER_ROLE",
      ]) {
        const id = await tickets.getFunction(role)();
        expect(id).to.equal(ethers.id(role));
        expect(await tickets.getFunction("hasRole")(id, admin)).to.equal(false);
        expect(await tickets.getFunction("getRoleAdmin")(id)).to.equal(ADMIN_ROLE);
      }
    });

    it("refuses admin zero", async () => {
      const { tickets } = await loadFixture(ticketsFixture);
      await expect(ethers.deployContract("Tickets", [ZERO]))
        .to.be.revertedWithCustomError(tickets, "TicketsAdminZero")
        .withArgs();
    });
  });

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

    it("are granted and revoked by the admin alone", async () => {
      const { tickets, admin, gate, stranger } = await loadFixture(ticketsFixture);
      const role = ethers.id("GATE_ROLE");
      await expect(tickets.connect(gate).grantRole(role, stranger))
        .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
        .withArgs(gate, ADMIN_ROLE);
      await tickets.connect(admin).grantRole(role, stranger);
      expect(await tickets.hasRole(role, stranger)).to.equal(true);
      await tickets.connect(admin).revokeRole(role, stranger);
      expect(await tickets.hasRole(role, stranger)).to.equal(false);
    });

    it("hand the admin role over in two steps, three days apart", async () => {
      const { tickets, admin, stranger } = await loadFixture(ticketsFixture);
      const offeredAt = (await time.latest()) + 100;
      const acceptFrom = offeredAt + ADMIN_DELAY_S;
      await time.setNextBlockTimestamp(offeredAt);
      await expect(tickets.connect(admin).offerAdmin(stranger))
        .to.emit(tickets, "AdminOffered")
        .withArgs(stranger, acceptFrom);
      expect(await tickets.pendingAdmin()).to.deep.equal([stranger.address, BigInt(acceptFrom)]);
      await time.setNextBlockTimestamp(acceptFrom - 1);
      await expect(tickets.connect(stranger).acceptAdmin())
        .to.be.revertedWithCustomError(tickets, "TicketsAdminTooEarly")
        .withArgs(acceptFrom);
      await time.setNextBlockTimestamp(acceptFrom);
      await tickets.connect(stranger).acceptAdmin();
      expect(await tickets.defaultAdmin()).to.equal(stranger);
      expect(await tickets.hasRole(ADMIN_ROLE, stranger)).to.equal(true);
      expect(await tickets.hasRole(ADMIN_ROLE, admin)).to.equal(false);
    });

    it("hand the admin role to nobody else, and not after the offer was taken back", async () => {
      const { tickets, admin, stranger } = await loadFixture(ticketsFixture);
      await expect(tickets.connect(stranger).offerAdmin(stranger))
        .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
        .withArgs(stranger, ADMIN_ROLE);
      await tickets.connect(admin).offerAdmin(stranger);
      await tickets.connect(admin).offerAdmin(ZERO);
      await time.increase(ADMIN_DELAY_S + 1);
      await expect(tickets.connect(stranger).acceptAdmin())
        .to.be.revertedWithCustomError(tickets, "TicketsNotPendingAdmin")
        .withArgs(stranger);
    });

    it("leave exactly one admin: no grant, no revocation and no renunciation", async () => {
      const { tickets, admin, stranger } = await loadFixture(ticketsFixture);
      for (const send of [
        () => tickets.connect(admin).grantRole(ADMIN_ROLE, stranger),
        () => tickets.connect(admin).revokeRole(ADMIN_ROLE, admin),
        () => tickets.connect(admin).renounceRole(ADMIN_ROLE, admin),
      ]) {
        await expect(send()).to.be.revertedWithCustomError(tickets, "TicketsAdminByHandOverOnly");
      }
    });
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
    for (const contract of ["Tickets", "Splits", "Resale", "BoxOffice"]) {
      it(`has a test for each error and event of ${contract}, with its arguments`, async () => {
        const path = `contracts/${contract}.sol:${contract}`;
        const { abi } = await artifacts.readArtifact(path);
        const tests = testSources();
        const untested = (abi as { type: string; name?: string; inputs?: unknown[] }[])
          .filter(({ type }) => type === "error" || type === "event")
          .map(({ name = "", inputs = [] }) => ({ name, hasArguments: inputs.length > 0 }))
          // the others are OpenZeppelin's own, and tested there
          .filter(({ name }) => !/^(AccessControl|Role|SafeCast|SafeERC20|Reentrancy)/.test(name))
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
