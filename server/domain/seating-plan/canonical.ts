// One spelling for each plan, so that one that was exported and imported again is the same to the byte.
import { keccak256 } from "viem";

/**
 * Keys in the order of their code units, no spaces, numbers as ECMAScript writes them (RFC 8785).
 * Positions are fractions, which nothing but text keeps: plans are stored as this text. Lists keep
 * their order, in which shapes cover each other.
 */
export function canonicalPlan(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** What goes on chain: whoever has the file can tell whether it is the plan that was promised. */
export function planHashOf(canonical: string): `0x${string}` {
  return keccak256(new TextEncoder().encode(canonical));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  // Without a prototype, so that a file's "__proto__" is data like any other.
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of entries) copy[key] = sorted(member);
  return copy;
}
