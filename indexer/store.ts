// Brings rows of the mirror's tables from the database and back, many at a time.
import { Bug } from "#server/domain/failure.ts";
import type { Sql, Transaction } from "#server/platform/db/client.ts";
import { turnOver } from "#server/platform/turn.ts";
import { type Draft, type Undo, Wanted } from "./draft.ts";
import type { Fact } from "./facts.ts";
import { PROJECTIONS, TABLES } from "./projections.ts";
import { arrayLiteral, copyRows, escapeText, type Row, sqlType, type Table } from "./table.ts";

/** The driver answers NUMERIC and BIGINT exactly; the rest are as a projection writes them. */
export async function loadWanted(
  sql: Sql,
  given: { deployment: number; facts: readonly Fact[]; draft: Draft },
): Promise<void> {
  const { deployment, facts, draft } = given;
  const wanted = new Wanted();
  for (const fact of facts) {
    for (const projection of PROJECTIONS) projection.wants(fact, wanted);
  }
  await Promise.all(
    [...wanted.byTable()].map(async ({ table, keys }) => {
      const { rows } = await sql.query<Row>({
        name: `mirror-load-${table.name}`,
        text: loadText(table),
        values: [deployment, ...columnsOf(table, table.key, keys)],
      });
      for (const row of rows) draft.load(table, row);
    }),
  );
}

/**
 * So many rows keep the database busy while the next ones are written down here, in a turn that is
 * short enough for everything else.
 */
const ROWS_PER_TURN = 2_000;
/** A few need no turn of their own: a fan waits for them. */
const FEW_ROWS = 500;

export interface Saver {
  /** Rows of histories depend on nothing that comes later: the database has them meanwhile. */
  histories(): void;
  /** The rest; resolves once all of it is written. */
  all(): Promise<void>;
}

export function createSaver(sql: Transaction, deployment: number, draft: Draft): Saver {
  const sent: Promise<unknown>[] = [];
  const send = (promise: Promise<unknown>): void => {
    // Heard of below; until then another one may fail first.
    promise.catch(() => undefined);
    sent.push(promise);
  };
  const copy = (table: Table, rows: readonly Row[]) =>
    sql.copy({ text: copyText(table), rows: copyRows(table, rows, String(deployment)) });
  return {
    histories: () => {
      for (const { table, added } of draft.takeHistories()) send(copy(table, added));
    },
    all: async () => {
      const inTurns = async <T>(rows: readonly T[], write: (some: T[]) => Promise<unknown>) => {
        for (let at = 0; at < rows.length; at += ROWS_PER_TURN) {
          send(write(rows.slice(at, at + ROWS_PER_TURN)));
          if (rows.length >= FEW_ROWS) await turnOver();
        }
      };
      for (const { table, changed, added } of draft.changes()) {
        await inTurns(added, (some) => copy(table, some));
        await inTurns(changed, (some) => change(sql, deployment, table, some));
      }
      await inTurns(draft.undo, (some) => {
        return sql.copy({ text: UNDO, rows: [undoRows(some, deployment)] });
      });
      await Promise.all(sent);
    },
  };
}

async function change(
  sql: Sql,
  deployment: number,
  table: Table,
  rows: readonly Row[],
): Promise<void> {
  const { rowCount } = await sql.query({
    name: `mirror-change-${table.name}`,
    text: changeText(table),
    values: [deployment, ...columnsOf(table, Object.keys(table.columns), rows)],
  });
  if (rowCount !== rows.length)
    throw new Bug(`Rows of ${table.name} went while they were changed.`);
}

const UNDO = "COPY undo (deployment, block_number, relation, key, before) FROM STDIN";

function undoRows(undo: readonly Undo[], deployment: number): string {
  const rows = undo.map(({ blockNumber, table, key, before }) => {
    const was = before === null ? "\\N" : escapeText(toJson({ ...before, deployment }));
    return `${deployment}\t${blockNumber}\t${table.name}\t${escapeText(toJson(key))}\t${was}\n`;
  });
  return rows.join("");
}

/** Puts every table back to how it was when the block `ancestor` was the newest. */
export async function undoAfter(sql: Sql, deployment: number, ancestor: bigint): Promise<void> {
  const values = [deployment, ancestor];
  for (const table of TABLES) {
    const text =
      table.kind === "history"
        ? `DELETE FROM "${table.name}" WHERE deployment = $1 AND block_number > $2`
        : restoreText(table);
    await sql.query({ text, values });
  }
  await sql.query({
    text: "DELETE FROM undo WHERE deployment = $1 AND block_number > $2",
    values,
  });
}

/** For a mirror that begins again. */
export async function forgetAll(sql: Sql, deployment: number): Promise<void> {
  for (const { name } of [...TABLES, { name: "undo" }, { name: "block" }, { name: "cursor" }]) {
    await sql.query({
      text: `DELETE FROM "${name}" WHERE deployment = $1`,
      values: [deployment],
    });
  }
}

/** The oldest undone block of each row holds what the row was before all of them. */
function restoreText(table: Table): string {
  const same = table.key.map((name) => `kept."${name}" = key."${name}"`).join(" AND ");
  return `
    WITH oldest AS (
      SELECT DISTINCT ON (key) key, before FROM undo
      WHERE deployment = $1 AND relation = '${table.name}' AND block_number > $2
      ORDER BY key, block_number
    ), gone AS (
      DELETE FROM "${table.name}" AS kept
      USING oldest, jsonb_populate_record(NULL::"${table.name}", oldest.key::jsonb) AS key
      WHERE oldest.before IS NULL AND kept.deployment = $1 AND ${same}
    )
    INSERT INTO "${table.name}"
    SELECT was.* FROM oldest, jsonb_populate_record(NULL::"${table.name}", oldest.before) AS was
    WHERE oldest.before IS NOT NULL
    ${onConflict(table)}`;
}

function loadText(table: Table): string {
  const arrays = table.key.map((name, at) => `$${at + 2}::${sqlType(typeOf(table, name))}[]`);
  const names = table.key.map((name) => `"${name}"`).join(", ");
  return `SELECT kept.* FROM unnest(${arrays.join(", ")}) AS key (${names})
          JOIN "${table.name}" AS kept USING (${names}) WHERE kept.deployment = $1`;
}

function copyText(table: Table): string {
  const names = Object.keys(table.columns).map((name) => `"${name}"`);
  return `COPY "${table.name}" (deployment, ${names.join(", ")}) FROM STDIN`;
}

function changeText(table: Table): string {
  const names = Object.keys(table.columns);
  const arrays = names.map((name, at) => `$${at + 2}::${sqlType(typeOf(table, name))}[]`);
  const sets = names
    .filter((name) => !table.key.includes(name))
    .map((name) => `"${name}" = now."${name}"`);
  const same = table.key.map((name) => `kept."${name}" = now."${name}"`).join(" AND ");
  return `UPDATE "${table.name}" AS kept SET ${sets.join(", ")}
          FROM unnest(${arrays.join(", ")}) AS now (${names.map((name) => `"${name}"`).join(", ")})
          WHERE kept.deployment = $1 AND ${same}`;
}

function onConflict(table: Table): string {
  const sets = Object.keys(table.columns)
    .filter((name) => !table.key.includes(name))
    .map((name) => `"${name}" = EXCLUDED."${name}"`);
  const key = table.key.map((name) => `"${name}"`).join(", ");
  return `ON CONFLICT (deployment, ${key}) DO UPDATE SET ${sets.join(", ")}`;
}

function columnsOf(table: Table, names: readonly string[], rows: readonly Row[]): string[] {
  return names.map((name) =>
    arrayLiteral(
      typeOf(table, name),
      rows.map((row) => row[name]),
    ),
  );
}

function typeOf(table: Table, name: string) {
  return table.columns[name] as NonNullable<Table["columns"][string]>;
}

/** Integers above 2^53 travel as text; Postgres reads both. */
function toJson(row: Row): string {
  return JSON.stringify(row, (_name, value) => (typeof value === "bigint" ? `${value}` : value));
}
