// Requests as nobody should send them, made from a route's own schemas: right, nearly right, hostile.
import fc, { type Arbitrary } from "fast-check";
import { z } from "zod";
import type { Route } from "#server/api/route.ts";

type Json = Record<string, unknown>;

export interface HostileRequest {
  path: string;
  body: unknown;
  /** A header that the route may need, or something else. */
  key: string | undefined;
}

/** Ids that exist, own and other people's, by the pattern of their field. */
export type KnownIds = readonly { pattern: RegExp; ids: readonly string[] }[];

const LONG_TEXT = "x".repeat(20_000);
const HUGE_ARRAY = 20_000;
const DEEP = 500;

const HOSTILE_TEXT = [
  ...["", " ", "\u0000", "\ud800", "\u202e", "🎫", "İ", "%00", "../..", "';--", "{{7*7}}"],
  ...["null", "-1", "1e309", "0x", `0x${"f".repeat(64)}`, (2n ** 256n).toString(), LONG_TEXT],
];
const HOSTILE_NUMBER = [-1, -0, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, Number.MAX_VALUE];

function hostileValue(): Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom<unknown>(null, true, false, [], {}, ...HOSTILE_NUMBER, ...HOSTILE_TEXT),
    fc.jsonValue(),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.constantFrom<unknown>(
      Array.from({ length: HUGE_ARRAY }, (_, index) => index),
      deepArray(),
      JSON.parse('{"__proto__":{"admin":true},"constructor":1}'),
    ),
  );
}

function deepArray(): unknown {
  let value: unknown = 1;
  for (let depth = 0; depth < DEEP; depth += 1) value = [value];
  return value;
}

/** What the schema describes, with ids that exist where it asks for one. */
function fitting(schema: Json, known: KnownIds): Arbitrary<unknown> {
  const { type, properties = {}, required = [], items, anyOf } = schema;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((one) => fitting(one as Json, known)));
  if (type === "object") {
    const fields = Object.entries(properties as Record<string, Json>);
    const values = Object.fromEntries(fields.map(([name, one]) => [name, fitting(one, known)]));
    return fc.record(values, { requiredKeys: required as string[] });
  }
  if (type === "array") {
    return fc.array(fitting((items ?? {}) as Json, known), { minLength: 1, maxLength: 4 });
  }
  if (type === "string") return text(schema, known);
  if (type === "integer" || type === "number") {
    const { minimum = 0, maximum = 1_000 } = schema as { minimum?: number; maximum?: number };
    return fc.integer({ min: Math.max(minimum, -1e9), max: Math.min(maximum, 2 ** 31) });
  }
  if (type === "boolean") return fc.boolean();
  return fc.jsonValue();
}

function text(schema: Json, known: KnownIds): Arbitrary<unknown> {
  if (schema.format === "uuid") return fc.uuid();
  if (schema.format === "date-time") {
    return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  }
  const pattern = typeof schema.pattern === "string" ? new RegExp(schema.pattern, "u") : undefined;
  const ids = known.find((one) => one.pattern.source === schema.pattern)?.ids ?? [];
  if (ids.length === 1) return fc.constantFrom(...ids);
  const made = matching(pattern);
  return ids.length === 0
    ? made
    : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ids) }, made);
}

/** Names of classes of characters cannot be turned around; most plain texts fit them. */
function matching(pattern: RegExp | undefined): Arbitrary<string> {
  if (pattern === undefined) return fc.string({ maxLength: 100 });
  if (!pattern.source.includes("\\p{")) return fc.stringMatching(pattern);
  return fc.string({ maxLength: 40 }).filter((text) => pattern.test(text));
}

/** Breaks one thing: a field gone, replaced, doubled, or one that nobody asked for. */
function broken(value: unknown): Arbitrary<unknown> {
  if (Array.isArray(value)) {
    return fc.oneof(
      hostileValue().map((one) => [...value, one]),
      fc.constant([...value, ...value]),
      hostileValue(),
    );
  }
  // What has the right type comes further in.
  const textual = fc.constantFrom<unknown>(...HOSTILE_TEXT);
  if (typeof value === "string") {
    return fc.oneof({ weight: 3, arbitrary: textual }, hostileValue());
  }
  const numeric = fc.constantFrom<unknown>(...HOSTILE_NUMBER);
  if (typeof value === "number") {
    return fc.oneof({ weight: 3, arbitrary: numeric }, hostileValue());
  }
  if (value === null || typeof value !== "object") return hostileValue();
  const names = Object.keys(value);
  const added = fc
    .tuple(fc.constantFrom("extra", "id", "role", "price", "__proto__"), hostileValue())
    .map(([name, one]) => JSON.parse(JSON.stringify({ ...value, [`${name}`]: one })));
  if (names.length === 0) return added;
  const one = fc.constantFrom(...names);
  const deeper = one.chain((name) =>
    broken((value as Json)[name]).map((hostile) => ({ ...value, [name]: hostile })),
  );
  return fc.oneof(
    { weight: 5, arbitrary: deeper },
    added,
    one.map((name) => Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))),
    hostileValue(),
  );
}

/** Of four, so many are broken. */
const brokenOften = (values: Arbitrary<unknown>, often: 1 | 2 | 3) =>
  values.chain((value) =>
    fc.oneof(
      { weight: 4 - often, arbitrary: fc.constant(value) },
      { weight: often, arbitrary: broken(value) },
    ),
  );

function schemaOf(schema: z.ZodType | undefined): Json {
  if (schema === undefined) return { type: "object" };
  return z.toJSONSchema(schema, { io: "input" }) as Json;
}

export function hostileRequests(route: Route, known: KnownIds): Arbitrary<HostileRequest> {
  // A body is looked at when the address is right, so where there is one the address mostly is.
  const often = route.body === undefined ? 2 : 1;
  const params = brokenOften(fitting(schemaOf(route.params), known), often);
  const query = fitting(schemaOf(route.query), known);
  const body = brokenOften(fitting(schemaOf(route.body), known), 3);
  const key = fc.option(fc.oneof(fc.uuid(), fc.constantFrom("x", "k".repeat(101))), {
    nil: undefined,
    freq: 5,
  });
  return fc
    .record({ params, query: route.query ? brokenOften(query, often) : query, body, key })
    .map((parts) => requestOf(route, parts));
}

/** For this part of the fuzzing chance only makes ids that were not used before. */
const SEED = 1;
const KEY = "11111111-1111-4111-8111-111111111111";

/** A request that fits, with each of its fields replaced by each hostile text and number. */
export function* oneByOne(route: Route, all: KnownIds): Generator<HostileRequest> {
  const known = all.map(({ pattern, ids }) => ({ pattern, ids: ids.slice(0, 1) }));
  const parts = {
    params: fitting(schemaOf(route.params), known),
    query: fitting(schemaOf(route.query), known),
    body: fitting(schemaOf(route.body), known),
  };
  const hostile = [...HOSTILE_TEXT, ...HOSTILE_NUMBER, null, [], {}];
  const fit = fc.sample(fc.record(parts), { seed: SEED, numRuns: SAMPLES }) as FittingParts[];
  let sample = 0;
  for (const part of ["params", "query", "body"] as const) {
    for (const name of Object.keys(fit[0]?.[part] ?? {})) {
      for (const value of hostile) {
        const fits = fit[sample % SAMPLES] as FittingParts;
        sample += 1;
        yield requestOf(route, { ...fits, [part]: { ...fits[part], [name]: value }, key: KEY });
      }
    }
  }
}

const SAMPLES = 500;
type FittingParts = { params: Json; query: Json; body: Json };

function requestOf(
  route: Route,
  parts: { params: unknown; query: unknown; body: unknown; key: string | undefined },
): HostileRequest {
  return {
    path: `${pathOf(route.path, parts.params)}${searchOf(parts.query)}`,
    body: route.body === undefined ? undefined : parts.body,
    key: parts.key,
  };
}

function pathOf(path: string, params: unknown): string {
  const given = new Map(Object.entries(isRecord(params) ? params : {}));
  return path.replace(/:(\w+)/g, (_, name: string) => encode(given.get(name) ?? "-"));
}

function searchOf(query: unknown): string {
  if (!isRecord(query)) return "";
  const pairs = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** Longer addresses are another test's: Node refuses them before any route. */
const PART_LENGTH_MAX = 1_000;

function encode(value: unknown): string {
  const plain = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const part = plain.slice(0, PART_LENGTH_MAX).toWellFormed();
  // Nothing, or dots, would be the address of another route.
  return /^\.{0,2}$/.test(part) ? "-" : encodeURIComponent(part);
}

function isRecord(value: unknown): value is Json {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
