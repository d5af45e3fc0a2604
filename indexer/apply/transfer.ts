// Every Transfer as a row: the tickets' history.
import type { Sql } from "#server/platform/db/client.ts";
import type { Range } from "../range.ts";

export async function applyTransfers(
  sql: Sql,
  { deployment, range }: { deployment: number; range: Range },
): Promise<void> {
  const facts = range.facts.filter((fact) => fact.kind === "transfer");
  if (facts.length === 0) return;
  await sql.query({
    name: "mirror-insert-transfers",
    text: `INSERT INTO mirror.transfer
             (deployment, block_number, log_index, block_hash, tx_hash, ticket_id, sender, recipient)
           SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::text[], $5::text[], $6::bigint[],
                                    $7::text[], $8::text[])`,
    values: [
      deployment,
      facts.map((fact) => fact.blockNumber),
      facts.map((fact) => fact.logIndex),
      facts.map((fact) => fact.blockHash),
      facts.map((fact) => fact.txHash),
      facts.map((fact) => fact.ticketId),
      facts.map((fact) => fact.from),
      facts.map((fact) => fact.to),
    ],
  });
}

export async function undoTransfers(sql: Sql, deployment: number, ancestor: bigint): Promise<void> {
  await sql.query({
    text: "DELETE FROM mirror.transfer WHERE deployment = $1 AND block_number > $2",
    values: [deployment, ancestor],
  });
}
