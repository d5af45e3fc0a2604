// Reads what the house wrote down, by SQL of the checker's own, in one snapshot.
import { Client, types } from "pg";
import type { AuditRow, Bid, Facts, Line, MintLine, Order, Ticket } from "./facts.ts";

const TIMEOUT_MS = 60_000;
const NUMERIC_OID = 1700;
const BIGINT_OID = 20;

export type Books = Pick<
  Facts,
  "orders" | "lines" | "takenBack" | "mintLines" | "bids" | "audit" | "postings" | "mirrored"
>;

export async function readBooks(databaseUrl: string): Promise<Books> {
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    types: { getTypeParser: parserOf as typeof types.getTypeParser },
  });
  await client.connect();
  const read = async <T>(text: string) => (await client.query(text)).rows as T[];
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return {
      orders: await read<Order>(
        `SELECT id, buyer, state, total,
                floor(extract(epoch FROM now() - expires_at) * 1000)::float8 AS "overForMs"
         FROM sale."order"`,
      ),
      lines: await read<Line>(
        `SELECT order_id AS "orderId", seat, ticket_id AS "ticketId" FROM sale.order_line`,
      ),
      takenBack: await read<Line>(
        `SELECT order_id AS "orderId", seat, ticket_id AS "ticketId" FROM sale.refund_line`,
      ),
      mintLines: await read<MintLine>(
        `SELECT order_id AS "orderId", ticket_id AS "ticketId", state, reason FROM sale.mint_line`,
      ),
      bids: await read<Bid>(
        `SELECT tx.chain_id AS "chainId", tx.signer, tx.nonce, bid.raw
         FROM sale.tx_bid bid JOIN sale.chain_tx tx ON tx.id = bid.tx_id
         UNION SELECT chain_id, signer, nonce, raw FROM sale.chain_tx`,
      ),
      audit: await readAudit(read),
      postings: await read(
        `SELECT posting::text, currency, sum(amount) AS sum FROM sale.ledger_entry
         GROUP BY posting, currency`,
      ),
      mirrored: await read<Ticket>(
        `SELECT ticket_id AS "ticketId", owner, void AS "isVoid" FROM mirror.ticket`,
      ),
    };
  } finally {
    await client.end();
  }
}

/** Amounts and ids exactly; everything else as usual. */
function parserOf(oid: number, format?: "text" | "binary") {
  if (oid === NUMERIC_OID || oid === BIGINT_OID) return (text: string) => BigInt(text);
  return types.getTypeParser(oid, format as "text");
}

interface StoredAudit extends Omit<AuditRow, "text"> {
  at: Date;
  actor: string;
  act: string;
  subject: string;
  details: unknown;
}

async function readAudit(read: <T>(text: string) => Promise<T[]>): Promise<AuditRow[]> {
  const rows = await read<StoredAudit>("SELECT * FROM sale.audit ORDER BY id");
  return rows.map(({ id, at, actor, act, subject, details, previous, hash }) => {
    const row = { actor, act, subject, details, previous, id: String(id), at: at.toISOString() };
    return { id, previous, hash, text: sortedJson(row) };
  });
}

/** JSON with the members of each object in the order of their names. */
function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, of]) => `${JSON.stringify(name)}:${sortedJson(of)}`).join(",")}}`;
}
