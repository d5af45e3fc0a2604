// The rows that a stretch of facts reads and changes, in memory: nothing here asks anybody anything.
import { Bug } from "#server/domain/failure.ts";
import type { Fact } from "./facts.ts";
import { type Columns, type KeyOf, keyValue, type Row, type RowOf, type Table } from "./table.ts";

/** A row as it was before a block first changed it; null where there was none. */
export interface Undo {
  table: Table;
  blockNumber: bigint;
  key: Row;
  before: Row | null;
}

type Written<T> =
  T extends Table<infer C, string>
    ? Omit<RowOf<C>, "block_number" | "block_hash" | "log_index">
    : never;
type Read<T> = T extends Table<infer C, string> ? RowOf<C> : never;

interface Shelf {
  table: Table;
  rows: Map<unknown, Row>;
  /** Of these, the ones that the database has. */
  stored: Set<unknown>;
  changed: Set<unknown>;
  added: Row[];
}

export class Draft {
  readonly undo: Undo[] = [];
  readonly #shelves = new Map<string, Shelf>();
  readonly #undone = new Set<string>();
  readonly #undoFrom: bigint;

  /** Blocks before `undoFrom` cannot be replaced any more: what was before them is not kept. */
  constructor(undoFrom: bigint) {
    this.#undoFrom = undoFrom;
  }

  /** A row as the database has it. */
  load(table: Table, row: Row): void {
    const shelf = this.#shelf(table);
    const key = keyValue(table, row);
    shelf.rows.set(key, row);
    shelf.stored.add(key);
  }

  read<T extends Table>(table: T, key: KeyOf<T>): Read<T> | undefined {
    return this.#shelf(table).rows.get(keyValue(table, key as Row)) as Read<T> | undefined;
  }

  /** Reads a row that must be there: something that comes before this fact made it. */
  demand<T extends Table>(table: T, key: KeyOf<T>): Read<T> {
    const row = this.read(table, key);
    if (row === undefined) {
      throw new Bug(`The mirror has no ${table.name} ${String(keyValue(table, key as Row))}.`);
    }
    return row;
  }

  /** Makes or changes the row with this key, as of this fact. */
  write<T extends Table>(table: T, values: Written<T>, fact: Fact): void {
    const shelf = this.#shelf(table);
    const row = place(values as Row, fact);
    const key = keyValue(table, row);
    if (fact.block.number >= this.#undoFrom) this.#remember(table, key, row, fact);
    shelf.rows.set(key, row);
    shelf.changed.add(key);
  }

  /** Adds a row to a history. */
  add<T extends Table>(table: T, values: Written<T>, fact: Fact): void {
    this.#shelf(table).added.push(place(values as Row, fact));
  }

  /**
   * The rows to store, by table: those that the database has, and those that it has not. A row that
   * nobody wanted to read is not there yet; if it is, its key is refused and nothing is stored.
   */
  *changes(): Iterable<{ table: Table; changed: Row[]; added: Row[] }> {
    for (const { table, rows, stored, changed, added } of this.#shelves.values()) {
      const kept: Row[] = [];
      const made = [...added];
      for (const key of changed) (stored.has(key) ? kept : made).push(rows.get(key) as Row);
      if (kept.length + made.length > 0) yield { table, changed: kept, added: made };
    }
  }

  /** What was added to histories since the last time. */
  *takeHistories(): Iterable<{ table: Table; added: Row[] }> {
    for (const shelf of this.#shelves.values()) {
      if (shelf.added.length === 0) continue;
      const { table, added } = shelf;
      shelf.added = [];
      yield { table, added };
    }
  }

  #remember(table: Table, key: unknown, row: Row, fact: Fact): void {
    const id = `${fact.block.number} ${table.name} ${String(key)}`;
    if (this.#undone.has(id)) return;
    this.#undone.add(id);
    this.undo.push({
      table,
      blockNumber: fact.block.number,
      key: Object.fromEntries(table.key.map((name) => [name, row[name]])),
      before: this.#shelf(table).rows.get(key) ?? null,
    });
  }

  #shelf(table: Table): Shelf {
    let shelf = this.#shelves.get(table.name);
    if (shelf === undefined) {
      shelf = { table, rows: new Map(), stored: new Set(), changed: new Set(), added: [] };
      this.#shelves.set(table.name, shelf);
    }
    return shelf;
  }
}

function place(row: Row, fact: Fact): Row {
  row.block_number = fact.block.number;
  row.block_hash = fact.block.hash;
  row.log_index = fact.logIndex;
  return row;
}

/** What a projection will read or change, by table: loaded at once before the facts are applied. */
export class Wanted {
  readonly #keys = new Map<string, { table: Table; keys: Map<unknown, Row> }>();

  add<T extends Table>(table: T, key: KeyOf<T>): void {
    let wanted = this.#keys.get(table.name);
    if (wanted === undefined) {
      wanted = { table, keys: new Map() };
      this.#keys.set(table.name, wanted);
    }
    wanted.keys.set(keyValue(table, key as Row), key as Row);
  }

  *byTable(): Iterable<{ table: Table; keys: Row[] }> {
    for (const { table, keys } of this.#keys.values()) yield { table, keys: [...keys.values()] };
  }
}

export interface Projection {
  tables: readonly Table<Columns, string>[];
  /** Names the rows that `apply` will read or change for this fact. */
  wants(fact: Fact, wanted: Wanted): void;
  /** Pure: the draft is all that it reads and writes. */
  apply(fact: Fact, draft: Draft): void;
}
