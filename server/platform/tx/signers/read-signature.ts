// Reads an ECDSA signature as key services give it (DER), and answers its low form.
import { type Hex, toHex } from "viem";

/** How many points the group of secp256k1 has (SEC 2, 2.4.1). */
export const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export interface LowSignature {
  r: Hex;
  s: Hex;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** A number of 32 bytes, with a zero in front where its first bit is set. */
const INTEGER_BYTES_MAX = 33;

/**
 * Undefined for bytes that are anything but one signature. Of the two forms that a signature has,
 * the chain takes the one with the low s only (EIP-2); a service gives either.
 */
export function readSignature(der: Uint8Array): LowSignature | undefined {
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) return undefined;
  const r = readInteger(der, 2);
  if (r === undefined) return undefined;
  const s = readInteger(der, r.end);
  if (s === undefined || s.end !== der.length) return undefined;
  if (!isScalar(r.value) || !isScalar(s.value)) return undefined;
  const isHigh = s.value > SECP256K1_ORDER / 2n;
  const low = isHigh ? SECP256K1_ORDER - s.value : s.value;
  return { r: toHex(r.value, { size: 32 }), s: toHex(low, { size: 32 }) };
}

/** A positive number in its shortest form, as DER allows no other. */
function readInteger(der: Uint8Array, at: number): { value: bigint; end: number } | undefined {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  if (der[at] !== INTEGER || length < 1 || length > INTEGER_BYTES_MAX || end > der.length) {
    return undefined;
  }
  const bytes = der.subarray(at + 2, end);
  const [first = 0, second = 0] = bytes;
  const isNegative = first >= 0x80;
  const isPadded = length > 1 && first === 0 && second < 0x80;
  return isNegative || isPadded ? undefined : { value: BigInt(toHex(bytes)), end };
}

function isScalar(value: bigint): boolean {
  return value > 0n && value < SECP256K1_ORDER;
}
