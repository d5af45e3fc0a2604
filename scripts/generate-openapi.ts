// Writes docs/openapi.json (OpenAPI 3.1) from the table of routes and its wire schemas.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ERRORS, type ErrorCode } from "#server/api/errors.ts";
import { EVENT_LOOKUP_ROUTES } from "#server/api/event-lookup-routes.ts";
import { LIMITS, type Limit, type Quota } from "#server/api/limits.ts";
import { LOOKUP_ROUTES } from "#server/api/lookup-routes.ts";
import { PROBLEM_CONTENT_TYPE } from "#server/api/problem.ts";
import { PROOF_HEADER } from "#server/api/proof.ts";
import type { Route } from "#server/api/route.ts";
import { ROUTES } from "#server/api/routes.ts";
import type { GeneratedFile } from "./generate-file.ts";
import { repositoryRoot } from "./services/packages.ts";

type Json = Record<string, unknown>;

const TEXT = { type: "string" };
type Schemas = {
  /** The schema of a request or an answer, with a reference where it has a name. */
  of(schema: z.ZodType, io: "input" | "output"): Json;
  named: Json;
};

const API = "server/api";
const LOOKUPS: readonly Route[] = Object.values({ ...LOOKUP_ROUTES, ...EVENT_LOOKUP_ROUTES });
const SESSION = "session";
const OPTIONAL_KEY_PARAMETER = "OptionalIdempotencyKey";
const KEY_PARAMETER = "IdempotencyKey";
const PROOF_PARAMETER = "ProofOfWork";
const AT_LEAST_PARAMETER = "MirrorAtLeast";

export async function generateOpenApi(): Promise<GeneratedFile> {
  const schemas = await readSchemas();
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8"));
  const document = {
    openapi: "3.1.0",
    info: {
      title: "Stagedoor",
      version: manifest.version,
      description: `${manifest.description} Generated from ${API}/routes.ts.`,
      license: { name: manifest.license, identifier: manifest.license },
    },
    servers: [{ url: "/" }],
    paths: pathsOf(schemas),
    components: {
      schemas: schemas.named,
      parameters: {
        [KEY_PARAMETER]: KEY_HEADER,
        [OPTIONAL_KEY_PARAMETER]: { ...KEY_HEADER, required: false },
        [PROOF_PARAMETER]: PROOF,
        [AT_LEAST_PARAMETER]: AT_LEAST,
      },
      responses: sharedProblems(),
      securitySchemes: { [SESSION]: SESSION_COOKIE },
    },
  };
  return { path: "docs/openapi.json", text: `${JSON.stringify(document, null, 2)}\n` };
}

const KEY_HEADER = {
  name: "Idempotency-Key",
  in: "header",
  required: true,
  description:
    "Made and stored by the caller, and sent with every try of the same request: " +
    "a second try gets the first one's answer.",
  schema: { type: "string", minLength: 1, maxLength: 100, pattern: "^[!-~]+$" },
};

const PROOF = {
  name: PROOF_HEADER,
  in: "header",
  required: false,
  description:
    "Base64 of the JSON of ProofPayload, for a sale that asks for one: the challenge of " +
    "createChallenge as it came, with its solution. It counts once.",
  schema: TEXT,
};

const AT_LEAST = {
  name: "Mirror-At-Least",
  in: "header",
  required: false,
  description:
    "Blocks that the answer must show, by deployment, as `1;block=4711, 2;block=815`: the " +
    "Mirror-Freshness of an earlier answer, which is then never undone, or a receipt's own block. " +
    "Where the mirror is not as far, `chain/mirror-behind`.",
  schema: TEXT,
};

const FRESHNESS = {
  "Mirror-Freshness": {
    description:
      "Of what was read, for each deployment: the block that it shows at least, how many the " +
      "chain was ahead, and seconds since it was as new as the chain.",
    schema: { ...TEXT, examples: ["1;block=4711;lag-blocks=0;lag-seconds=0.4"] },
  },
};

const SESSION_COOKIE = {
  type: "apiKey",
  in: "cookie",
  name: "__Host-sd_session",
  description: "Set by signIn. Over plain http, as on one's own machine, it is called sd_session.",
};

function pathsOf(schemas: Schemas): Json {
  const paths: Record<string, Json> = {};
  for (const [operationId, route] of Object.entries(ROUTES) as [string, Route][]) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: operation(operationId, route, schemas),
    };
  }
  return paths;
}

function operation(operationId: string, route: Route, schemas: Schemas): Json {
  const parameters = [
    ...parametersIn("path", route.params, schemas),
    ...parametersIn("query", route.query, schemas),
    ...keyParameter(route),
    ...(route.proof === true ? [{ $ref: `#/components/parameters/${PROOF_PARAMETER}` }] : []),
    ...(isLookup(route) ? [{ $ref: `#/components/parameters/${AT_LEAST_PARAMETER}` }] : []),
  ];
  return {
    operationId,
    summary: route.summary,
    description: quotaOf(route),
    tags: [route.path.split("/")[2]],
    security: route.access === "public" ? [] : [{ [SESSION]: [] }],
    ...(route.access === "staff" ? { "x-roles": route.roles } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: json(schemas.of(route.body, "input")) } }),
    responses: { [route.status]: success(route, schemas), ...problems(route) },
  };
}

/** Which answers from the mirror, and says how new that is. */
function isLookup(route: Route): boolean {
  return route.answers === undefined && LOOKUPS.includes(route);
}

function keyParameter({ keyed }: Route): Json[] {
  if (keyed === undefined) return [];
  const name = keyed === true ? KEY_PARAMETER : OPTIONAL_KEY_PARAMETER;
  return [{ $ref: `#/components/parameters/${name}` }];
}

/** In words, because OpenAPI has no field for it. */
function quotaOf({ limit }: Route): string {
  const { ip, wallet }: Limit = LIMITS[limit];
  const words = ({ count, windowMs }: Quota) => `${count} requests in ${windowMs / 1_000} s`;
  const perWallet = wallet === undefined ? "" : `, and ${words(wallet)} from one wallet`;
  return `Limit "${limit}": ${words(ip)} from one network address${perWallet}.`;
}

function parametersIn(
  place: "path" | "query",
  schema: z.ZodType | undefined,
  schemas: Schemas,
): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemas.of(schema, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

const OTHER_ANSWERS = { bytes: "application/octet-stream", events: "text/event-stream" } as const;

function success(route: Route, schemas: Schemas): Json {
  if (route.answers !== undefined) {
    const schema = route.answers === "bytes" ? { type: "string", format: "binary" } : TEXT;
    return { description: "Done.", content: { [OTHER_ANSWERS[route.answers]]: { schema } } };
  }
  if (route.response === undefined) return { description: "Done." };
  const content = json(schemas.of(route.response, "output"));
  return { description: "Done.", ...(isLookup(route) ? { headers: FRESHNESS } : {}), content };
}

/** What the edge may answer before or around the handler, besides what the route itself names. */
function errorsOf(route: Route): ErrorCode[] {
  const takesInput = [route.params, route.query, route.body].some((schema) => schema !== undefined);
  const general: [boolean, ErrorCode[]][] = [
    [takesInput || route.keyed !== undefined, ["request/invalid"]],
    [route.body !== undefined, ["request/content-type", "request/too-large"]],
    [route.keyed === true, ["request/key-missing", "request/in-flight"]],
    [route.keyed !== undefined, ["request/key-reused"]],
    [route.method !== "GET", ["request/origin-refused"]],
    [route.proof === true, ["hold/proof-required", "hold/proof-invalid"]],
    [route.status !== 204, ["request/not-acceptable"]],
    [true, ["request/rate-limited", "server/unavailable", "server/bug"]],
    [isLookup(route), ["request/invalid", "chain/mirror-behind"]],
    [route.access !== "public", ["auth/required"]],
    [route.access === "staff", ["auth/forbidden"]],
  ];
  const codes = general.flatMap(([applies, list]) => (applies ? list : []));
  return [...new Set([...route.errors, ...codes])];
}

function problems(route: Route): Json {
  const references = problemsOf(route).map(({ status, codes }) => [
    status,
    { $ref: `#/components/responses/${nameOf(codes)}` },
  ]);
  return Object.fromEntries(references);
}

function problemsOf(route: Route): { status: number; codes: ErrorCode[] }[] {
  const byStatus = Map.groupBy(errorsOf(route), (code) => ERRORS[code].status);
  return [...byStatus]
    .map(([status, codes]) => ({ status, codes: codes.sort() }))
    .sort((one, other) => one.status - other.status);
}

/** Many routes fail in the same ways; each way is written down once. */
function sharedProblems(): Json {
  const all = Object.values(ROUTES).flatMap((route: Route) => problemsOf(route));
  const named = all.map(({ codes }) => [nameOf(codes), problem(codes)] as const);
  return Object.fromEntries(named.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function nameOf(codes: ErrorCode[]): string {
  return codes.map((code) => code.replace("/", ".")).join("_");
}

function problem(codes: ErrorCode[]): Json {
  const schema = {
    allOf: [{ $ref: "#/components/schemas/Problem" }],
    properties: { code: { enum: codes } },
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(" "),
    ...(codes.some((code) => ERRORS[code].retry === "same") ? { headers: RETRY_AFTER } : {}),
    content: { [PROBLEM_CONTENT_TYPE]: { schema } },
  };
}

const RETRY_AFTER = {
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } },
};

function json(schema: Json): Json {
  return { "application/json": { schema } };
}

type Written = Record<"input" | "output", Record<string, Json>>;
const SCHEMA_ADDRESS = "#/components/schemas/";

/** Every schema that server/api exports is a component under the name of its export. */
async function readSchemas(): Promise<Schemas> {
  const ids = z.registry<{ id: string }>();
  for (const file of readdirSync(join(repositoryRoot, API)).sort()) {
    const exported: Record<string, unknown> = await import(`#server/api/${file}`);
    for (const [id, value] of Object.entries(exported)) {
      if (value instanceof z.ZodType) ids.add(value, { id });
    }
  }
  const routes = Object.entries(ROUTES) as [string, Route][];
  for (const [name, { params, query, body, response }] of routes) {
    // Those without an export are written out where they are used; the dot keeps them apart.
    for (const [part, schema] of Object.entries({ params, query, body, response })) {
      if (schema !== undefined && !ids.has(schema)) ids.add(schema, { id: `${name}.${part}` });
    }
  }
  const all = (io: "input" | "output") =>
    z.toJSONSchema(ids, {
      io,
      uri: (id) => SCHEMA_ADDRESS + id,
      override: withoutSafeBounds,
      // What becomes of a cursor inside is nobody's business; queries are written out as they come.
      unrepresentable: io === "output" ? "any" : "throw",
    }).schemas;
  const written: Written = { input: all("input"), output: all("output") };
  const inRequests = routes.flatMap(([, { params, query, body }]) =>
    [params, query, body].flatMap((schema) => (schema && ids.get(schema)?.id) ?? []),
  );
  const inAnswers = routes.flatMap(([, { response }]) => (response && ids.get(response)?.id) ?? []);
  const used = {
    requested: reachable(inRequests, written.input),
    answered: reachable(inAnswers, written.output),
  };
  // A query is written out as parameters.
  const queries = new Set(routes.map(([, { query }]) => query && ids.get(query)?.id));
  const names = Object.keys(written.output).filter((id) => !id.includes(".") && !queries.has(id));
  return {
    named: Object.fromEntries(names.sort().map((name) => [name, component(name, written, used)])),
    of(schema, io) {
      const { id = "" } = ids.get(schema) ?? {};
      return names.includes(id) ? { $ref: SCHEMA_ADDRESS + id } : bare(written[io][id]);
    },
  };
}

/** A component of requests and answers must mean the same in both: what has a default does not. */
function component(
  name: string,
  written: Written,
  { requested, answered }: Record<"requested" | "answered", ReadonlySet<string>>,
): Json {
  const [input, output] = [bare(written.input[name]), bare(written.output[name])];
  if (requested.has(name) && !answered.has(name)) return input;
  if (requested.has(name) && JSON.stringify(input) !== JSON.stringify(output)) {
    throw new Error(`${name} means something else in a request than in an answer: split it.`);
  }
  return output;
}

function reachable(from: readonly string[], schemas: Record<string, Json>): Set<string> {
  const reached = new Set<string>();
  const visit = (id: string) => {
    if (reached.has(id)) return;
    reached.add(id);
    const text = JSON.stringify(schemas[id] ?? {});
    for (const [, next = ""] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      visit(next);
    }
  };
  from.forEach(visit);
  return reached;
}

function bare(schema: Json | undefined): Json {
  const { $schema: _dialect, $id: _address, ...rest } = schema ?? {};
  return rest;
}

/** Every integer of zod is a safe one; written at each, that would hide the bounds of ours. */
function withoutSafeBounds({ jsonSchema }: { jsonSchema: Json }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}
