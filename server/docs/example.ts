// An example for every schema of the API: what the schema itself names, or the plainest value that fits.

export type Schema = Record<string, unknown>;
export type Schemas = Record<string, Schema>;

const REFERENCE = "#/components/schemas/";
const TEXTS: Readonly<Record<string, string>> = {
  uuid: "5f0c3f6e-2f6a-4c3e-9d4e-0a8a5b6c7d8e",
  uri: "http://localhost:4280/",
};

/** Schemas do not contain themselves; should one begin to, its example ends here. */
const DEPTH_MAX = 12;

export function nameOfReference(schema: Schema): string | undefined {
  return typeof schema.$ref === "string" ? schema.$ref.replace(REFERENCE, "") : undefined;
}

export function exampleOf(schema: Schema, schemas: Schemas, depth = 0): unknown {
  if (depth > DEPTH_MAX) return null;
  const name = nameOfReference(schema);
  if (name !== undefined) return exampleOf(schemas[name] ?? {}, schemas, depth + 1);
  const further = (inner: unknown) => exampleOf(inner as Schema, schemas, depth + 1);
  if (Array.isArray(schema.examples)) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (Array.isArray(schema.anyOf)) return further(schema.anyOf[0]);
  if (Array.isArray(schema.oneOf)) return further(schema.oneOf[0]);
  if (Array.isArray(schema.allOf)) {
    return Object.assign({}, ...schema.allOf.map(further), propertiesOf(schema, further));
  }
  // what may be null as well is shown as what it usually is
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "object":
      return propertiesOf(schema, further);
    case "array":
      return schema.items === undefined ? [] : [further(schema.items)];
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? Math.max(schema.minimum, 1) : 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return TEXTS[String(schema.format)] ?? "text";
  }
}

function propertiesOf(schema: Schema, further: (inner: unknown) => unknown): Schema {
  const entries = Object.entries((schema.properties ?? {}) as Schemas);
  return Object.fromEntries(entries.map(([name, property]) => [name, further(property)]));
}
