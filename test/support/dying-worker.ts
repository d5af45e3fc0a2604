// What a worker stands on, made so that the worker dies at its n-th moment: before or after an effect.
import type { Chain, Chains } from "#server/platform/chain.ts";
import type { Db, Sql } from "#server/platform/db/client.ts";
import type { Signer } from "#server/platform/tx/signer.ts";

interface Deps {
  db: Db;
  chains: Chains;
  signer: Signer;
}

/** Leases are taken at every look, however often that is; their loss has tests of its own. */
const LEASE = /INSERT INTO sale\.nonce_lane/;
const EFFECT = /^\s*(UPDATE|INSERT|DELETE|WITH)/;

export interface DyingWorker {
  deps: Deps;
  isDead: () => boolean;
  /** Another effect of the worker's, with a moment before it and one after. */
  around<T>(effect: () => Promise<T>): Promise<T>;
}

export function dyingWorker(deps: Deps, moment: number): DyingWorker {
  let moments = 0;
  let dead = false;
  /** Nothing that comes after a death is done. */
  const pass = () => {
    moments += 1;
    if (moments === moment) dead = true;
    live();
  };
  const live = () => {
    if (dead) throw new Error("the worker is dead");
  };
  /** The death after an effect keeps its answer from the worker, and nothing else. */
  const around = async <T>(effect: () => Promise<T>): Promise<T> => {
    pass();
    const answer = await effect();
    pass();
    return answer;
  };
  const queryOf =
    (sql: Sql): Sql["query"] =>
    async (statement) => {
      live();
      const counts = EFFECT.test(statement.text) && !LEASE.test(statement.text);
      return counts ? around(() => sql.query(statement)) : sql.query(statement);
    };
  const db: Db = {
    ...deps.db,
    query: queryOf(deps.db),
    transaction: (work) =>
      around(() =>
        deps.db.transaction(async (sql) => {
          const answer = await work({ ...sql, query: (statement) => sql.query(statement) });
          // The last moment before the commit: all of it is undone.
          pass();
          return answer;
        }),
      ),
  };
  const signer: Signer = {
    address: deps.signer.address,
    sign: (transaction) => around(() => deps.signer.sign(transaction)),
  };
  const chains: Chains = new Map(
    [...deps.chains].map(([id, chain]) => [id, { ...chain, client: dyingClient(chain, around) }]),
  );
  return { deps: { db, chains, signer }, isDead: () => dead, around };
}

function dyingClient(
  { client }: Chain,
  around: <T>(effect: () => Promise<T>) => Promise<T>,
): Chain["client"] {
  return {
    ...client,
    sendRawTransaction: (parameters) => around(() => client.sendRawTransaction(parameters)),
  };
}
