// Tables in memory with what the product relies on in Postgres: transactions, row locks and unique keys.

export interface LaneRow {
  chainId: number;
  signer: `0x${string}`;
  nextNonce: bigint;
  holder: string | null;
  fence: bigint;
  leasedUntilMs: number | null;
}

export interface TxRow {
  id: bigint;
  deployment: number;
  chainId: number;
  signer: `0x${string}`;
  nonce: bigint;
  intent: string;
  raw: `0x${string}`;
  hash: `0x${string}`;
  state: "signed" | "sent" | "included" | "reverted" | "replaced";
  feeMax: bigint;
  createdMs: number;
  sentMs: number | null;
}

export interface BidRow {
  hash: `0x${string}`;
  raw: `0x${string}`;
  txId: bigint;
  createdMs: number;
}

export interface LineRow {
  id: bigint;
  orderId: string;
  deployment: number;
  eventId: number;
  ticketId: bigint;
  owner: `0x${string}`;
  class: number;
  unitPrice: bigint;
  state: "queued" | "sent" | "minted" | "attention";
  reason: string | null;
  txId: bigint | null;
  updatedMs: number;
}

export interface OrderRow {
  id: string;
  state: "paid" | "fulfilled" | "attention";
}

/** What the mirror shows of a ticket. */
export interface TicketRow {
  deployment: number;
  ticketId: bigint;
  mintTx: `0x${string}`;
}

export interface Tables {
  lane: LaneRow;
  tx: TxRow;
  bid: BidRow;
  line: LineRow;
  order: OrderRow;
  ticket: TicketRow;
}

type Name = keyof Tables;

/** One transaction. A statement of its own is one as well, which ends with it. */
export interface Session {
  /** As Postgres has it: the moment of the beginning, for all statements. */
  nowMs: number;
  /** When its last statement was done; who idles too long is thrown out. */
  touchedMs: number;
  state: "open" | "committed" | "aborted";
  readonly changed: Map<string, { table: Name; row: Tables[Name] | undefined }>;
  readonly locked: Set<string>;
  /** Called when it ends, by those that wait for its rows. */
  readonly waiting: (() => void)[];
}

/** Thrown out of a statement that has changed nothing yet. */
export class WaitsFor {
  readonly session: Session;
  constructor(session: Session) {
    this.session = session;
  }
}

/** As the driver tells it. */
class UniqueViolation extends Error {
  readonly code = "23505";
  readonly constraint: string;
  constructor(constraint: string) {
    super(`duplicate key value violates unique constraint "${constraint}"`);
    this.constraint = constraint;
  }
}

/** What one statement sees and changes. */
export interface View {
  nowMs: number;
  all<N extends Name>(table: N): Tables[N][];
  get<N extends Name>(table: N, key: string): Tables[N] | undefined;
  /** Waits for whoever has the row; undefined deletes it. */
  put<N extends Name>(table: N, key: string, row: Tables[N] | undefined): void;
  /** False when somebody else has the row: for those who skip it. */
  lock(table: Name, key: string): boolean;
  /** Refuses a second row like it, and waits for who might be about to commit one. */
  unique<N extends Name>(table: N, constraint: string, like: (row: Tables[N]) => boolean): void;
  nextId(): bigint;
}

export type Statement<T> = (view: View) => T;

export interface Rows {
  begin(nowMs: number): Session;
  run<T>(session: Session, statement: Statement<T>): T;
  commit(session: Session): void;
  abort(session: Session): void;
  /** What is committed. */
  read<N extends Name>(table: N): Tables[N][];
}

export function createRows(): Rows {
  const committed: { [N in Name]: Map<string, Tables[N]> } = {
    ...{ lane: new Map(), tx: new Map(), bid: new Map() },
    ...{ line: new Map(), order: new Map(), ticket: new Map() },
  };
  const open = new Set<Session>();
  let lastId = 0n;

  const end = (session: Session, state: "committed" | "aborted") => {
    session.state = state;
    open.delete(session);
    for (const wake of session.waiting.splice(0)) wake();
  };

  return {
    begin: (nowMs) => {
      const session: Session = {
        ...{ nowMs, touchedMs: nowMs, state: "open", changed: new Map() },
        ...{ locked: new Set(), waiting: [] },
      };
      open.add(session);
      return session;
    },
    run: (session, statement) => {
      const made = openView(session, { committed, open, nextId: () => (lastId += 1n) });
      const answer = statement(made.view);
      for (const [row, change] of made.changed) session.changed.set(row, change);
      for (const row of made.locked) session.locked.add(row);
      return answer;
    },
    commit: (session) => {
      for (const [name, { table, row }] of session.changed) {
        const key = name.slice(table.length + 1);
        const rows = committed[table] as Map<string, Tables[Name]>;
        if (row === undefined) rows.delete(key);
        else rows.set(key, row);
      }
      end(session, "committed");
    },
    abort: (session) => end(session, "aborted"),
    read: (table) => [...committed[table].values()] as never,
  };
}

function openView(
  session: Session,
  all: {
    committed: { [N in Name]: Map<string, Tables[N]> };
    open: ReadonlySet<Session>;
    nextId: () => bigint;
  },
): { view: View } & Pick<Session, "changed" | "locked"> {
  const changed: Session["changed"] = new Map(session.changed);
  const locked = new Set<string>();
  const others = () => [...all.open].filter((other) => other !== session);
  const holderOf = (row: string) => others().find((other) => other.locked.has(row));

  const get = <N extends Name>(table: N, key: string): Tables[N] | undefined => {
    const change = changed.get(`${table}:${key}`);
    return change === undefined ? all.committed[table].get(key) : (change.row as Tables[N]);
  };
  const view: View = {
    nowMs: session.nowMs,
    get,
    all: <N extends Name>(table: N) => {
      const keys = new Set(all.committed[table].keys());
      for (const [name, change] of changed) {
        if (change.table === table) keys.add(name.slice(table.length + 1));
      }
      return [...keys].map((key) => get(table, key)).filter((row) => row !== undefined);
    },
    put: (table, key, row) => {
      const name = `${table}:${key}`;
      const holder = holderOf(name);
      if (holder !== undefined) throw new WaitsFor(holder);
      locked.add(name);
      changed.set(name, { table, row });
    },
    lock: (table, key) => {
      if (holderOf(`${table}:${key}`) !== undefined) return false;
      locked.add(`${table}:${key}`);
      return true;
    },
    unique: (table, constraint, like) => {
      if (view.all(table).some(like)) throw new UniqueViolation(constraint);
      for (const other of others()) {
        for (const change of other.changed.values()) {
          const isLike = change.table === table && change.row !== undefined;
          if (isLike && like(change.row as never)) throw new WaitsFor(other);
        }
      }
    },
    nextId: all.nextId,
  };
  return { view, changed, locked };
}
