// Sends buyers' authorisations to the box office, each once, by the lane of the key that mints.
import { Bug } from "../../domain/failure.ts";
import type { Chain } from "../../platform/chain.ts";
import type { Sql } from "../../platform/db/client.ts";
import type { KeyDeps, KeyTurns } from "../../platform/tx/key-turns.ts";
import type { Lane } from "../../platform/tx/lane.ts";
import { sendOnce } from "../../platform/tx/send-once.ts";
import { relayCall } from "./relay-call.ts";
import { findVoucher } from "./voucher-row.ts";

const RELAYS_PER_ROUND = 50;
/** What a node keeps of one key without a question; more would pile up behind one that is stuck. */
const IN_FLIGHT_MAX = 16;

interface WaitingRelay {
  order_id: string;
  deployment: number;
  valid_after: bigint;
  valid_before: bigint;
  authorisation: `0x${string}`;
}

/** Safe in any number of processes: the lane's holder sends, and claims the row as it does. */
export async function relayVouchers(deps: KeyDeps, onLane: KeyTurns["onLane"]): Promise<void> {
  const { db, chains, log } = deps;
  const { rows } = await db.query<WaitingRelay>({
    text: `SELECT v.order_id, v.deployment, v.valid_after, v.valid_before, v.authorisation
           FROM sale.voucher v JOIN sale.payment p ON p.id = v.payment_id
           WHERE v.relay_state = 'waiting' AND p.state = 'authorised'
           ORDER BY v.created_at LIMIT $1`,
    values: [RELAYS_PER_ROUND],
  });
  for (const relay of rows) {
    const chain = chains.get(relay.deployment);
    if (chain === undefined) continue;
    try {
      await onLane(chain, (lane) => send(deps, { chain, lane, relay }));
    } catch (err) {
      if (err instanceof Bug) throw err;
      // One that waits must not keep the others waiting.
      log.warn({ err, orderId: relay.order_id }, "a relay waits");
    }
  }
}

async function send(
  deps: KeyDeps,
  { chain, lane, relay }: { chain: Chain; lane: Lane; relay: WaitingRelay },
): Promise<void> {
  const { db, log } = deps;
  const { order_id: orderId, authorisation: signature } = relay;
  if ((await inFlight(db, lane)) >= IN_FLIGHT_MAX) return;
  const signed = await findVoucher(db, orderId);
  if (signed === undefined) return;
  const [validAfter, validBefore] = [Number(relay.valid_after), Number(relay.valid_before)];
  const values = [orderId, signature];
  const refused = await sendOnce(
    deps,
    { chain, lane },
    {
      to: signed.boxOffice,
      data: relayCall(signed, { validAfter, validBefore, signature }),
      intent: `buy order ${orderId} for its payer`,
      claim: async (sql) => {
        const { rowCount } = await sql.query({
          text: `SELECT 1 FROM sale.voucher
                 WHERE order_id = $1 AND authorisation = $2 AND relay_state = 'waiting'
                 FOR UPDATE`,
          values,
        });
        return rowCount === 1;
      },
      attach: async (sql, txId) => {
        await sql.query({
          text: `UPDATE sale.voucher SET relay_state = 'sent', relay_tx = $3,
                        relay_sent = relay_sent + 1
                 WHERE order_id = $1 AND authorisation = $2`,
          values: [...values, txId],
        });
      },
    },
  );
  if (refused === undefined) return;
  const { refusal } = refused;
  log.warn({ orderId, refusal }, "a relay is refused; its buyer may pay in another way");
  await db.query({
    text: `UPDATE sale.voucher SET relay_state = 'refused', relay_why = $3
           WHERE order_id = $1 AND authorisation = $2 AND relay_state = 'waiting'`,
    values: [...values, refusal],
  });
}

async function inFlight(sql: Sql, { chainId, signer }: Lane): Promise<number> {
  const { rows } = await sql.query<{ count: bigint }>({
    text: `SELECT count(*) FROM sale.chain_tx tx JOIN sale.voucher v ON v.relay_tx = tx.id
           WHERE tx.chain_id = $1 AND tx.signer = $2 AND tx.state IN ('signed', 'sent')`,
    values: [chainId, signer],
  });
  return Number(rows[0]?.count ?? 0n);
}
