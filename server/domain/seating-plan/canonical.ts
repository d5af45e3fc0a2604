// One spelling for each plan, so that one that was exported and imported again is the same to the byte.
import { keccak256 } from "viem";

/**
 * Keys in the order of their code units, no spaces, numbers as ECMAScript writes them (RFC 8785).
 * Positions are fractions, which nothing but text keeps: plans are stored as this text. Lists keep
 * their order, in which shapes cover each other.
 */
export function canonicalPlan(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalPlan).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const members = value as Record<string, unknown>;
  const written: string[] = [];
  for (const key of Object.keys(members).sort()) {
    if (members[key] === undefined) continue;
    written.push(`${JSON.stringify(key)}:${canonicalPlan(members[key])}`);
  }
  return `{${written.join(",")}}`;
}

/** What goes on chain: whoever has the file can tell whether it is the plan that was promised. */
export function planHashOf(canonical: string): `0x${string}` {
  return keccak256(new TextEncoder().encode(canonical));
}
