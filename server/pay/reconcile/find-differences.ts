// Holds the books against each other: all rules over one moment of the database, so that nothing moves in between.
import type { Db, Sql } from "../../platform/db/client.ts";
import type { ProviderLook } from "./look-at-provider.ts";
import { PROVIDER_RULES, SOURCES, sourceValues } from "./provider-rules.ts";
import { RULES, type Rule } from "./rules.ts";

export interface Difference {
  rule: string;
  subject: string;
  detail: string;
  means: string;
  /** By what is still under way; the rest needs a person. */
  explained: boolean;
}

export interface Findings {
  differences: Difference[];
  /** Of rules whose list was cut. */
  more: number;
  tickets: number;
}

/** A rule that finds more than this has found one thing, many times. */
const LISTED_PER_RULE = 1_000;
/** A rule over a million tickets takes some seconds. */
const RULE_LIMIT = "60s";

/** With a look at the provider its list is held against our payments as well. */
export async function findDifferences(db: Db, look?: ProviderLook): Promise<Findings> {
  return atOneMoment(db, async (sql) => {
    const findings: Findings = { differences: [], more: 0, tickets: await countTickets(sql) };
    for (const rule of RULES) await apply(sql, rule, findings);
    if (look !== undefined) await compare(sql, look, findings);
    return findings;
  });
}

/** Those of the provider's list alone. */
export async function findProviderDifferences(
  db: Db,
  look: ProviderLook,
): Promise<Pick<Findings, "differences" | "more">> {
  return atOneMoment(db, async (sql) => {
    const findings: Findings = { differences: [], more: 0, tickets: 0 };
    await compare(sql, look, findings);
    return findings;
  });
}

async function atOneMoment<T>(db: Db, work: (sql: Sql) => Promise<T>): Promise<T> {
  return db.transaction(async (sql) => {
    await sql.query({ text: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY" });
    await sql.query({ text: `SET LOCAL statement_timeout = '${RULE_LIMIT}'` });
    // A plan for a thousand rows is another one than for a hundred thousand.
    await sql.query({ text: "SET LOCAL enable_nestloop = off" });
    return work(sql);
  });
}

async function compare(sql: Sql, look: ProviderLook, findings: Findings): Promise<void> {
  const values = sourceValues(look);
  for (const rule of PROVIDER_RULES) await apply(sql, rule, findings, { with: SOURCES, values });
}

/** What nothing explains comes first, so that a long list cannot hide it. */
async function apply(
  sql: Sql,
  { name, means, sql: text }: Rule,
  findings: Findings,
  sources?: { with: string; values: unknown[] },
): Promise<void> {
  const { rows } = await sql.query<{
    subject: string;
    detail: string;
    explained: boolean;
    count: bigint;
  }>({
    text: `${sources === undefined ? "" : `WITH ${sources.with}`}
           SELECT subject, detail, coalesce(explained, false) AS explained,
                  count(*) OVER () AS count
           FROM (${text}) AS found ORDER BY explained, subject, detail LIMIT $1`,
    values: [LISTED_PER_RULE, ...(sources?.values ?? [])],
  });
  findings.more += Math.max(0, Number(rows[0]?.count ?? 0n) - rows.length);
  for (const { subject, detail, explained } of rows) {
    findings.differences.push({ rule: name, subject, detail, means, explained });
  }
}

async function countTickets(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ count: bigint }>({
    text: "SELECT count(*) FROM sale.mint_line",
  });
  return Number(rows[0]?.count ?? 0n);
}
