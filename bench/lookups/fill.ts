// Writes a mirror of a million tickets as the indexer would have left it: tickets, holders and the cursor.
import { Client } from "pg";

const TICKETS = 1_000_000;
const WALLETS = 100_000;
const SEATS_PER_EVENT = 20_000;
/** Prime to the number of wallets: a wallet's ten tickets are of ten events, all over the table. */
const STRIDE = 7_919;
/** Of a transaction, and of a block. */
const TICKETS_PER_CALL = 50;
const TICKETS_PER_BLOCK = 150;
/** Above the final block nothing is final yet. */
const BLOCKS_NOT_FINAL = 64;
const BLOCKS = Math.ceil(TICKETS / TICKETS_PER_BLOCK);

const hash = (of: string) => `'0x' || md5(${of}) || md5('tail' || ${of})`;
const OWNER = `'0x' || substr(md5('wallet' || wallet) || md5('tail' || wallet), 1, 40)`;

export async function fillMirror(databaseUrl: string, deployment: number): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ statement: string }>(INDEX_SQL);
    await client.query(`DROP INDEX mirror.${INDEX}`);
    await client.query(TICKETS_SQL, [deployment]);
    // Made when the rows are there, it takes a third of the time.
    await client.query(rows[0]?.statement ?? "");
    await client.query(HOLDERS_SQL, [deployment]);
    await client.query(CURSOR_SQL, [deployment]);
    // Autovacuum would have been here long ago.
    await client.query("VACUUM (ANALYZE) mirror.ticket, mirror.holder, mirror.cursor");
  } finally {
    await client.end();
  }
}

const INDEX = "ticket_owner_deployment_ticket_id_idx";
const INDEX_SQL = `SELECT pg_get_indexdef('mirror.${INDEX}'::regclass) AS statement`;

/** Fifty events of ten sections, fifty rows and forty seats; every fifth ticket has been used. */
const TICKETS_SQL = `
  INSERT INTO mirror.ticket (deployment, ticket_id, event_id, owner, class, face, nonce, gifts, used,
    void, funded, card, resold, refunded, last_price, mint_tx, mint_block, minted_at, block_number,
    block_hash, log_index)
  SELECT $1, (event_id << 40) | (section << 24) | (row_number << 12) | seat, event_id, ${OWNER},
    0, 4800, 0, 0, n % 5 = 0, false, false, true, false, false, NULL, ${hash("call::text")}, block,
    to_timestamp(1790000000 + block), block, ${hash("'block' || block")}, n % ${TICKETS_PER_BLOCK}
  FROM (
    SELECT n, n::bigint * ${STRIDE} % ${WALLETS} AS wallet, n / ${TICKETS_PER_CALL} AS call,
      n / ${TICKETS_PER_BLOCK} + 1 AS block, (n / ${SEATS_PER_EVENT} + 1)::bigint AS event_id,
      n % ${SEATS_PER_EVENT} / 2000 + 1 AS section, n % 2000 / 40 + 1 AS row_number, n % 40 + 1 AS seat
    FROM generate_series(0, ${TICKETS} - 1) AS n
  ) AS made`;

/** Whom the newest of their tickets has changed last. */
const HOLDERS_SQL = `
  INSERT INTO mirror.holder (deployment, owner, tickets, received, sent, bought, sold, block_number,
    block_hash, log_index)
  SELECT $1, owner, tickets, tickets, 0, 0, 0, last / ${TICKETS_PER_BLOCK},
    ${hash(`'block' || last / ${TICKETS_PER_BLOCK}`)}, last % ${TICKETS_PER_BLOCK}
  FROM (
    SELECT owner, count(*) AS tickets, max(block_number * ${TICKETS_PER_BLOCK} + log_index) AS last
    FROM mirror.ticket WHERE deployment = $1 GROUP BY owner
  ) AS held`;

const CURSOR_SQL = `
  INSERT INTO mirror.cursor (deployment, chain_id, address, block_number, block_hash, final_number,
    safe_number, head_number)
  VALUES ($1, 31337, '0x' || repeat('1', 40), ${BLOCKS}, ${hash(`'block${BLOCKS}'`)},
    ${BLOCKS - BLOCKS_NOT_FINAL}, ${BLOCKS - BLOCKS_NOT_FINAL}, ${BLOCKS})`;
