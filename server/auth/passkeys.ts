// The passkeys of an account: what is kept of them, and the way to be rid of one.
import type { Sql } from "../platform/db/client.ts";

export interface Passkey {
  /** Base64url, made by the authenticator. */
  id: string;
  address: `0x${string}`;
  /** The account as authenticators know it: random, base64url. */
  userHandle: string;
  name: string;
  publicKey: Uint8Array;
  /** How often it says that it was used; always 0 where it is synced between devices. */
  counter: bigint;
  transports: string[];
  backedUp: boolean;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** A person's devices and a spare or two. */
export const PASSKEYS_PER_WALLET_MAX = 10;

interface PasskeyRow {
  id: string;
  address: `0x${string}`;
  user_handle: string;
  name: string;
  public_key: Uint8Array;
  counter: bigint;
  transports: string[] | null;
  backed_up: boolean;
  created_at: Date;
  last_used_at: Date | null;
}

const COLUMNS = `id, address, user_handle, name, public_key, counter, transports, backed_up,
  created_at, last_used_at FROM sale.passkey`;

export async function listPasskeys(sql: Sql, address: string): Promise<Passkey[]> {
  const { rows } = await sql.query<PasskeyRow>({
    text: `SELECT ${COLUMNS} WHERE address = $1 ORDER BY created_at, id LIMIT $2`,
    values: [address, PASSKEYS_PER_WALLET_MAX],
  });
  return rows.map(fromRow);
}

export async function findPasskey(sql: Sql, id: string): Promise<Passkey | undefined> {
  const { rows } = await sql.query<PasskeyRow>({
    text: `SELECT ${COLUMNS} WHERE id = $1`,
    values: [id],
  });
  return rows[0] === undefined ? undefined : fromRow(rows[0]);
}

/** Sessions that began with it go on; they are ended by themselves. */
export async function deletePasskey(
  sql: Sql,
  { id, address }: { id: string; address: string },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: "DELETE FROM sale.passkey WHERE id = $1 AND address = $2",
    values: [id, address],
  });
  return rowCount === 1;
}

function fromRow(row: PasskeyRow): Passkey {
  return {
    id: row.id,
    address: row.address,
    userHandle: row.user_handle,
    name: row.name,
    publicKey: row.public_key,
    counter: row.counter,
    transports: row.transports ?? [],
    backedUp: row.backed_up,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}
