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
  /** 0x and digits in rows; in the database half as long, as its bytes. */
  hash: string;
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
  block_hash: "hash",
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
  return base === "hex" ? "text" : base === "hash" ? "bytea" : base;
}

/** A column of `kept` as rows have it here. */
export function readText(name: string, type: ColumnType): string {
  const column = `kept."${name}"`;
  return baseType(type) === "hash" ? `'0x' || encode(${column}, 'hex') AS "${name}"` : column;
}

/**
 * A column of rows as one array literal: the driver would quote and escape every value of a
 * hundred thousand, although nearly all are numbers and hex.
 */
export function arrayLiteral(type: ColumnType, values: readonly unknown[]): string {
  const write = IN_ARRAYS[baseType(type)] ?? plain;
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
  const columns = Object.entries(table.columns).map(([name, type]) => ({
    ...{ name, write: IN_COPIES[baseType(type)] ?? plain },
  }));
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

/** A row as the JSON that Postgres makes the same row of; integers above 2^53 travel as text. */
export function rowJson(table: Table, row: Row): string {
  return JSON.stringify(row, (name, value) => {
    if (typeof value === "bigint") return `${value}`;
    return table.columns[name] === "hash" ? `\\x${digitsOf(value)}` : value;
  });
}

type Writer = (value: unknown) => unknown;
const IN_ARRAYS: Partial<Record<BaseType, Writer>> = {
  text: (value) => `"${String(value).replace(/["\\]/g, "\\$&")}"`,
  timestamptz: (value) => `"${timeOf(value)}"`,
  hash: (value) => `"${bytesOf(value)}"`,
};
const IN_COPIES: Partial<Record<BaseType, Writer>> = {
  text: escapeText,
  timestamptz: timeOf,
  hash: bytesOf,
};

function plain(value: unknown): unknown {
  return value;
}

const ESCAPED: Record<string, string> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

export function escapeText(value: unknown): string {
  return String(value).replace(/[\\\t\n\r]/g, (found) => ESCAPED[found] as string);
}

function digitsOf(value: unknown): string {
  return (value as string).slice("0x".length);
}

let lastHash: unknown;
let lastBytes = "";

/** As a COPY and a list both read it; the rows of a block share one hash. */
function bytesOf(value: unknown): string {
  if (value !== lastHash) {
    lastHash = value;
    lastBytes = `\\\\x${digitsOf(value)}`;
  }
  return lastBytes;
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
