// One way to write a value as JSON (RFC 8785), so that equal values have equal hashes wherever they are kept.
import { Bug } from "./failure.ts";

/** Numbers are safe integers: amounts are strings, and no database changes an integer's digits. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject;
export interface PlainObject {
  readonly [key: string]: Plain;
}

/** Members go by their names' UTF-16 code units, which is how JavaScript compares strings. */
export function canonicalJson(value: Plain): string {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new Bug("A number that is no safe integer has no one way to be written.");
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Plain)}`);
  return `{${members.join(",")}}`;
}

function isList(value: readonly Plain[] | PlainObject): value is readonly Plain[] {
  return Array.isArray(value);
}
