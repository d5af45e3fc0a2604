// Checks that payees agree to a split themselves, and that each can redirect only its own share.
import { expect } from "chai";
import type { BaseContract, BaseContractMethod, ContractRunner, Signer } from "ethers";
import {
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  eventFixture,
  loadFixture,
  mint,
  time,
  ZERO,
} from "./tickets-fixture.ts";
import { domainOf, fields } from "./tickets-messages.ts";

type Method = "lockSplit" | "redirectShare" | "splitHashOf";
type Splits = Omit<BaseContract, "connect"> &
  Record<Method, BaseContractMethod> & { connect(runner: ContractRunner): Splits };
type Stage = Awaited<ReturnType<typeof splitsFixture>>;

const SHARES = [7_000, 3_000];

describe("Splits", () => {
  describe("lockSplit", () => {
    it("fixes payees that all signed", async () => {
      const stage = await loadFixture(splitsFixture);
      const { splits, alice, bob } = stage;
      await expect(lock(stage))
        .to.emit(splits, "SplitLocked")
        .withArgs(EVENT, [alice.address, bob.address], SHARES);
      const hash = hashOf({ version: 0n, payees: [alice.address, bob.address], shares: SHARES });
      expect(await splits.splitHashOf(EVENT)).to.equal(hash);
    });

    it("refuses a split that a payee has not signed, or of which it signed another", async () => {
      const stage = await loadFixture(splitsFixture);
      const { splits, alice, bob, carol } = stage;
      const wrong = [
        [await sign(stage, alice, SHARES), await sign(stage, carol, SHARES)],
        [await sign(stage, alice, SHARES), await sign(stage, bob, [6_000, 4_000])],
        [await sign(stage, alice, SHARES), "0x"],
      ];
      for (const signatures of wrong) {
        await expect(lock(stage, { signatures }))
          .to.be.revertedWithCustomError(splits, "SplitsSignatureInvalid")
          .withArgs(bob);
      }
    });

    it("refuses a second split, and any after the first sale", async () => {
      const stage = await loadFixture(splitsFixture);
      await lock(stage);
      await expect(lock(stage))
        .to.be.revertedWithCustomError(stage.splits, "SplitsLocked")
        .withArgs(EVENT);
      const other = await loadFixture(splitsFixture);
      await mint(other, { to: other.alice.address });
      await expect(lock(other))
        .to.be.revertedWithCustomError(other.splits, "SplitsSaleStarted")
        .withArgs(EVENT);
    });

    it("refuses everybody but the organiser", async () => {
      const stage = await loadFixture(splitsFixture);
      for (const caller of [stage.alice, stage.admin, stage.minter]) {
        await expect(lock(stage, { caller }))
          .to.be.revertedWithCustomError(stage.splits, "SplitsNotOrganiser")
          .withArgs(caller, EVENT);
      }
    });

    it("refuses shares that are not 10,000 together, and lists that do not match", async () => {
      const stage = await loadFixture(splitsFixture);
      const { splits, organiser, alice } = stage;
      await expect(lock(stage, { shares: [7_000, 3_001] }))
        .to.be.revertedWithCustomError(splits, "SplitsSumWrong")
        .withArgs(10_001);
      const asOrganiser = splits.connect(organiser);
      for (const [payees, shares, signatures] of [
        [[], [], []],
        [[alice], [10_000], []],
        [[alice], [], ["0x"]],
        [Array(33).fill(alice), Array(33).fill(1), Array(33).fill("0x")],
      ] as const) {
        await expect(asOrganiser.lockSplit(EVENT, payees, shares, signatures))
          .to.be.revertedWithCustomError(splits, "SplitsMalformed")
          .withArgs(payees.length, shares.length, signatures.length);
      }
    });

    it("takes the event's own organiser, and a holder of the role", async () => {
      const stage = await loadFixture(splitsFixture);
      for (const [eventId, caller] of [
        [8n, stage.bob],
        [9n, stage.organiser],
      ] as const) {
        await createEvent(stage, { eventId, organiser: stage.bob.address });
        await lockEqual(stage, { eventId, caller, count: 1 });
      }
    });

    it("takes 32 payees, and not one more", async () => {
      const stage = await loadFixture(splitsFixture);
      const { splits, organiser } = stage;
      await createEvent(stage, { eventId: 8n });
      await expect(lockEqual(stage, { eventId: 8n, caller: organiser, count: 33 }))
        .to.be.revertedWithCustomError(splits, "SplitsMalformed")
        .withArgs(33, 33, 33);
      await expect(lockEqual(stage, { eventId: 8n, caller: organiser, count: 32 })).to.emit(
        splits,
        "SplitLocked",
      );
    });

    it("refuses payee zero, who cannot sign", async () => {
      const stage = await loadFixture(splitsFixture);
      const { splits, organiser } = stage;
      await expect(splits.connect(organiser).lockSplit(EVENT, [ZERO], [10_000], ["0x"]))
        .to.be.revertedWithCustomError(splits, "SplitsSignatureInvalid")
        .withArgs(ZERO);
    });
  });

  describe("redirectShare", () => {
    it("pays one payee's share to another account, on that payee's signature", async () => {
      const stage = await loadFixture(lockedFixture);
      const { splits, alice, bob, carol, split } = stage;
      const signature = await signRedirect(stage, bob, { version: 0n, index: 1, to: carol });
      await expect(splits.redirectShare(EVENT, split, 1, carol, signature))
        .to.emit(splits, "ShareRedirected")
        .withArgs(EVENT, 1, bob, carol, 1);
      const payees = [alice.address, carol.address];
      expect(await splits.splitHashOf(EVENT)).to.equal(hashOf({ ...split, version: 1n, payees }));
    });

    it("does not honour a signature again when the share comes back", async () => {
      const stage = await loadFixture(lockedFixture);
      const { splits, alice, bob, carol, split } = stage;
      const away = await signRedirect(stage, bob, { version: 0n, index: 1, to: carol });
      await splits.redirectShare(EVENT, split, 1, carol, away);
      await time.increase(DAY_S);
      const back = await signRedirect(stage, carol, { version: 1n, index: 1, to: bob });
      const moved = { ...split, version: 1n, payees: [alice.address, carol.address] };
      await splits.redirectShare(EVENT, moved, 1, bob, back);
      await time.increase(DAY_S);
      const now = { ...split, version: 2n };
      await expect(splits.redirectShare(EVENT, now, 1, carol, away))
        .to.be.revertedWithCustomError(splits, "SplitsSignatureInvalid")
        .withArgs(bob);
    });

    it("refuses anybody else's signature, an old split, an unknown share and payee zero", async () => {
      const stage = await loadFixture(lockedFixture);
      const { splits, alice, bob, carol, split } = stage;
      const byAlice = await signRedirect(stage, alice, { version: 0n, index: 1, to: carol });
      await expect(splits.redirectShare(EVENT, split, 1, carol, byAlice))
        .to.be.revertedWithCustomError(splits, "SplitsSignatureInvalid")
        .withArgs(bob);
      const other = { ...split, shares: [1, 9_999] };
      await expect(splits.redirectShare(EVENT, other, 1, carol, byAlice))
        .to.be.revertedWithCustomError(splits, "SplitsUnknown")
        .withArgs(EVENT, hashOf(split), hashOf(other));
      await expect(splits.redirectShare(EVENT, split, 2, carol, byAlice))
        .to.be.revertedWithCustomError(splits, "SplitsShareUnknown")
        .withArgs(EVENT, 2);
      await expect(splits.redirectShare(EVENT, split, 1, ZERO, byAlice))
        .to.be.revertedWithCustomError(splits, "SplitsPayeeZero")
        .withArgs(EVENT, 1);
    });
  });

  describe("redirectShare, before the first sale", () => {
    it("cannot keep the organiser from locking a split", async () => {
      const stage = await loadFixture(splitsFixture);
      const { splits, carol } = stage;
      const split = { version: 0n, payees: [carol.address], shares: [10_000] };
      const signature = await signRedirect(stage, carol, { version: 0n, index: 0, to: carol });
      await expect(splits.redirectShare(EVENT, split, 0, carol, signature))
        .to.be.revertedWithCustomError(splits, "SplitsOpen")
        .withArgs(EVENT);
      await lock(stage);
    });

    it("is the royalty receiver's once no split can be locked any more", async () => {
      const stage = await loadFixture(splitsFixture);
      const { splits, alice, carol } = stage;
      await mint(stage, { to: alice.address });
      const split = { version: 0n, payees: [carol.address], shares: [10_000] };
      const signature = await signRedirect(stage, carol, { version: 0n, index: 0, to: alice });
      await splits.redirectShare(EVENT, split, 0, alice, signature);
      const payees = [alice.address];
      expect(await splits.splitHashOf(EVENT)).to.equal(hashOf({ ...split, version: 1n, payees }));
    });
  });

  describe("splitHashOf", () => {
    it("is the royalty receiver's alone until a split is locked", async () => {
      const stage = await loadFixture(splitsFixture);
      const { splits, carol } = stage;
      const hash = hashOf({ version: 0n, payees: [carol.address], shares: [10_000] });
      expect(await splits.splitHashOf(EVENT)).to.equal(hash);
      await createEvent(stage, { eventId: 8n });
      await lock(stage);
      expect(await splits.splitHashOf(8n)).to.equal(hash);
    });
  });
});

async function splitsFixture() {
  const stage = await eventFixture();
  const splits = (await ethers.deployContract("Splits", [stage.tickets])) as unknown as Splits;
  return { ...stage, splits };
}

async function lockedFixture() {
  const stage = await splitsFixture();
  await lock(stage);
  const payees = [stage.alice.address, stage.bob.address];
  return { ...stage, split: { version: 0n, payees, shares: SHARES } };
}

async function lock(
  stage: Stage,
  options: { shares?: number[]; signatures?: string[]; caller?: Stage["alice"] } = {},
) {
  const { splits, alice, bob, organiser } = stage;
  const { shares = SHARES, caller = organiser } = options;
  const signed = [await sign(stage, alice, shares), await sign(stage, bob, shares)];
  const signatures = options.signatures ?? signed;
  return splits.connect(caller).lockSplit(EVENT, [alice, bob], shares, signatures);
}

/** All payees are alice; the first gets what is left of 10,000. */
async function lockEqual(
  { splits, alice }: Stage,
  { eventId, caller, count }: { eventId: bigint; caller: Stage["alice"]; count: number },
) {
  const types = { Split: fields("uint256 eventId,address[] payees,uint16[] shares") };
  const payees = Array.from({ length: count }, () => alice.address);
  const share = Math.floor(10_000 / count);
  const shares = payees.map((_, i) => (i === 0 ? 10_000 - share * (count - 1) : share));
  const domain = await domainOf(splits, "Splits");
  const signature = await alice.signTypedData(domain, types, { eventId, payees, shares });
  const signatures = payees.map(() => signature);
  return splits.connect(caller).lockSplit(eventId, payees, shares, signatures);
}

async function sign(stage: Stage, signer: Signer, shares: number[]): Promise<string> {
  const types = { Split: fields("uint256 eventId,address[] payees,uint16[] shares") };
  const payees = [stage.alice.address, stage.bob.address];
  const domain = await domainOf(stage.splits, "Splits");
  return signer.signTypedData(domain, types, { eventId: EVENT, payees, shares });
}

async function signRedirect(
  stage: Stage,
  signer: Signer,
  { version, index, to }: { version: bigint; index: number; to: Stage["alice"] },
): Promise<string> {
  const types = { Redirect: fields("uint256 eventId,uint256 version,uint256 index,address to") };
  const message = { eventId: EVENT, version, index, to: to.address };
  return signer.signTypedData(await domainOf(stage.splits, "Splits"), types, message);
}

function hashOf(split: { version: bigint; payees: string[]; shares: number[] }): string {
  const type = "tuple(uint256 version,address[] payees,uint16[] shares)";
  return ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode([type], [split]));
}
