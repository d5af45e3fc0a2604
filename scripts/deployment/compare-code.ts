// Compares the code on the chain with this checkout's: instructions, metadata, and each immutable.
import { getBytes, hexlify, keccak256 } from "ethers";
import {
  type Addresses,
  type AnyPart,
  decodeAddress,
  immutablesOf,
  RUNTIMES,
} from "./contracts.ts";
import type { Difference } from "./difference.ts";
import type { Hex } from "./duties.ts";

const WORD_BYTES = 32;
/** The compiler ends the code with its metadata and the length of that. */
const METADATA_LENGTH_BYTES = 2;

export function compareCode(
  part: AnyPart,
  given: { code: Hex; chainId: number; at: Addresses },
): Difference[] {
  const { code: repository, immutables: places } = RUNTIMES[part];
  if (given.code === "0x") {
    return [{ what: `${part}.code`, expected: "the code of this checkout", found: "none" }];
  }
  const wanted = split(mask(getBytes(repository), places));
  const actual = split(mask(getBytes(given.code), places));
  if (hexlify(wanted.instructions) !== hexlify(actual.instructions)) {
    const expected = keccak256(wanted.instructions);
    const count = countDifferent(wanted.instructions, actual.instructions);
    const found = `${keccak256(actual.instructions)} (${count} bytes differ)`;
    return [{ what: `${part}.code`, expected, found }];
  }
  const differences: Difference[] = [];
  if (hexlify(wanted.metadata) !== hexlify(actual.metadata)) {
    const [expected, found] = [wanted, actual].map(({ metadata }) => keccak256(metadata));
    const note = `${found} (same instructions, other sources or settings)`;
    differences.push({ what: `${part}.metadata`, expected: expected ?? "", found: note });
  }
  const values = immutablesOf(part, given);
  const bytes = getBytes(given.code);
  for (const [name, starts] of Object.entries(places)) {
    const expected = values[name];
    if (expected === undefined)
      throw new Error(`${part} has an immutable ${name} of no known value`);
    const found = starts.map((start) => hexlify(bytes.slice(start, start + WORD_BYTES)) as Hex);
    const wrong = found.find((word) => word !== expected);
    if (wrong === undefined) continue;
    const [left, right] = [expected, wrong].map((word) => readable(name, word));
    differences.push({ what: `${part}.${name}`, expected: left ?? "", found: right ?? "" });
  }
  return differences;
}

/** Constants in capitals that hold an address are shown as one. */
function readable(name: string, word: Hex): string {
  const isAddress = name === "_cachedThis" || /^(TICKETS|SPLITS|EVENTS|PASS_READER)$/.test(name);
  if (isAddress && word.startsWith(`0x${"00".repeat(12)}`)) return decodeAddress(word);
  return /CHAIN_?ID$/i.test(name) ? BigInt(word).toString() : word;
}

function mask(code: Uint8Array, places: Record<string, readonly number[]>): Uint8Array {
  const masked = code.slice();
  for (const start of Object.values(places).flat()) masked.fill(0, start, start + WORD_BYTES);
  return masked;
}

function split(code: Uint8Array): { instructions: Uint8Array; metadata: Uint8Array } {
  const [high = 0, low = 0] = code.slice(-METADATA_LENGTH_BYTES);
  const length = high * 256 + low + METADATA_LENGTH_BYTES;
  const at = Math.max(0, code.length - length);
  return { instructions: code.slice(0, at), metadata: code.slice(at) };
}

function countDifferent(a: Uint8Array, b: Uint8Array): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) if (a[i] !== b[i]) count += 1;
  return count;
}
