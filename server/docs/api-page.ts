// The API as a page: every route with its input, its answer, an example of each, and how it fails.
import { ERRORS, type ErrorCode } from "../api/errors.ts";
import { exampleOf, nameOfReference, type Schema, type Schemas } from "./example.ts";
import { Html, html, page, prose } from "./html.ts";

/** What this page reads of an OpenAPI document, which is more than a route needs to be called. */
export interface ApiDocument {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Schemas;
    parameters: Record<string, Parameter>;
    responses: Record<string, Response>;
  };
}

interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required: boolean;
  description?: string;
  schema: Schema;
}

interface Response {
  $ref?: string;
  description: string;
  content?: Record<string, { schema: Schema }>;
}

interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security: unknown[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, Response>;
}

interface Route {
  method: string;
  path: string;
  operation: Operation;
}

const INTRODUCTION = new Html(`
<p>JSON over HTTP. Times are RFC 3339 in UTC, amounts are strings of integers in minor units, ids have
a prefix that says of what. Unknown fields are refused.</p>
<ul>
<li><b>Signing in</b> is EIP-4361: <a href="#createNonce">a nonce</a>, a signature of the wallet,
<a href="#signIn">a session</a> in a cookie that no script can read.</li>
<li><b>What spends</b> needs an <code>Idempotency-Key</code> that you make and store before you send:
the same request sent again with it gets the first one's answer.</li>
<li><b>Failures</b> are problem documents with a <code>code</code> and a <code>retry</code>:
<a href="/docs/errors">all of them</a>.</li>
<li><b>Limits</b>: <code>RateLimit-Policy</code> names the quotas of a route,
<code>RateLimit</code> what is left of them, <code>Retry-After</code> when to come back.</li>
<li><b>Lists</b> take <code>limit</code> and <code>cursor</code>; <code>next</code> is the cursor of the
next page, or null, and <code>Link: rel="next"</code> its address.</li>
<li><b>The live seat map</b>: fetch <a href="#getSeatMap">the map</a>, then
<a href="#followSeats">follow its changes</a> from its cursor. On <code>reset</code> fetch it again; on
<code>poll</code> fetch it every few seconds instead.</li>
<li><b>An order on its way</b>: <a href="#followOrder">its events</a> begin with <code>order</code>, all of it;
<code>change</code> names the tickets that moved, also backwards where the chain took a block back;
after <code>end</code> nothing more comes.</li>
</ul>`);

export function apiPage(document: ApiDocument): string {
  const routes = Object.entries(document.paths).flatMap(([path, methods]): Route[] =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
  const groups = [...Map.groupBy(routes, ({ operation }) => operation.tags[0] ?? "")];
  const names = Object.keys(document.components.schemas);
  return page(
    "API",
    html`<h1>${document.info.title} API <small>${document.info.version}</small></h1>
${INTRODUCTION}
<nav aria-label="Routes">
${groups.map(([tag, list]) => html`<h2>${tag}</h2><ul>${list.map(entry)}</ul>`)}
<p><a href="#schemas">Schemas</a></p>
</nav>
${groups.map(([tag, list]) => html`<section aria-label="${tag}">${list.map((route) => section(route, document))}</section>`)}
<h2 id="schemas">Schemas</h2>
${names.map((name) => schemaSection(name, document))}`,
  );
}

function entry({ method, path, operation }: Route): Html {
  return html`<li><a href="#${operation.operationId}"><b>${method}</b> <code>${path}</code></a>
${operation.summary}</li>
`;
}

function section({ method, path, operation }: Route, document: ApiDocument): Html {
  const { schemas } = document.components;
  const parameters = (operation.parameters ?? []).map((parameter) =>
    resolve(parameter, document.components.parameters),
  );
  const [bodyType, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const [status = "", success] = Object.entries(operation.responses)[0] ?? [];
  const [type, answer] = Object.entries(success?.content ?? {})[0] ?? [];
  const failures = Object.values(operation.responses).slice(1);
  return html`<article id="${operation.operationId}">
<h3><span class="method">${method}</span> <code>${path}</code></h3>
<p class="lead">${operation.summary}.</p>
<p>${operation.security.length > 0 ? "For a signed-in wallet. " : "For everybody. "}${operation.description}</p>
${parameters.length === 0 ? undefined : parameterTable(parameters)}
${body === undefined ? undefined : html`<h4>Body <small>${bodyType}</small></h4>${fields(body.schema, schemas)}`}
<h4>Request</h4>
<pre>${requestExample({ method, path, parameters, body: body?.schema }, schemas)}</pre>
<h4>Answer <small>${status} ${type ?? "without a body"}</small></h4>
${answer === undefined ? undefined : answerOf(type ?? "", answer.schema, schemas)}
<h4>Problems</h4>
<ul class="problems">${failures.flatMap((failure) => problemLinks(failure, document))}</ul>
</article>
`;
}

function resolve<T extends { $ref?: string }>(given: T, named: Record<string, T>): T {
  const name = given.$ref?.split("/").at(-1) ?? "";
  return named[name] ?? given;
}

function answerOf(type: string, schema: Schema, schemas: Schemas): Html {
  if (!type.includes("json")) return html`<p>${prose(ANSWERS[type] ?? "")}</p>`;
  return html`${fields(schema, schemas)}<pre>${JSON.stringify(exampleOf(schema, schemas), null, 2)}</pre>`;
}

const ANSWERS: Record<string, string> = {
  "application/octet-stream":
    "`SDM1`, the number of seats (u32, little endian), the length of a text (u16), the text " +
    "`seating cursor`, then two bits a seat from the lowest: 0 free, 1 held, 2 sold, 3 off sale. " +
    "Seats are in the order of the event's `seats`; `seating` must be the event's own.",
  "text/event-stream":
    '`seats` with lists of places by state, such as `{"held":[3,4],"free":[9]}`; `reset` when the ' +
    "map must be fetched again; `poll` when the connection was too slow. The `id` is a cursor.",
};

function problemLinks(failure: Response, document: ApiDocument): Html[] {
  const { description, content = {} } = resolve(failure, document.components.responses);
  const [schema] = Object.values(content).map((one) => one.schema);
  const { code } = ((schema as Schema | undefined)?.properties ?? {}) as { code?: Schema };
  const codes = (code?.enum ?? []) as ErrorCode[];
  if (codes.length === 0) return [html`<li>${prose(description)}</li>`];
  return codes.map(
    (one) =>
      html`<li>${ERRORS[one].status} <a href="/docs/errors/${one}"><code>${one}</code></a> ${ERRORS[one].title}</li>
`,
  );
}

function parameterTable(parameters: Parameter[]): Html {
  const rows = parameters.map(
    ({ name, in: place, required, description = "", schema }) =>
      html`<tr><td><code>${name}</code></td><td>${place}${required ? "" : ", optional"}</td>
<td>${typeOf(schema)}</td><td>${prose(description)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** The fields of an object, or the name of what it is. */
function fields(schema: Schema, schemas: Schemas): Html {
  const name = nameOfReference(schema);
  if (name !== undefined) return html`<p>${typeOf(schema)}</p>`;
  const properties = Object.entries((schema.properties ?? {}) as Schemas);
  if (properties.length === 0)
    return html`<p>${typeOf(schema)} ${descriptionOf(schema, schemas)}</p>`;
  const required = (schema.required ?? []) as string[];
  const rows = properties.map(
    ([field, property]) =>
      html`<tr><td><code>${field}</code></td><td>${required.includes(field) ? "" : "optional"}</td>
<td>${typeOf(property)}</td><td>${descriptionOf(property, schemas)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th>Field</th><th></th><th>Type</th><th></th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function descriptionOf(schema: Schema, schemas: Schemas): Html {
  const named = schemas[nameOfReference(schema) ?? ""];
  return prose(String(schema.description ?? named?.description ?? ""));
}

function typeOf(schema: Schema): Html {
  const name = nameOfReference(schema);
  if (name !== undefined) return html`<a href="#${name}">${name}</a>`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (Array.isArray(schema.enum)) return html`<code>${schema.enum.join(" | ")}</code>`;
  if (Array.isArray(schema.anyOf)) {
    const types = schema.anyOf.map((one) => typeOf(one as Schema));
    return html`${types.map((type, index) => (index === 0 ? type : html` or ${type}`))}`;
  }
  if (schema.type === "array") return html`list of ${typeOf((schema.items ?? {}) as Schema)}`;
  const bounds = [
    ["from", schema.minimum],
    ["to", schema.maximum],
    ["at most", schema.maxLength],
  ].flatMap(([word, bound]) => (bound === undefined ? [] : [` ${word} ${bound}`]));
  return html`${String(schema.type ?? "anything")}${schema.format === undefined ? "" : ` (${schema.format})`}${bounds}`;
}

function requestExample(
  route: { method: string; path: string; parameters: Parameter[]; body: Schema | undefined },
  schemas: Schemas,
): string {
  const { method, parameters, body } = route;
  const value = ({ schema }: Parameter) => String(exampleOf(schema, schemas));
  const path = parameters
    .filter((one) => one.in === "path")
    .reduce((address, one) => address.replace(`{${one.name}}`, value(one)), route.path);
  const query = parameters.filter((one) => one.in === "query" && one.required);
  const search = query.map((one) => `${one.name}=${encodeURIComponent(value(one))}`).join("&");
  const headers = parameters.filter((one) => one.in === "header" && one.required);
  return [
    `${method} ${path}${search === "" ? "" : `?${search}`}`,
    ...headers.map(
      (one) => `${one.name}: ${exampleOf({ type: "string", format: "uuid" }, schemas)}`,
    ),
    ...(body === undefined
      ? []
      : ["Content-Type: application/json", "", JSON.stringify(exampleOf(body, schemas), null, 2)]),
  ].join("\n");
}

function schemaSection(name: string, document: ApiDocument): Html {
  const schema = document.components.schemas[name] ?? {};
  const { description } = schema;
  return html`<article id="${name}"><h3>${name}</h3>
${description === undefined ? undefined : html`<p>${prose(String(description))}</p>`}
${fields(schema, document.components.schemas)}
<pre>${JSON.stringify(exampleOf(schema, document.components.schemas), null, 2)}</pre></article>
`;
}
