// The keys of a fake key service: real ones, and half of their signatures have the high s.
import { generateKeyPairSync } from "node:crypto";
import { type Hex, hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount, sign } from "viem/accounts";
import { SECP256K1_ORDER } from "#server/platform/tx/signers/read-signature.ts";

export interface VaultKey {
  /** The only curve of Ethereum, or one that a hand slipped to. */
  spec: "secp256k1" | "p256";
  privateKey: Hex;
}

/** SubjectPublicKeyInfo of an uncompressed point of secp256k1, without the point. */
export const SPKI_PREFIX = Buffer.from("3056301006072a8648ce3d020106052b8104000a034200", "hex");

export class KmsVault {
  /** Digests that were signed, in their order. */
  readonly digests: string[] = [];
  highs = 0;
  readonly #keys = new Map<string, VaultKey>();
  readonly #aliases = new Map<string, string>();

  add(name: string, privateKey = generatePrivateKey(), spec: VaultKey["spec"] = "secp256k1"): Hex {
    this.#keys.set(name, { spec, privateKey });
    return privateKeyToAccount(privateKey).address.toLowerCase() as Hex;
  }

  /** Lets an alias lead to the key; it may be led elsewhere. */
  lead(alias: string, name: string): void {
    this.#aliases.set(alias, name);
  }

  nameOf(nameOrAlias: string): string {
    return this.#aliases.get(nameOrAlias) ?? nameOrAlias;
  }

  find(name: string): VaultKey | undefined {
    return this.#keys.get(name);
  }

  /** In DER. */
  async sign({ privateKey }: VaultKey, digest: Buffer): Promise<Buffer> {
    const { r, s } = await sign({ hash: `0x${digest.toString("hex")}`, privateKey });
    this.digests.push(digest.toString("hex"));
    const isHigh = this.digests.length % 2 === 0;
    if (isHigh) this.highs += 1;
    const low = BigInt(s);
    return encodeDer(BigInt(r), isHigh ? SECP256K1_ORDER - low : low);
  }
}

export function publicKeyOf({ spec, privateKey }: VaultKey): Buffer {
  if (spec === "p256") {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    return publicKey.export({ type: "spki", format: "der" });
  }
  const point = hexToBytes(privateKeyToAccount(privateKey).publicKey);
  return Buffer.concat([SPKI_PREFIX, point]);
}

export function encodeDer(r: bigint, s: bigint): Buffer {
  const numbers = Buffer.concat([encodeInteger(r), encodeInteger(s)]);
  return Buffer.concat([Buffer.of(0x30, numbers.length), numbers]);
}

function encodeInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return Buffer.concat([Buffer.of(0x02, padded.length), padded]);
}
