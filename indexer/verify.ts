// Compares rows of the mirror with what the contracts answer at the mirror's own block.
import { BaseError, ContractFunctionRevertedError } from "viem";
import { Fault } from "#server/domain/failure.ts";
import { type Chain, onChain } from "#server/platform/chain.ts";
import type { Db, Sql } from "#server/platform/db/client.ts";
import { CHECKS, type Check } from "./checks.ts";
import { readCursor } from "./cursor.ts";
import { fetchHeader } from "./header.ts";
import type { Row } from "./table.ts";

export interface Difference {
  table: string;
  /** Enough to find the row. */
  key: string;
  column: string;
  mirror: unknown;
  chain: unknown;
}

export interface Verdict {
  blockNumber: bigint;
  /** Rows compared, by table. */
  compared: Record<string, number>;
  differences: Difference[];
}

export interface VerifyOptions {
  db: Db;
  chain: Chain;
  /** So many rows of each table, chosen at random; all without. */
  sample?: number;
  onProgress?: (done: number, all: number) => void;
}

/** Answers are awaited in groups of this size; the client sends each as one or two requests. */
const ASKED_AT_ONCE = 200;
/** More would not tell more. */
const DIFFERENCES_MAX = 100;

/** undefined while there is no mirror yet. */
export async function verifyMirror(options: VerifyOptions): Promise<Verdict | undefined> {
  const { chain } = options;
  const snapshot = await readSnapshot(options);
  if (snapshot === undefined) return undefined;
  const { cursor, found } = snapshot;
  const verdict: Verdict = { blockNumber: cursor.number, compared: {}, differences: [] };
  const all = found.reduce((sum, { rows }) => sum + rows.length, 0);
  let done = 0;
  for (const { check, rows } of found) {
    verdict.compared[check.table] = rows.length;
    for (let at = 0; at < rows.length; at += ASKED_AT_ONCE) {
      const group = rows.slice(at, at + ASKED_AT_ONCE);
      const differing = await Promise.all(
        group.map((row) => compareRow({ chain, check, row, blockNumber: cursor.number })),
      );
      const room = DIFFERENCES_MAX - verdict.differences.length;
      verdict.differences.push(...differing.flat().slice(0, room));
      done += group.length;
      options.onProgress?.(done, all);
    }
  }
  const header = await fetchHeader(chain, cursor.number);
  if (header?.hash !== cursor.hash) {
    throw new Fault("chain/unreachable", "The chain changed while it was compared.");
  }
  return verdict;
}

/** All rows and the cursor as of one moment: the indexer goes on meanwhile. */
async function readSnapshot({ db, chain, sample }: VerifyOptions) {
  return db.transaction(async (sql) => {
    await sql.query({ text: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY" });
    const cursor = await readCursor(sql, chain);
    if (cursor === undefined) return undefined;
    const found = [];
    for (const check of CHECKS) {
      const rows = await readRows(sql, { check, deployment: chain.deployment.id, sample });
      found.push({ check, rows });
    }
    return { cursor, found };
  });
}

async function readRows(
  sql: Sql,
  given: { check: Check; deployment: number; sample: number | undefined },
): Promise<Row[]> {
  const { check, deployment, sample } = given;
  const filtered = check.sql.includes("$1") ? check.sql : `${check.sql} WHERE deployment = $1`;
  const chosen = sample === undefined ? "" : `ORDER BY random() LIMIT ${Math.trunc(sample)}`;
  const text = `SELECT * FROM (${filtered}) AS row ${chosen}`;
  return (await sql.query<Row>({ text, values: [deployment] })).rows;
}

async function compareRow(given: {
  chain: Chain;
  check: Check;
  row: Row;
  blockNumber: bigint;
}): Promise<Difference[]> {
  const { chain, check, row, blockNumber } = given;
  const question = check.ask(row, chain.deployment);
  if (question === undefined) return [];
  const key = question.args.map(String).join(" ");
  let answer: unknown;
  try {
    answer = await onChain(() => chain.client.readContract({ ...question, blockNumber }));
  } catch (error) {
    if (!isRevert(error)) throw error;
    // The contract does not know it at all.
    return [{ table: check.table, key, column: "*", mirror: "a row", chain: "none" }];
  }
  return Object.entries(check.compare(row, answer as never))
    .filter(([, [mirror, said]]) => mirror !== said)
    .map(([column, [mirror, said]]) => ({
      ...{ table: check.table, key, column, mirror, chain: said },
    }));
}

function isRevert(error: unknown): boolean {
  return (
    error instanceof BaseError &&
    error.walk((at) => at instanceof ContractFunctionRevertedError) !== null
  );
}
