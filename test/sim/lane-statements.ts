// Lanes, transactions and bids in memory: statement by statement what the SQL of server/platform/tx does.
import type { Lane } from "#server/platform/tx/lane.ts";
import type { NewTx, OpenTx, StoredTx, StuckTx, TxRows } from "#server/platform/tx/tx-store.ts";
import type { TxRow, View } from "./rows.ts";

/** A statement as a function of what it sees. */
export type InMemory<R> = {
  [Name in keyof R]: R[Name] extends (...given: infer Given) => Promise<infer Answer>
    ? (view: View, ...given: Given) => Answer
    : never;
};

const LEASE_MS = 3_000;
const HOUR_MS = 3_600_000;
const STUCK_AFTER_MS = 30_000;
const UNHEARD_AFTER_MS = 4_000;
const TRANSACTIONS_PER_SWEEP = 50;

const keyOf = ({ chainId, signer }: Pick<Lane, "chainId" | "signer">) => `${chainId}:${signer}`;

export const isOpen = ({ state }: TxRow) => state === "signed" || state === "sent";

export const txOf = (view: View, id: bigint) => view.get("tx", String(id));

export function update(view: View, tx: TxRow, change: Partial<TxRow>): void {
  view.put("tx", String(tx.id), { ...tx, ...change });
}

/** Of one key on one chain. */
function ownOf(view: View, { chainId, signer }: Lane): TxRow[] {
  return view.all("tx").filter((tx) => tx.chainId === chainId && tx.signer === signer);
}

export const laneStatements: InMemory<TxRows> = {
  takeLane: (view, { chainId, signer, holder }) => {
    const key = keyOf({ chainId, signer });
    const leasedUntilMs = view.nowMs + LEASE_MS;
    const lane = view.get("lane", key);
    if (lane === undefined) {
      view.unique("lane", "nonce_lane_pkey", (other) => keyOf(other) === key);
      const fresh = { chainId, signer, holder, leasedUntilMs, nextNonce: 0n, fence: 1n };
      view.put("lane", key, fresh);
      return { chainId, signer, holder, fence: 1n };
    }
    // The row is locked before it is looked at.
    view.put("lane", key, lane);
    const isFree = lane.holder === null || (lane.leasedUntilMs ?? 0) <= view.nowMs;
    if (lane.holder !== holder && !isFree) return undefined;
    const fence = lane.fence + (lane.holder === holder ? 0n : 1n);
    view.put("lane", key, { ...lane, holder, leasedUntilMs, fence });
    return { chainId, signer, holder, fence };
  },

  lockLane: (view, lane) => {
    const row = view.get("lane", keyOf(lane));
    if (row === undefined || row.holder !== lane.holder || row.fence !== lane.fence) {
      return undefined;
    }
    view.put("lane", keyOf(lane), { ...row, leasedUntilMs: view.nowMs + LEASE_MS });
    return row.nextNonce;
  },

  setNextNonce: (view, lane, nextNonce) => {
    const row = view.get("lane", keyOf(lane));
    if (row !== undefined) view.put("lane", keyOf(lane), { ...row, nextNonce });
  },

  sumSpent: (view, lane, instead) =>
    ownOf(view, lane)
      .filter(({ id, createdMs }) => createdMs > view.nowMs - HOUR_MS && id !== instead)
      .reduce((sum, { feeMax }) => sum + feeMax, 0n),

  sumOpen: (view, lane) =>
    ownOf(view, lane)
      .filter(isOpen)
      .reduce((sum, { feeMax }) => sum + feeMax, 0n),

  insertTx: (view, { deployment, lane, nonce, intent, raw, hash, feeMax }: NewTx) => {
    const { chainId, signer } = lane;
    const id = view.nextId();
    view.unique("tx", "chain_tx_hash_key", (tx) => tx.hash === hash);
    view.unique("tx", "chain_tx_chain_id_signer_nonce_live_key", (tx) => {
      const isSame = tx.chainId === chainId && tx.signer === signer && tx.nonce === nonce;
      return isSame && tx.state !== "replaced";
    });
    view.put("tx", String(id), {
      ...{ id, deployment, chainId, signer, nonce, intent, raw, hash, feeMax },
      ...{ state: "signed", createdMs: view.nowMs, sentMs: null },
    });
    insertBid(view, { id, raw, hash });
    return id;
  },

  insertBid: (view, bid, feeMax) => {
    const tx = txOf(view, bid.id);
    insertBid(view, bid);
    if (tx !== undefined) update(view, tx, { ...bid, feeMax, state: "signed" });
  },

  markSent: (view, { id }) => {
    const tx = txOf(view, id);
    if (tx?.state === "signed") update(view, tx, { state: "sent", sentMs: view.nowMs });
  },

  isGap: (view, lane, nonce) => {
    const open = ownOf(view, lane).filter(isOpen);
    return open.some((tx) => tx.nonce > nonce) && !open.some((tx) => tx.nonce === nonce);
  },

  findStored: (view, lane, nonce) => {
    const found = ownOf(view, lane)
      .filter((tx) => tx.nonce === nonce && tx.state !== "replaced")
      .sort((a, b) => (a.id < b.id ? 1 : -1))[0];
    return found && { id: found.id, raw: found.raw, hash: found.hash };
  },

  findStuck: (view, lane, nonce): StuckTx | undefined => {
    const found = ownOf(view, lane)
      .filter(isOpen)
      .filter((tx) => nonce === undefined || tx.nonce === nonce)
      .filter(({ id }) => lastBidMs(view, id) < view.nowMs - STUCK_AFTER_MS)
      .sort(byNonce)[0];
    if (found === undefined) return undefined;
    const tickets = view.all("line").filter(({ txId }) => txId === found.id).length;
    return { id: found.id, raw: found.raw, tickets };
  },

  readUnheard: (view) =>
    view
      .all("tx")
      .filter(isOpen)
      .filter((tx) => (tx.sentMs ?? tx.createdMs) < view.nowMs - UNHEARD_AFTER_MS)
      .sort(byNonce)
      .slice(0, TRANSACTIONS_PER_SWEEP)
      .map((tx) => openTx(view, tx)),

  adopt: (view, { id }, { hash, raw }) => {
    const tx = txOf(view, id);
    if (tx !== undefined) update(view, tx, { hash, raw });
  },

  closeIfEmpty: (view, { id }) => {
    const tx = txOf(view, id);
    const isEmpty = !view.all("line").some(({ txId }) => txId === id);
    if (tx !== undefined && isEmpty) update(view, tx, { state: "included" });
  },

  freeWaiting: (view, { id }, state) => {
    const tx = txOf(view, id);
    if (tx === undefined || !isOpen(tx)) return;
    update(view, tx, { state });
    for (const line of view.all("line")) {
      if (line.txId !== id || line.state !== "sent") continue;
      const freed = { state: "queued", txId: null, updatedMs: view.nowMs } as const;
      view.put("line", String(line.id), { ...line, ...freed });
    }
  },
};

function insertBid(view: View, { id: txId, raw, hash }: StoredTx): void {
  view.unique("bid", "tx_bid_pkey", (bid) => bid.hash === hash);
  view.put("bid", hash, { hash, raw, txId, createdMs: view.nowMs });
}

function bidsOf(view: View, txId: bigint) {
  return view.all("bid").filter((bid) => bid.txId === txId);
}

function lastBidMs(view: View, txId: bigint): number {
  return Math.max(...bidsOf(view, txId).map(({ createdMs }) => createdMs));
}

function openTx(view: View, tx: TxRow): OpenTx {
  const { id, deployment, signer, nonce, raw, hash } = tx;
  const bids = bidsOf(view, id)
    .sort((a, b) => b.createdMs - a.createdMs)
    .map((bid) => ({ hash: bid.hash, raw: bid.raw }));
  return { id, deployment, signer, nonce, raw, hash, bids };
}

function byNonce(a: TxRow, b: TxRow): number {
  return a.nonce < b.nonce ? -1 : a.nonce > b.nonce ? 1 : Number(a.id - b.id);
}
