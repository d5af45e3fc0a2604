// How many rows of a table a question reads: its statements, run and counted by the database.
import type { Db, Sql, Statement } from "#server/platform/db/client.ts";

interface PlanNode {
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: PlanNode[];
}

export async function rowsRead(
  db: Db,
  table: string,
  ask: (sql: Sql) => Promise<unknown>,
): Promise<number> {
  const sent: Statement[] = [];
  const query = ((statement: Statement) => {
    sent.push(statement);
    return db.query(statement);
  }) as Sql["query"];
  await ask({ query });
  let read = 0;
  for (const { text, values = [] } of sent) {
    const { rows } = await db.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>({
      text: `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
      values,
    });
    for (const row of rows) read += rowsOf(row["QUERY PLAN"][0].Plan, table);
  }
  return read;
}

function rowsOf(node: PlanNode, table: string): number {
  const looked = node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0);
  const own = node["Relation Name"] === table ? looked * node["Actual Loops"] : 0;
  return (node.Plans ?? []).reduce((sum, child) => sum + rowsOf(child, table), own);
}
