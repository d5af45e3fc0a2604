// A store: statements called by name, one at a time or in one transaction, whatever keeps the rows.
import type { Db, Sql } from "./client.ts";

/** Statements as they are written down: each is told what runs it. */
// biome-ignore lint/suspicious/noExplicitAny: what a statement takes is its own business.
type Written = Record<string, (sql: Sql, ...given: any[]) => Promise<unknown>>;

/** The same statements for who need not know what runs them. */
export type Statements<W extends Written> = {
  [Name in keyof W]: W[Name] extends (sql: Sql, ...given: infer Given) => infer Answer
    ? (...given: Given) => Answer
    : never;
};

/**
 * The port between a rule and its rows. What is done in a transaction becomes true together, or not
 * at all when the work throws or its process dies.
 */
export type Store<W extends Written> = Statements<W> & {
  transaction<T>(work: (rows: Statements<W>) => Promise<T>): Promise<T>;
};

export function openStore<W extends Written>(db: Db, written: W): Store<W> {
  return {
    ...runBy(db, written),
    transaction: <T>(work: (rows: Statements<W>) => Promise<T>) =>
      db.transaction((sql) => work(runBy(sql, written))),
  };
}

/** For who has a transaction already. */
export function runBy<W extends Written>(sql: Sql, written: W): Statements<W> {
  const run = Object.entries(written).map(([name, statement]) => [
    name,
    (...given: unknown[]) => statement(sql, ...given),
  ]);
  return Object.fromEntries(run) as Statements<W>;
}
