// What names a key, what is a signature, and the checksum of GCP: the pure parts of the signers.
import { expect } from "chai";
import { hexToBytes, stringToBytes, toHex } from "viem";
import { privateKeyToAccount, privateKeyToAddress } from "viem/accounts";
import { crc32c } from "#server/platform/tx/signers/crc32c.ts";
import {
  isKeyReference,
  parseKeyReference,
} from "#server/platform/tx/signers/parse-key-reference.ts";
import { readPublicKey } from "#server/platform/tx/signers/read-public-key.ts";
import { readSignature, SECP256K1_ORDER } from "#server/platform/tx/signers/read-signature.ts";
import { AWS_KEY, GCP_KEY } from "../../support/kms-keys.ts";
import { encodeDer, publicKeyOf, SPKI_PREFIX } from "../../support/kms-vault.ts";

const ID = "1234abcd-12ab-34cd-56ef-1234567890ab";
const MANY_REGIONS = `mrk-${"1a".repeat(16)}`;
const KEY = `0x${"5a".repeat(32)}` as const;

describe("parseKeyReference", () => {
  it("reads a private key", () => {
    expect(parseKeyReference(KEY)).to.deep.equal({ kind: "local", privateKey: KEY });
  });

  for (const keyId of [ID, MANY_REGIONS, "alias/stagedoor/minter-1", AWS_KEY.name]) {
    it(`reads a key of AWS: ${keyId}`, () => {
      const region = "eu-central-1";
      const reference = { kind: "aws-kms", region, keyId };
      expect(parseKeyReference(`aws-kms:${region}:${keyId}`)).to.deep.equal(reference);
    });
  }

  it("reads keys of AWS's closed regions", () => {
    const arn = `arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/minter`;
    expect(isKeyReference(`aws-kms:us-gov-west-1:${arn}`)).to.equal(true);
    expect(isKeyReference(`aws-kms:cn-north-1:${ID}`)).to.equal(true);
  });

  it("reads a key version of GCP, also in a project of a domain", () => {
    const { name } = GCP_KEY;
    expect(parseKeyReference(GCP_KEY.reference)).to.deep.equal({ kind: "gcp-kms", name });
    const ofDomain = GCP_KEY.reference.replace("projects/house", "projects/example.com:house");
    expect(isKeyReference(ofDomain)).to.equal(true);
  });

  const wrong = [
    ...["", "0x", KEY.slice(0, -1), `${KEY}0`, KEY.slice(2), ` ${KEY}`, `${KEY}\n`],
    ...[`0x${"0".repeat(64)}`, toHex(SECP256K1_ORDER)],
    ...[`aws-kms:${ID}`, `aws-kms:Europe:${ID}`, `aws-kms:eu-central-1:minter`],
    ...["aws-kms:eu-central-1:alias/", `aws-kms:us-east-1:${AWS_KEY.name}`],
    ...[`aws-kms:eu-central-1:${ID}/../x`, `${AWS_KEY.reference}?`],
    ...["gcp-kms:minter", GCP_KEY.name, GCP_KEY.reference.replace(/\/cryptoKeyVersions.*/, "")],
    ...[GCP_KEY.reference.replace(/1$/, "0"), GCP_KEY.reference.replace("/minter/", "/../")],
    "azure-kms:x",
  ];
  for (const text of wrong) {
    it(`knows that ${JSON.stringify(text.slice(0, 90))} names no key`, () => {
      expect(parseKeyReference(text)).to.equal(undefined);
    });
  }
});

describe("readSignature", () => {
  const half = SECP256K1_ORDER / 2n;

  for (const [r, s] of [
    [1n, 1n],
    [127n, 128n],
    [SECP256K1_ORDER - 1n, half],
    [255n, half + 1n],
    [1n << 255n, SECP256K1_ORDER - 1n],
  ] as const) {
    it(`turns s of (${r % 1000n}…, ${s % 1000n}…) low and leaves r`, () => {
      const low = s > half ? SECP256K1_ORDER - s : s;
      expect(readSignature(encodeDer(r, s))).to.deep.equal({
        ...{ r: toHex(r, { size: 32 }), s: toHex(low, { size: 32 }) },
      });
    });
  }

  for (const [what, hex] of [
    ["nothing", "0x"],
    ["a tag without length", "0x30"],
    ["a missing s", "0x3003020101"],
    ["a missing end", "0x30060201010202"],
    ["a byte behind it", "0x300602010102010100"],
    ["a byte behind s", "0x30070201010201010a"],
    ["a length that is too short", "0x3005020101020101"],
    ["a length in long form", "0x308106020101020101"],
    ["an indefinite length", "0x30800201010201010000"],
    ["another tag", "0x3106020101020101"],
    ["a bit string", "0x3006020101030101"],
    ["a negative r", "0x3006020181020101"],
    ["a padded r", "0x300702020001020101"],
    ["an empty r", "0x30050200020101"],
    ["no r", "0x3006020100020101"],
    ["no s", "0x3006020101020100"],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(readSignature(hexToBytes(hex))).to.equal(undefined);
    });
  }

  it("refuses numbers that the curve does not have", () => {
    for (const [r, s] of [
      [SECP256K1_ORDER, 1n],
      [1n, SECP256K1_ORDER],
      [1n, 1n << 256n],
      [1n << 300n, 1n],
    ] as const) {
      expect(readSignature(encodeDer(r, s))).to.equal(undefined);
    }
  });
});

describe("readPublicKey", () => {
  const point = hexToBytes(privateKeyToAccount(KEY).publicKey);

  it("reads a key of the chain's curve, in lower case", () => {
    const address = privateKeyToAddress(KEY).toLowerCase();
    expect(readPublicKey(Buffer.concat([SPKI_PREFIX, point]))).to.equal(address);
  });

  it("refuses what is no key, another curve's, and a point beside the curve", () => {
    const beside = Buffer.concat([SPKI_PREFIX, point.with(-1, point[64]! ^ 1)]);
    const other = publicKeyOf({ spec: "p256", privateKey: KEY });
    for (const bytes of [new Uint8Array(), beside, other, "-----BEGIN PUBLIC KEY-----"]) {
      expect(readPublicKey(bytes)).to.equal(undefined);
    }
  });
});

describe("crc32c", () => {
  it("answers what RFC 3720 says", () => {
    expect(crc32c(new Uint8Array(32))).to.equal(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).to.equal(0x62a8ab43);
    expect(crc32c(stringToBytes("123456789"))).to.equal(0xe3069283);
  });
});
