// How a projection declares its table: columns with the types of the database, and the key.
import { Bug } from "#server/domain/failure.ts";

interface Values {
  bigint: bigint;
  numeric: bigint;
  integer: number;
  smallint: number;
  boolean: boolean;
  /** Words without characters that an array literal would have to quote. */
  hex: string;
  text: string;
  timestamptz: Date;
}

type BaseType = keyof Values;
/** With a question mark where NULL is a value. */
export type ColumnType = BaseType | `${BaseType}?`;
export type Columns = Readonly<Record<string, ColumnType>>;

type ValueOf<T extends ColumnType> = T extends `${infer B extends BaseType}?`
  ? Values[B] | null
  : T extends BaseType
    ? Values[T]
    : never;

export type RowOf<C extends Columns> = { -readonly [N in keyof C]: ValueOf<C[N]> };

/** Where in the chain a row was last changed; every table of the mirror ends with these. */
export const POSITION = {
  block_number: "bigint",
  block_hash: "hex",
  log_index: "integer",
} as const satisfies Columns;

export interface Table<C extends Columns = Columns, K extends string = string> {
  name: string;
  columns: C;
  /** Unique within a deployment. */
  key: readonly K[];
  /** history: rows are only ever added, one or more for a log. state: one row for a thing. */
  kind: "history" | "state";
}

/** One row for each thing, changed by what happens to it. */
export function stateTable<const C extends Columns, const K extends keyof C & string>(
  name: string,
  given: { key: readonly K[]; columns: C },
): Table<C & typeof POSITION, K> {
  const { key, columns } = given;
  return { name, key, columns: { ...columns, ...POSITION }, kind: "state" };
}

/** One row for each log, or several that `part` tells apart; never changed. */
export function historyTable<const C extends Columns>(
  name: string,
  columns: C,
  part: readonly (keyof C & string)[] = [],
): Table<C & typeof POSITION, string> {
  const key = ["block_number", "log_index", ...part];
  return { name, key, columns: { ...columns, ...POSITION }, kind: "history" };
}

export type KeyOf<T> = T extends Table<infer C, infer K> ? Pick<RowOf<C>, K & keyof C> : never;
export type Row = Record<string, unknown>;

/** A key as a value that a Map can find. */
export function keyValue(table: Table, row: Row): unknown {
  if (table.key.length === 1) return row[table.key[0] as string];
  return table.key.map((name) => String(row[name])).join(" ");
}

function baseType(type: ColumnType): BaseType {
  return (type.endsWith("?") ? type.slice(0, -1) : type) as BaseType;
}

/** What Postgres calls the type. */
export function sqlType(type: ColumnType): string {
  const base = baseType(type);
  return base === "hex" ? "text" : base;
}

/**
 * A column of rows as one array literal: the driver would quote and escape every value of a
 * hundred thousand, although nearly all are numbers and hex.
 */
export function arrayLiteral(type: ColumnType, values: readonly unknown[]): string {
  const base = baseType(type);
  const write = base === "text" ? quote : base === "timestamptz" ? quoteTime : plain;
  const parts = new Array<unknown>(values.length);
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (value === undefined) throw new Bug("A row of the mirror lacks a column.");
    parts[at] = value === null ? "NULL" : write(value);
  }
  return `{${parts.join(",")}}`;
}

/** One text of all rows of a big range would be megabytes, and stand beside its own bytes. */
const ROWS_IN_A_TEXT = 500;

/** Rows as COPY reads them; only a text of somebody's can hold what parts columns or rows. */
export function* copyRows(table: Table, rows: readonly Row[], first: string): Iterable<string> {
  const columns = Object.entries(table.columns).map(([name, type]) => {
    const base = baseType(type);
    return { name, write: base === "text" ? escapeText : base === "timestamptz" ? timeOf : plain };
  });
  for (let from = 0; from < rows.length; from += ROWS_IN_A_TEXT) {
    let text = "";
    for (const row of rows.slice(from, from + ROWS_IN_A_TEXT)) {
      text += first;
      for (const { name, write } of columns) {
        const value = row[name];
        if (value === undefined) throw new Bug("A row of the mirror lacks a column.");
        text += value === null ? "\t\\N" : `\t${write(value)}`;
      }
      text += "\n";
    }
    yield text;
  }
}

function plain(value: unknown): unknown {
  return value;
}

const ESCAPED: Record<string, string> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

export function escapeText(value: unknown): string {
  return String(value).replace(/[\\\t\n\r]/g, (found) => ESCAPED[found] as string);
}

function quote(value: unknown): string {
  return `"${String(value).replace(/["\\]/g, "\\$&")}"`;
}

function quoteTime(value: unknown): string {
  return `"${timeOf(value)}"`;
}

const times = new WeakMap<Date, string>();

/** The rows of a block share one date. */
function timeOf(value: unknown): string {
  const date = value as Date;
  let text = times.get(date);
  if (text === undefined) {
    text = date.toISOString();
    times.set(date, text);
  }
  return text;
}
