// The mint pipeline's port to its rows, real and simulated, with the same clock and the same way to look inside.
import type { MintLine } from "#server/mint/choose-lines.ts";
import type { MintStore } from "#server/mint/mint-store.ts";
import { openMintStore } from "#server/mint/sql-mint-store.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase } from "../support/database.ts";
import { atOnce, openMemoryStore } from "./memory-store.ts";
import { ticketKey } from "./mint-statements.ts";
import { createRows, type Rows, type Statement } from "./rows.ts";

export interface Owed {
  orderId: string;
  lines: readonly Omit<MintLine, "id">[];
}

/** What is the same in both is compared; ids are not, and so transactions go by their intents. */
export interface Inside {
  lanes: unknown[];
  txs: unknown[];
  bids: unknown[];
  lines: unknown[];
  orders: unknown[];
}

export interface Rig {
  name: string;
  store: MintStore;
  owe(owed: Owed): Promise<MintLine[]>;
  /** The mirror shows the ticket as minted by this, or not at all. */
  show(ticketId: bigint, mintTx: `0x${string}` | undefined): Promise<void>;
  passTime(ms: number): Promise<void>;
  look(): Promise<Inside>;
  /** As if nothing had ever been. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export const EVENT = { deployment: 1, eventId: 9 };
const BEGIN_MS = 1_790_000_000_000;
const CONNECTIONS_MAX = 5;

export function openMemoryRig(): Rig {
  let rows = createRows();
  let nowMs = BEGIN_MS;
  const change = <T>(statement: Statement<T>): T => {
    const session = rows.begin(nowMs);
    const answer = rows.run(session, statement);
    rows.commit(session);
    return answer;
  };
  const open = () => openMemoryStore(atOnce(rows, () => nowMs));
  const rig: Rig = {
    name: "in memory",
    store: open(),
    owe: async ({ orderId, lines }) =>
      change((view) => {
        view.put("order", orderId, { id: orderId, state: "paid" });
        return lines.map((line) => {
          const owed = { ...line, id: view.nextId() };
          const rest = { ...EVENT, orderId, reason: null, txId: null, updatedMs: nowMs };
          view.put("line", String(owed.id), { ...owed, ...rest, state: "queued" });
          return owed;
        });
      }),
    show: async (ticketId, mintTx) =>
      change((view) => {
        const { deployment } = EVENT;
        const ticket = mintTx && { deployment, ticketId, mintTx };
        view.put("ticket", ticketKey({ deployment, ticketId }), ticket);
      }),
    passTime: async (ms) => {
      nowMs += ms;
    },
    look: async () => lookInto(rows),
    clear: async () => {
      rows = createRows();
      nowMs = BEGIN_MS;
      rig.store = open();
    },
    close: async () => undefined,
  };
  return rig;
}

function lookInto(rows: Rows): Inside {
  const intents = new Map(rows.read("tx").map(({ id, intent }) => [id, intent]));
  const of = (id: bigint | null) => (id === null ? null : (intents.get(id) ?? null));
  return {
    lanes: sorted(
      rows
        .read("lane")
        .map(({ signer, nextNonce, holder, fence, leasedUntilMs }) => [
          ...[signer, String(nextNonce), holder, String(fence)],
          leasedUntilMs === null ? null : leasedUntilMs - BEGIN_MS,
        ]),
    ),
    txs: sorted(
      rows
        .read("tx")
        .map(({ intent, signer, nonce, hash, raw, state, feeMax, sentMs }) => [
          ...[intent, signer, String(nonce), hash, raw, state, String(feeMax)],
          sentMs === null ? null : sentMs - BEGIN_MS,
        ]),
    ),
    bids: sorted(rows.read("bid").map(({ hash, raw, txId }) => [hash, raw, of(txId)])),
    lines: sorted(
      rows
        .read("line")
        .map(({ ticketId, state, reason, txId }) => [
          ...[String(ticketId), state, reason, of(txId)],
        ]),
    ),
    orders: sorted(rows.read("order").map(({ id, state }) => [id, state])),
  };
}

function sorted(rows: unknown[][]): unknown[][] {
  return rows.sort((a, b) => (String(a) < String(b) ? -1 : 1));
}

/** A clock of the test's instead of the database's: names are looked up there first. */
const CLOCK = `
  CREATE SCHEMA sim;
  CREATE TABLE sim.clock (at timestamptz NOT NULL);
  CREATE FUNCTION sim.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM sim.clock';
  GRANT USAGE ON SCHEMA sim TO stagedoor_server;
  GRANT SELECT ON sim.clock TO stagedoor_server;
  ALTER TABLE sale.chain_tx ALTER COLUMN created_at SET DEFAULT sim.now();
  ALTER TABLE sale.tx_bid ALTER COLUMN created_at SET DEFAULT sim.now();
  ALTER TABLE sale.mint_line ALTER COLUMN updated_at SET DEFAULT sim.now();
  INSERT INTO sim.clock VALUES (to_timestamp(${BEGIN_MS / 1_000}))`;

export async function openSqlRig(): Promise<Rig> {
  const database = await createDatabase();
  const log = createLog({ name: "sim", level: "silent" });
  const open = { url: database.url, log, connectionsMax: CONNECTIONS_MAX };
  const owner = await openDb({ ...open, role: "owner" });
  for (const text of CLOCK.split(";")) await owner.query({ text });
  const db = await openDb({ ...open, role: "stagedoor_server", schema: "sim,pg_catalog" });
  return {
    name: "in Postgres",
    store: openMintStore(db),
    owe: (owed) => oweInSql(owner, owed),
    show: (ticketId, mintTx) => showInSql(owner, ticketId, mintTx),
    passTime: async (ms) => {
      const text = "UPDATE sim.clock SET at = at + $1 * interval '1 ms'";
      await owner.query({ text, values: [ms] });
    },
    look: () => lookIntoSql(owner),
    clear: async () => {
      const tables = ["nonce_lane", "chain_tx", "tx_bid", "mint_line", "order", "notice"];
      const names = tables.map((table) => `sale."${table}"`).join(", ");
      await owner.query({ text: `TRUNCATE ${names}, mirror.ticket CASCADE` });
      await owner.query({
        text: "UPDATE sim.clock SET at = to_timestamp($1)",
        values: [BEGIN_MS / 1_000],
      });
    },
    close: async () => {
      await db.close();
      await owner.close();
      await database.drop();
    },
  };
}

async function oweInSql(db: Db, { orderId, lines }: Owed): Promise<MintLine[]> {
  await db.query({
    text: `INSERT INTO sale.order (id, deployment, event_id, buyer, state, currency, total,
             expires_at) VALUES ($1, $2, $3, $4, 'paid', 'EUR', 0, now())`,
    values: [orderId, EVENT.deployment, EVENT.eventId, lines[0]?.owner],
  });
  const owed: MintLine[] = [];
  for (const line of lines) {
    const { rows } = await db.query<{ id: bigint }>({
      text: `INSERT INTO sale.mint_line (deployment, event_id, order_id, ticket_id, owner, class,
               unit_price, state) VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued') RETURNING id`,
      values: [
        ...[EVENT.deployment, EVENT.eventId, orderId, line.ticketId],
        ...[line.owner, line.class, line.unitPrice],
      ],
    });
    owed.push({ ...line, id: rows[0]?.id ?? 0n });
  }
  return owed;
}

async function showInSql(db: Db, ticketId: bigint, mintTx: string | undefined): Promise<void> {
  await db.query({ text: "DELETE FROM mirror.ticket WHERE ticket_id = $1", values: [ticketId] });
  if (mintTx === undefined) return;
  await db.query({
    text: `INSERT INTO mirror.ticket (deployment, ticket_id, event_id, owner, class, face, nonce,
             gifts, used, void, funded, card, resold, refunded, mint_tx, mint_block, minted_at,
             block_number, block_hash, log_index)
           VALUES ($1, $2, $3, '0x' || repeat('0', 40), 0, 0, 0, 0, false, false, false, true,
             false, false, $4, 1, now(), 1, $4, 0)`,
    values: [EVENT.deployment, ticketId, EVENT.eventId, mintTx],
  });
}

async function lookIntoSql(db: Db): Promise<Inside> {
  const ask = async (text: string): Promise<unknown[][]> => {
    const { rows } = await db.query<{ row: unknown[] }>({ text });
    return sorted(rows.map(({ row }) => row));
  };
  const since = (column: string) => `round(extract(epoch FROM ${column}) * 1000 - ${BEGIN_MS})`;
  return {
    lanes: await ask(`SELECT json_build_array(signer, next_nonce::text, holder, fence::text,
                        ${since("leased_until")}) AS row FROM sale.nonce_lane`),
    txs: await ask(`SELECT json_build_array(intent, signer, nonce::text, hash, raw, state,
                      fee_max::text, ${since("sent_at")}) AS row FROM sale.chain_tx`),
    bids: await ask(`SELECT json_build_array(bid.hash, bid.raw, tx.intent) AS row
                     FROM sale.tx_bid bid JOIN sale.chain_tx tx ON tx.id = bid.tx_id`),
    lines: await ask(`SELECT json_build_array(ticket_id::text, line.state, reason, tx.intent) AS row
                      FROM sale.mint_line line LEFT JOIN sale.chain_tx tx ON tx.id = line.tx_id`),
    orders: await ask("SELECT json_build_array(id, state) AS row FROM sale.order"),
  };
}
