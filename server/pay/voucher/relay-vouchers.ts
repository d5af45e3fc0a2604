// Sends buyers' authorisations to the box office, each once, by the lane of whichever minting key has room.
import { Bug } from "../../domain/failure.ts";
import type { Chain } from "../../platform/chain.ts";
import type { Sql } from "../../platform/db/client.ts";
import type { KeyDeps, KeyLane } from "../../platform/tx/key-turns.ts";
import type { Lane } from "../../platform/tx/lane.ts";
import { sendOnce } from "../../platform/tx/send-once.ts";
import { relayCall } from "./relay-call.ts";
import { findVoucher } from "./voucher-row.ts";

const RELAYS_PER_ROUND = 50;
/** What a node keeps of one key without a question; more would pile up behind one that is stuck. */
const IN_FLIGHT_MAX = 16;

/** What a key cannot do now, as without coin, is not tried with each that waits. */
const FAULTS_PER_ROUND = 3;

type RelayDeps = Omit<KeyDeps, "signer">;

interface Turn {
  relay: WaitingRelay;
  /** The keys that have not tried it in this round. */
  left: Set<KeyLane>;
}

interface WaitingRelay {
  order_id: string;
  deployment: number;
  valid_after: bigint;
  valid_before: bigint;
  authorisation: `0x${string}`;
}

/** Safe in any number of processes: a lane's holder sends, and claims the row as it does. */
export async function relayVouchers(deps: RelayDeps, lanes: readonly KeyLane[]): Promise<void> {
  const { rows } = await deps.db.query<WaitingRelay>({
    text: `SELECT v.order_id, v.deployment, v.valid_after, v.valid_before, v.authorisation
           FROM sale.voucher v JOIN sale.payment p ON p.id = v.payment_id
           WHERE v.relay_state = 'waiting' AND p.state = 'authorised'
           ORDER BY v.created_at LIMIT $1`,
    values: [RELAYS_PER_ROUND],
  });
  const waiting = rows.map((relay): Turn => ({ relay, left: new Set(lanes) }));
  // Side by side: whichever key has room takes the one that waits longest.
  const ended = await Promise.allSettled(lanes.map((key) => drain(deps, key, waiting)));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}

/** Until nothing is left that this key has not tried. */
async function drain(deps: RelayDeps, key: KeyLane, waiting: Turn[]): Promise<void> {
  const shut = new Set<number>();
  for (let faults = 0; faults < FAULTS_PER_ROUND; ) {
    const at = waiting.findIndex(({ relay, left }) => left.has(key) && !shut.has(relay.deployment));
    const [turn] = at < 0 ? [] : waiting.splice(at, 1);
    if (turn === undefined) return;
    const { relay, left } = turn;
    left.delete(key);
    try {
      if (await take({ ...deps, signer: key.signer }, key, relay)) continue;
      // Another key may have room, and another process has this one's lane.
      shut.add(relay.deployment);
    } catch (err) {
      if (err instanceof Bug) throw err;
      faults += 1;
      // One that waits must not keep the others waiting, and one key's coin is not the others'.
      deps.log.warn({ err, orderId: relay.order_id, signer: key.signer.address }, "a relay waits");
    }
    if (left.size > 0) waiting.push(turn);
  }
}

/** False when the key has no room for it now. */
async function take(deps: KeyDeps, key: KeyLane, relay: WaitingRelay): Promise<boolean> {
  const chain = deps.chains.get(relay.deployment);
  if (chain === undefined) return true;
  let taken = false;
  await key.onLane(chain, async (lane) => {
    if ((await inFlight(deps.db, lane)) >= IN_FLIGHT_MAX) return;
    taken = true;
    await send(deps, { chain, lane, relay });
  });
  return taken;
}

async function send(
  deps: KeyDeps,
  { chain, lane, relay }: { chain: Chain; lane: Lane; relay: WaitingRelay },
): Promise<void> {
  const { db, log } = deps;
  const { order_id: orderId, authorisation: signature } = relay;
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
