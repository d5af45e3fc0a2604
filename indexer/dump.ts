// The mirror as text that is the same, byte for byte, whenever its rows are.
import { createHash } from "node:crypto";
import type { Sql } from "#server/platform/db/client.ts";
import { TABLES } from "./projections.ts";

const ROWS_PER_FETCH = 5_000;

/** One line for each row, in the order of the tables and of their keys. Needs a transaction. */
export async function* dumpTable(
  sql: Sql,
  given: { schema: string; table: string },
): AsyncGenerator<string> {
  const { schema, table } = given;
  const key = TABLES.find(({ name }) => name === table)?.key ?? [];
  const order = ["deployment", ...key].map((name) => `"${name}"`).join(", ");
  await sql.query({
    text: `DECLARE dump NO SCROLL CURSOR FOR
           SELECT row_to_json(kept)::text AS line FROM "${schema}"."${table}" AS kept
           ORDER BY ${order}`,
  });
  try {
    for (;;) {
      const { rows } = await sql.query<{ line: string }>({ text: `FETCH ${ROWS_PER_FETCH} dump` });
      if (rows.length === 0) return;
      for (const { line } of rows) yield `${table} ${line}\n`;
    }
  } finally {
    await sql.query({ text: "CLOSE dump" });
  }
}

/** What tells one dump from another, by table. */
export async function fingerprint(sql: Sql, schema: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name: table } of TABLES) {
    const hash = createHash("sha256");
    let rows = 0;
    for await (const line of dumpTable(sql, { schema, table })) {
      hash.update(line);
      rows += 1;
    }
    found.set(table, `${rows} rows, ${hash.digest("hex")}`);
  }
  return found;
}
