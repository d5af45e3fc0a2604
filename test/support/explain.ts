// Which indexes a question uses: the statements that the product really sends, explained by the database.
import { Refusal } from "#server/domain/failure.ts";
import type { Db, Sql, Statement } from "#server/platform/db/client.ts";

interface PlanNode {
  "Node Type": string;
  "Index Name"?: string;
  /** Of an INSERT that finds the row there already. */
  "Conflict Arbiter Indexes"?: string[];
  "Relation Name"?: string;
  Plans?: PlanNode[];
}

export interface Explained {
  name: string;
  indexes: string[];
  /** Tables that are read whole, or nearly. */
  scanned: string[];
}

/** Asks the question, and then for the plan of each statement that it was asked with. */
export async function explain(
  db: Db,
  ask: (db: Db) => Promise<unknown>,
): Promise<Map<string, Explained>> {
  const sent: Statement[] = [];
  const noting = (sql: Sql): Sql => ({
    query: (statement) => {
      sent.push(statement);
      return sql.query(statement);
    },
  });
  const transaction: Db["transaction"] = (work) =>
    db.transaction((sql) => work({ ...sql, ...noting(sql) }));
  // What it makes of an empty answer is not the question here.
  await ask({ ...db, ...noting(db), transaction }).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
  });
  const found = new Map<string, Explained>();
  for (const [at, { name = `statement ${at}`, text, values = [] }] of sent.entries()) {
    const { rows } = await db.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>({
      text: `EXPLAIN (FORMAT JSON) ${text}`,
      values,
    });
    const nodes = rows.flatMap((row) => nodesOf(row["QUERY PLAN"][0].Plan));
    found.set(name, {
      name,
      indexes: nodes.flatMap((node) => [
        ...(node["Index Name"] === undefined ? [] : [node["Index Name"]]),
        ...(node["Conflict Arbiter Indexes"] ?? []),
      ]),
      scanned: nodes.flatMap((node) =>
        node["Node Type"] === "Seq Scan" ? (node["Relation Name"] ?? []) : [],
      ),
    });
  }
  return found;
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
