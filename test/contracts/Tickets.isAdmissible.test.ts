// Checks that a node alone can tell who may come in, for the passes that phones really make.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { expect } from "chai";
import { network } from "hardhat";
import { gateSession, type PassSession, signedPart } from "#server/domain/pass.ts";
import { stepAt } from "#server/domain/verdict.ts";
import {
  AT,
  DAY_S,
  EVENT,
  ethers,
  FLAG,
  loadFixture,
  PRICE,
  run,
  seatId,
  soldFixture,
  termsFor,
  time,
  whileDelegated,
  wordOf,
  writeWord,
} from "./tickets-fixture.ts";

type Stage = Awaited<ReturnType<typeof soldFixture>>;
type Hex = `0x${string}`;

const SESSION_SIGNATURE_AT = 115;
/** For a call that a node answers and nobody pays for. */
const COMPUTED_GAS_MAX = 400_000n;
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

describe("Tickets", () => {
  describe("isAdmissible", () => {
    it("admits the holder's pass, with either half of the signature's order", async () => {
      const stage = await loadFixture(soldFixture);
      for (const half of ["low", "high"] as const) {
        expect(await admits(stage, await passFor(stage, { half }))).to.equal(true);
      }
    });

    it("admits with keys of both parities, many times over", async () => {
      const stage = await loadFixture(soldFixture);
      const prefixes = new Set<string>();
      for (let i = 0; i < 12; i += 1) {
        const pass = await passFor(stage, {});
        prefixes.add(ethers.dataSlice(pass, 17, 18));
        expect(await admits(stage, pass)).to.equal(true);
      }
      expect([...prefixes].sort()).to.deep.equal(["0x02", "0x03"]);
    });

    it("takes the codes of two steps before and after, and no others", async () => {
      const stage = await loadFixture(soldFixture);
      for (const [shift, admissible] of [
        [-3, false],
        [-2, true],
        [2, true],
        [3, false],
      ] as const) {
        expect(await admits(stage, await passFor(stage, { shift }))).to.equal(admissible);
      }
    });

    it("refuses after the session's end, to the second", async () => {
      const stage = await loadFixture(soldFixture);
      const now = await time.latest();
      expect(await admits(stage, await passFor(stage, { notAfter: now }))).to.equal(true);
      expect(await admits(stage, await passFor(stage, { notAfter: now - 1 }))).to.equal(false);
    });

    it("refuses a pass from before the ticket moved or the holder cancelled", async () => {
      const stage = await loadFixture(soldFixture);
      const pass = await passFor(stage, {});
      await stage.tickets.connect(stage.alice).cancel(stage.id);
      expect(await admits(stage, pass)).to.equal(false);
    });

    it("refuses a pass that somebody else signed", async () => {
      const stage = await loadFixture(soldFixture);
      const pass = await passFor(stage, { signer: stage.bob });
      expect(await admits(stage, pass)).to.equal(false);
    });

    it("refuses used and void tickets, unknown ones, and nonce 4095", async () => {
      const stage = await loadFixture(soldFixture);
      const { id } = stage;
      const fresh = await wordOf(stage, id);
      const pass = await passFor(stage, {});
      for (const flag of [FLAG.USED, FLAG.VOID]) {
        await writeWord(stage, id, fresh | (flag << AT.flags));
        expect(await admits(stage, pass)).to.equal(false);
      }
      await writeWord(stage, id, fresh | (4_095n << AT.nonce));
      expect(await admits(stage, await passFor(stage, { nonce: 4_095 }))).to.equal(false);
      await writeWord(stage, id, fresh);
      expect(await admits(stage, await passFor(stage, { ticketId: id + 9n }))).to.equal(false);
      expect(await admits(stage, pass)).to.equal(true);
    });

    it("refuses the tickets of a cancelled event, which are refunded instead", async () => {
      const stage = await loadFixture(soldFixture);
      const pass = await passFor(stage, {});
      await stage.tickets.connect(stage.organiser).cancelEvent(EVENT);
      expect(await admits(stage, pass)).to.equal(false);
    });

    it("asks a smart account whether it signed", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice, id } = stage;
      const wallet = await ethers.deployContract("FickleWallet");
      await tickets.connect(alice).transferFrom(alice, wallet, id);
      const pass = await passFor(stage, { nonce: 1 });
      for (const [mood, admissible] of [
        [0, true],
        [1, false],
        [2, false],
        [3, false],
        [4, false],
      ] as const) {
        await wallet.getFunction("feel")(mood);
        expect(await admits(stage, pass)).to.equal(admissible);
      }
    });

    it("admits a holder whose account runs code by now (EIP-7702)", async () => {
      const stage = await loadFixture(soldFixture);
      await whileDelegated(stage.alice.address, async () => {
        // Made now: to delegate takes a block, and a pass is fresh for seconds.
        expect(await admits(stage, await passFor(stage, {}))).to.equal(true);
        expect(await admits(stage, await passFor(stage, { signer: stage.bob }))).to.equal(false);
      });
    });

    it("needs no precompile: where there is none, the curve is computed", async () => {
      const { stage, pass, close } = await olderChain();
      try {
        expect(await admits(stage, pass)).to.equal(true);
        const changed = ethers.getBytes(pass);
        changed[178] = (changed[178] ?? 0) ^ 1;
        expect(await admits(stage, ethers.hexlify(changed))).to.equal(false);
        const gas = await stage.tickets.isAdmissible.estimateGas(pass);
        expect(gas).to.be.within(200_000n, COMPUTED_GAS_MAX);
      } finally {
        await close();
      }
    });

    it("answers no, without a revert, to a pass with any byte changed", async () => {
      const stage = await loadFixture(soldFixture);
      const pass = ethers.getBytes(await passFor(stage, {}));
      for (let at = 0; at < pass.length; at += 3) {
        const changed = Uint8Array.from(pass);
        changed[at] = (changed[at] ?? 0) ^ 0x55;
        expect(await admits(stage, ethers.hexlify(changed))).to.equal(false);
      }
    });

    it("refuses another version and another kind of key, whoever signed it so", async () => {
      const stage = await loadFixture(soldFixture);
      expect(await admits(stage, await passFor(stage, { version: 2 }))).to.equal(false);
      for (const add of [2, -2, 128]) {
        const pass = await passFor(stage, { key: (bytes) => (bytes[0] = (bytes[0] ?? 0) + add) });
        expect(await admits(stage, pass)).to.equal(false);
      }
      expect(await admits(stage, await passFor(stage, {}))).to.equal(true);
    });

    it("answers no, without a revert, to numbers beyond the curve and points off it", async () => {
      const stage = await loadFixture(soldFixture);
      const pass = await passFor(stage, {});
      const most = "f".repeat(64);
      const beyond = [
        `${pass.slice(0, -64)}${most}`,
        ethers.concat([ethers.dataSlice(pass, 0, SESSION_SIGNATURE_AT), `0x${most}${most}`]),
      ];
      for (const bytes of beyond) expect(await admits(stage, bytes)).to.equal(false);
      const offCurve = await Promise.all(
        Array.from({ length: 4 }, (_, last) => passFor(stage, { key: (key) => (key[32] = last) })),
      );
      for (const bytes of offCurve) expect(await admits(stage, bytes)).to.equal(false);
    });

    it("answers no, without a revert, to any other bytes", async () => {
      const stage = await loadFixture(soldFixture);
      const good = await passFor(stage, {});
      const others = [0, 1, 49, 50, 115, 178, 179, 180, 4_096].map((n) =>
        ethers.hexlify(randomBytes(n)),
      );
      const wrong = [`${good}00`, ethers.dataSlice(good, 0, 178), `0x01${"ff".repeat(178)}`];
      for (const bytes of [...others, ...wrong]) {
        expect(await admits(stage, bytes)).to.equal(false);
      }
    });
  });
});

/** A chain whose rules are older than the precompile for P-256, with one ticket of alice's. */
async function olderChain() {
  const connection = await network.create({ network: "osaka", override: { hardfork: "prague" } });
  const { ethers: older, networkHelpers } = connection;
  const now = (await time.latest()) + 100;
  await time.increaseTo(now);
  const [admin, alice] = (await older.getSigners()) as unknown as Stage["alice"][];
  if (admin === undefined || alice === undefined) throw new Error("there are accounts");
  const made = await older.deployContract("Tickets", [admin.address]);
  const tickets = made as unknown as Stage["tickets"];
  for (const role of ["MINTER_ROLE", "ORGANISER_ROLE"]) {
    await tickets.grantRole(ethers.id(role), admin);
  }
  const stage = { tickets, organiser: admin, carol: alice, cashier: admin } as unknown as Stage;
  await tickets.createEvent(EVENT, await termsFor(stage));
  await tickets.mintRuns(EVENT, 0, PRICE, run({ to: alice.address }));
  await networkHelpers.time.increaseTo(now + 5);
  const sold = { ...stage, alice, id: seatId({}) };
  return { stage: sold, pass: await passFor(sold, {}), close: () => connection.close() };
}

function admits({ tickets }: Stage, pass: string): Promise<boolean> {
  return tickets.isAdmissible(pass);
}

/** A pass as the server's own code describes it, signed by a new session key. */
async function passFor(
  stage: Stage,
  options: Partial<PassSession> & {
    shift?: number;
    half?: "low" | "high";
    signer?: Stage["bob"];
    /** What phone and wallet sign as well, so that nothing else is wrong with the pass. */
    version?: number;
    key?: (bytes: Uint8Array) => void;
  },
): Promise<string> {
  const now = await time.latest();
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const odd = (Buffer.from(y, "base64url").at(-1) ?? 0) % 2;
  const key = Buffer.concat([Uint8Array.of(2 + odd), Buffer.from(x, "base64url")]);
  options.key?.(key);
  const sessionPub = `0x${key.toString("hex")}` as Hex;
  const { ticketId = stage.id, nonce = 0, notAfter = now + DAY_S } = options;
  const session = { ticketId, nonce, notAfter, sessionPub };
  const tickets = (await stage.tickets.getAddress()) as Hex;
  const { chainId } = await ethers.provider.getNetwork();
  const { domain, types, message } = gateSession({ chainId: Number(chainId), tickets, session });
  const signer = options.signer ?? stage.alice;
  const GateSession = [...types.GateSession];
  const ownerSig = await signer.signTypedData(domain as object, { GateSession }, message);
  const step = (stepAt(now) + (options.shift ?? 0) + 2 ** 16) % 2 ** 16;
  const signed = Buffer.from(ethers.getBytes(signedPart({ ...session, step })));
  signed[0] = options.version ?? 1;
  const raw = sign("sha256", signed, { key: privateKey, dsaEncoding: "ieee-p1363" });
  const s = BigInt(`0x${raw.subarray(32).toString("hex")}`);
  const low = s > P256_ORDER / 2n ? P256_ORDER - s : s;
  const chosen = options.half === "high" ? P256_ORDER - low : low;
  const sessionSig = [raw.subarray(0, 32), ethers.toBeHex(chosen, 32)];
  return ethers.concat([signed, ownerSig, ...sessionSig]);
}
