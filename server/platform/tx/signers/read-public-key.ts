// Reads the address of a public key as key services give it: SubjectPublicKeyInfo, in DER or in PEM.
import { createPublicKey, type KeyObject } from "node:crypto";
import { toHex } from "viem";
import { publicKeyToAddress } from "viem/accounts";

/** In lower case; undefined for what is no key of the chain's curve. */
export function readPublicKey(spki: Uint8Array | string): `0x${string}` | undefined {
  const key = parse(spki);
  if (key?.asymmetricKeyDetails?.namedCurve !== "secp256k1") return undefined;
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.from(x, "base64url"),
    Buffer.from(y, "base64url"),
  ]);
  return publicKeyToAddress(toHex(point)).toLowerCase() as `0x${string}`;
}

/** OpenSSL also looks whether the point lies on the curve. */
function parse(spki: Uint8Array | string): KeyObject | undefined {
  try {
    return typeof spki === "string"
      ? createPublicKey(spki)
      : createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}
