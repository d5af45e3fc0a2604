// Makes up arguments of any Solidity type, from what exists on the chain and from the extremes.
import type { ParamType } from "ethers";
import { ethers } from "./tickets-fixture.ts";

export type Chance = { below(end: number): number; pick<T>(from: readonly T[]): T };

/** Values of the types that a call can be about. */
export type Pool = {
  addresses: readonly string[];
  numbers: readonly bigint[];
  bytes: readonly string[];
};

const LIST_MAX = 4;
const BYTES_MAX = 200;
const BITS_PER_BYTE = 8;

/** Mulberry32: small, and the same on every machine. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (end: number) => next() % end;
  return {
    below,
    pick(from) {
      const found = from[below(from.length)];
      if (found === undefined) throw new Error("There is nothing to pick from.");
      return found;
    },
  };
}

export function anyValue(type: ParamType, pool: Pool, chance: Chance): unknown {
  if (type.isArray() && type.arrayChildren !== null) {
    const child = type.arrayChildren;
    const length = (type.arrayLength ?? -1) < 0 ? chance.below(LIST_MAX) : (type.arrayLength ?? 0);
    return Array.from({ length }, () => anyValue(child, pool, chance));
  }
  if (type.isTuple()) return (type.components ?? []).map((one) => anyValue(one, pool, chance));
  if (type.type === "address") return chance.pick(pool.addresses);
  if (type.type === "bool") return chance.below(2) === 1;
  if (type.type === "string") return "any";
  if (type.type === "bytes") return anyBytes(pool, chance);
  const fixed = /^bytes(\d+)$/.exec(type.type);
  if (fixed !== null) return anyWord(pool, chance, Number(fixed[1]));
  const bits = Number(/^uint(\d+)$/.exec(type.type)?.[1] ?? 256);
  return anyNumber(pool, chance, bits);
}

export function noise(chance: Chance, length: number): string {
  return ethers.hexlify(Uint8Array.from({ length }, () => chance.below(256)));
}

function anyNumber(pool: Pool, chance: Chance, bits: number): bigint {
  const most = 2n ** BigInt(bits) - 1n;
  const extreme = [0n, 1n, 2n, most - 1n, most];
  const numbers = chance.below(3) === 0 ? extreme : pool.numbers;
  return chance.pick(numbers) & most;
}

function anyBytes(pool: Pool, chance: Chance): string {
  if (chance.below(2) === 0) return chance.pick(pool.bytes);
  return noise(chance, chance.below(BYTES_MAX));
}

function anyWord(pool: Pool, chance: Chance, length: number): string {
  const words = pool.bytes.filter((text) => ethers.dataLength(text) === length);
  if (words.length > 0 && chance.below(2) === 0) return chance.pick(words);
  return ethers.toBeHex(anyNumber(pool, chance, length * BITS_PER_BYTE), length);
}
