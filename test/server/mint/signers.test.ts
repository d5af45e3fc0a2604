// Keys behind one port: a private one, one in AWS KMS and one in GCP KMS pass the same tests.
import { expect } from "chai";
import {
  hexToBigInt,
  keccak256,
  parseSignature,
  parseTransaction,
  recoverTransactionAddress,
  recoverTypedDataAddress,
  serializeTransaction,
  type TransactionSerializableEIP1559,
  type TransactionSerializedEIP1559,
} from "viem";
import { Bug, Fault } from "#server/domain/failure.ts";
import { VOUCHER_TYPES, voucherDomain } from "#server/domain/voucher.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createLog } from "#server/platform/log.ts";
import type { TypedSigner } from "#server/platform/tx/signer.ts";
import { createAskKms } from "#server/platform/tx/signers/ask-kms.ts";
import { openSigner, type SignerDeps } from "#server/platform/tx/signers/open-signer.ts";
import { SECP256K1_ORDER } from "#server/platform/tx/signers/read-signature.ts";
import { type FakeKms, openFakeKms, useKeyFile } from "../../support/fake-kms.ts";
import type { KmsFault, KmsFaultKind } from "../../support/kms-faults.ts";
import { AWS_KEY, GCP_KEY, KMS_KEYS } from "../../support/kms-keys.ts";

const PRIVATE_KEY = `0x${"5a".repeat(32)}` as const;
const TRANSACTIONS = 200;
const VOUCHERS = 40;
const TRIES = 3;
/** One try that nobody answers, and a slow machine; the answer would come after three seconds. */
const ONE_SILENCE_MS = 2_900;

const log = createLog({ name: "test", level: process.env.TEST_LOG_LEVEL ?? "silent" });

describe("signers", () => {
  let kms: FakeKms;
  let address: string;
  /** Between two tries, and not waited for. */
  const waits: number[] = [];
  let deps: SignerDeps;
  let keyFileBefore: string | undefined;
  before(async () => {
    kms = await openFakeKms();
    keyFileBefore = useKeyFile(kms.gcpKeyFile);
    address = kms.vault.add(AWS_KEY.name, PRIVATE_KEY);
    kms.vault.add(GCP_KEY.name, PRIVATE_KEY);
    for (const { name } of [AWS_KEY, GCP_KEY]) {
      kms.vault.add(name.replace(/1$/, "2"), PRIVATE_KEY, "p256");
    }
    const clock = { ...systemClock, sleep: async (ms: number) => void waits.push(ms) };
    deps = { clock, log, isDevelopment: true, access: kms.access };
  });
  after(async () => {
    useKeyFile(keyFileBefore);
    await kms.close();
  });
  beforeEach(() => {
    kms.faults.length = 0;
    kms.calls.length = 0;
    waits.length = 0;
  });

  const draft = (nonce: number): TransactionSerializableEIP1559 => ({
    ...{ type: "eip1559", chainId: 31_337, to: `0x${"12".repeat(20)}`, nonce, data: "0x1234" },
    ...{ gas: 50_000n, maxFeePerGas: 1_000n, maxPriorityFeePerGas: BigInt(nonce) },
  });

  const voucherData = (unitPrice: number) => ({
    domain: voucherDomain({ chainId: 31_337, boxOffice: `0x${"34".repeat(20)}` }),
    types: VOUCHER_TYPES,
    primaryType: "Voucher" as const,
    message: {
      ...{ eventId: 7n, class: 0, unitPrice, deadline: 1_800_000_000 },
      ...{ payer: `0x${"12".repeat(20)}` as const, orderId: `0x${"56".repeat(32)}` as const },
      runs: "0x00ff" as const,
    },
  });

  const references = { local: PRIVATE_KEY, ...KMS_KEYS };
  for (const [kind, reference] of Object.entries(references)) {
    describe(`with a key of ${kind}`, () => {
      let signer: TypedSigner;
      before(async () => {
        signer = await openSigner(reference, deps);
      });

      it("has the key's address, in lower case", () => {
        expect(signer.address).to.equal(address);
      });

      it(`signs ${TRANSACTIONS} transactions, each from its address and with a low s`, async () => {
        const { highs } = kms.vault;
        for (let nonce = 0; nonce < TRANSACTIONS; nonce += 1) {
          const raw = (await signer.sign(draft(nonce))) as TransactionSerializedEIP1559;
          const from = await recoverTransactionAddress({ serializedTransaction: raw });
          expect(from.toLowerCase()).to.equal(address);
          const { s, nonce: signed } = parseTransaction(raw);
          expect(signed ?? 0).to.equal(nonce);
          expect(hexToBigInt(s!) <= SECP256K1_ORDER / 2n).to.equal(true);
        }
        const turned = kind === "local" ? 0 : TRANSACTIONS / 2;
        expect(kms.vault.highs - highs).to.equal(turned);
      });

      it(`signs ${VOUCHERS} vouchers, each as its address and with a low s`, async () => {
        for (let unitPrice = 1; unitPrice <= VOUCHERS; unitPrice += 1) {
          const data = voucherData(unitPrice);
          const signature = await signer.signTyped(data);
          const by = await recoverTypedDataAddress({ ...data, signature });
          expect(by.toLowerCase()).to.equal(address);
          const { s, v } = parseSignature(signature);
          expect(hexToBigInt(s) <= SECP256K1_ORDER / 2n).to.equal(true);
          // What the contracts take: they know no other way to write the parity.
          expect(v).to.be.oneOf([27n, 28n]);
        }
      });

      it("signs the same digest for the same transaction, and another for another", async () => {
        const [first, again] = [await signer.sign(draft(7)), await signer.sign({ ...draft(7) })];
        expect(digestOf(first)).to.equal(keccak256(serializeTransaction(draft(7))));
        expect(digestOf(again)).to.equal(digestOf(first));
        expect(digestOf(await signer.sign(draft(8)))).not.to.equal(digestOf(first));
        if (kind === "local") return;
        const [one, two, three] = kms.vault.digests.slice(-3);
        expect(`0x${one}`).to.equal(digestOf(first));
        expect([two === one, three === one]).to.deep.equal([true, false]);
      });
    });
  }

  for (const [kind, reference] of Object.entries(KMS_KEYS)) {
    describe(`when ${kind} fails`, () => {
      let signer: TypedSigner;
      before(async () => {
        signer = await openSigner(reference, deps);
      });

      const fail = (fault: KmsFaultKind, times: number, on: KmsFault["on"] = "sign") => {
        kms.faults.push({ kind: fault, on, times });
      };

      for (const fault of ["throttled", "broken", "cut", "truncated"] as const) {
        it(`signs at the last try, ${fault} before`, async () => {
          fail(fault, TRIES - 1);
          await signer.sign(draft(1));
          expect(kms.calls).to.have.lengthOf(TRIES);
          expect(waits).to.deep.equal([100, 400]);
        });

        it(`is at fault after ${TRIES} tries that were ${fault}`, async () => {
          fail(fault, 100);
          const error = await rejection(signer.sign(draft(1)));
          expect(error).to.be.instanceOf(Fault).with.property("code", "server/unavailable");
          expect(kms.calls).to.have.lengthOf(TRIES);
        });
      }

      it("waits a bounded time for an answer, and then asks again", async () => {
        fail("slow", 1);
        const beganMs = systemClock.monotonicMs();
        await signer.sign(draft(1));
        expect(systemClock.monotonicMs() - beganMs).to.be.lessThan(ONE_SILENCE_MS);
        expect(kms.calls).to.have.lengthOf(2);
      });

      it("does not insist when it may not sign", async () => {
        fail("denied", 100);
        expect(await rejection(signer.sign(draft(1)))).to.be.instanceOf(Fault);
        expect(kms.calls).to.have.lengthOf(1);
      });

      it("hands out no voucher that another key has signed, or that nobody signed", async () => {
        fail("other-key", 1);
        const other = await rejection(signer.signTyped(voucherData(1)));
        expect(other).to.be.instanceOf(Fault);
        fail("broken", 100);
        const silent = await rejection(signer.signTyped(voucherData(1)));
        expect(silent).to.be.instanceOf(Fault).with.property("code", "server/unavailable");
      });

      it("hands out nothing that another key has signed", async () => {
        fail("other-key", 1);
        const error = await rejection(signer.sign(draft(1)));
        expect(error).to.be.instanceOf(Fault);
        expect(error.message).to.include("another key");
      });

      it("is at fault as well when it opens", async () => {
        fail("broken", 100, "public-key");
        expect(await rejection(openSigner(reference, deps))).to.be.instanceOf(Fault);
        expect(kms.calls).to.have.lengthOf(TRIES);
      });

      it("is not taken with a key of another curve", async () => {
        const error = await rejection(openSigner(reference.replace(/1$/, "2"), deps));
        expect(error).to.be.instanceOf(Bug);
        expect(error.message).to.match(/P256/);
      });
    });
  }

  for (const fault of ["damaged", "unverified", "misnamed"] as const) {
    it(`asks GCP again when an answer was ${fault}`, async () => {
      const signer = await openSigner(GCP_KEY.reference, deps);
      kms.faults.push({ kind: fault, on: "sign", times: 1 });
      await signer.sign(draft(1));
      expect(kms.calls).to.deep.equal(["public-key", "sign", "sign"]);
    });
  }

  for (const fault of ["damaged", "misnamed"] as const) {
    it(`asks GCP again for a public key that was ${fault}`, async () => {
      kms.faults.push({ kind: fault, on: "public-key", times: 1 });
      expect((await openSigner(GCP_KEY.reference, deps)).address).to.equal(address);
      expect(kms.calls).to.deep.equal(["public-key", "public-key"]);
    });
  }

  it("does not wait for what hears no signal, as a search for credentials", async () => {
    let tries = 0;
    const call = () => {
      tries += 1;
      return tries === 1 ? new Promise<never>(() => undefined) : Promise.resolve("found");
    };
    expect(await createAskKms(deps, "a key")("answer", call)).to.equal("found");
    expect(waits).to.deep.equal([100]);
  });

  it("tells AWS the time by AWS's clock when ours is wrong", async () => {
    kms.faults.push({ kind: "skewed", on: "public-key", times: 1 });
    expect((await openSigner(AWS_KEY.reference, deps)).address).to.equal(address);
    expect(kms.calls).to.deep.equal(["public-key", "public-key"]);
  });

  it("goes on with the key that an alias of AWS led to when it opened", async () => {
    kms.vault.lead("alias/minter", AWS_KEY.name);
    const signer = await openSigner("aws-kms:eu-central-1:alias/minter", deps);
    const next = `${AWS_KEY.name.slice(0, -1)}3`;
    const nextAddress = kms.vault.add(next);
    kms.vault.lead("alias/minter", next);
    const raw = (await signer.sign(draft(1))) as TransactionSerializedEIP1559;
    const from = await recoverTransactionAddress({ serializedTransaction: raw });
    expect(from.toLowerCase()).to.equal(address);
    const reopened = await openSigner("aws-kms:eu-central-1:alias/minter", deps);
    expect(reopened.address).to.equal(nextAddress);
  });

  it("has no key at a service that does not know us", async () => {
    const credentials = { accessKeyId: "AKIDOFTHETESTS", secretAccessKey: "guessed" };
    const access = { ...kms.access, aws: { ...kms.access.aws, credentials } };
    const stranger = await openFakeKms();
    useKeyFile(stranger.gcpKeyFile);
    for (const { reference } of [AWS_KEY, GCP_KEY]) {
      const error = await rejection(openSigner(reference, { ...deps, access }));
      expect(error).to.be.instanceOf(Fault);
    }
    useKeyFile(kms.gcpKeyFile);
    await stranger.close();
    expect(kms.calls).to.have.lengthOf(2);
  });

  it("refuses a private key where anything is real, and does not show it", async () => {
    const error = await rejection(openSigner(PRIVATE_KEY, { ...deps, isDevelopment: false }));
    expect(error.message).to.include("only with NODE_ENV=development on chain 31337");
    expect(error.message).not.to.include("5a5a");
  });

  it("does not show what is no reference", async () => {
    const error = await rejection(openSigner(`${PRIVATE_KEY}5a`, deps));
    expect(error.message)
      .to.match(/^A key must be /)
      .and.not.to.include("5a5a");
  });
});

function digestOf(raw: `0x${string}`): string {
  const {
    r: _r,
    s: _s,
    v: _v,
    yParity: _y,
    ...rest
  } = parseTransaction(raw as TransactionSerializedEIP1559);
  return keccak256(serializeTransaction(rest as TransactionSerializableEIP1559));
}

async function rejection(outcome: Promise<unknown>): Promise<Error> {
  return outcome.then(
    () => expect.fail("it went well"),
    (error: Error) => error,
  );
}
