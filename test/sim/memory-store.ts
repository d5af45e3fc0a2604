// The mint pipeline's port to its rows, over rows in memory.
import type { MintRows, MintStore } from "#server/mint/mint-store.ts";
import { mintStatements } from "./mint-statements.ts";
import { type Rows, type Session, type Statement, WaitsFor } from "./rows.ts";

/** How statements get to the rows: at once, or over a wire on which anything can happen. */
export interface Runner {
  /** When its rows are free; in a transaction of its own when none is given. */
  run<T>(name: string, statement: Statement<T>, session?: Session): Promise<T>;
  begin(): Session;
  commit(session: Session): Promise<void>;
  abort(session: Session): void;
}

export function openMemoryStore(runner: Runner): MintStore {
  return {
    ...rowsBy(runner),
    transaction: async (work) => {
      const session = runner.begin();
      try {
        const result = await work(rowsBy(runner, session));
        await runner.commit(session);
        return result;
      } catch (error) {
        runner.abort(session);
        throw error;
      }
    },
  };
}

function rowsBy(runner: Runner, session?: Session): MintRows {
  const run = Object.entries(mintStatements).map(([name, statement]) => {
    const call = statement as (...given: unknown[]) => unknown;
    return [
      name,
      (...given: unknown[]) => runner.run(name, (view) => call(view, ...given), session),
    ];
  });
  return Object.fromEntries(run) as MintRows;
}

/** Nothing is between these statements and their rows. */
export function atOnce(rows: Rows, nowMs: () => number): Runner {
  const attempt = async <T>(statement: Statement<T>, given?: Session): Promise<T> => {
    const session = given ?? rows.begin(nowMs());
    try {
      const answer = rows.run(session, statement);
      if (given === undefined) rows.commit(session);
      return answer;
    } catch (error) {
      if (given === undefined) rows.abort(session);
      if (!(error instanceof WaitsFor)) throw error;
      await new Promise<void>((resolve) => error.session.waiting.push(resolve));
      return attempt(statement, given);
    }
  };
  return {
    run: (_name, statement, session) => attempt(statement, session),
    begin: () => rows.begin(nowMs()),
    commit: async (session) => rows.commit(session),
    abort: (session) => {
      if (session.state === "open") rows.abort(session);
    },
  };
}
