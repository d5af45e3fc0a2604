// Paid lines and the mirror in memory: what the SQL of server/mint does, for orders without vouchers.
import type { MintRows } from "#server/mint/mint-store.ts";
import { type InMemory, isOpen, laneStatements, txOf, update } from "./lane-statements.ts";
import type { LineRow, TicketRow, View } from "./rows.ts";

const LINES_PER_BATCH = 100;
const REOPEN_WINDOW_MS = 2 * 3_600_000;

export const ticketKey = ({ deployment, ticketId }: Omit<TicketRow, "mintTx">) =>
  `${deployment}:${ticketId}`;

function change(view: View, line: LineRow, to: Partial<LineRow>): void {
  view.put("line", String(line.id), { ...line, ...to, updatedMs: view.nowMs });
}

function byId(a: LineRow, b: LineRow): number {
  return a.id < b.id ? -1 : 1;
}

/** Lines in one of the states that the mirror shows a ticket of. */
function mirrored(view: View, states: readonly LineRow["state"][]) {
  return view.all("line").flatMap((line) => {
    const ticket = view.get("ticket", ticketKey(line));
    return ticket !== undefined && states.includes(line.state) ? [{ line, ticket }] : [];
  });
}

export const mintStatements: InMemory<MintRows> = {
  ...laneStatements,

  readWaiting: (view) => {
    const firsts = new Map<string, LineRow>();
    for (const line of view.all("line").sort(byId)) {
      const event = `${line.deployment}:${line.eventId}`;
      if (line.state === "queued" && !firsts.has(event)) firsts.set(event, line);
    }
    return [...firsts.values()].map(({ deployment, eventId }) => ({ deployment, eventId }));
  },

  chooseLines: (view, event, inHand) => {
    const waiting = view
      .all("line")
      .filter((line) => line.deployment === event.deployment && line.eventId === event.eventId)
      .filter(({ id, state }) => state === "queued" && !inHand.has(id))
      .sort(byId)
      .slice(0, LINES_PER_BATCH);
    const [oldest] = waiting;
    return waiting
      .filter((line) => line.class === oldest?.class && line.unitPrice === oldest.unitPrice)
      .map(({ id, ticketId, owner, class: of, unitPrice }) => ({
        ...{ id, ticketId, owner, class: of, unitPrice },
      }));
  },

  claimLines: (view, lines) => {
    const free = lines.filter(({ id }) => {
      const isQueued = view.get("line", String(id))?.state === "queued";
      return isQueued && view.lock("line", String(id));
    });
    return free.length === lines.length;
  },

  markLinesSent: (view, lines, txId) => {
    for (const { id } of lines) {
      const line = view.get("line", String(id));
      if (line !== undefined) change(view, line, { state: "sent", txId });
    }
  },

  countInFlight: (view, { chainId, signer }) =>
    view.all("tx").filter((tx) => tx.chainId === chainId && tx.signer === signer && isOpen(tx))
      .length,

  setAside: (view, poisoned) => {
    const aside = new Set<bigint>();
    for (const { line: bad, reason } of poisoned) {
      const line = view.get("line", String(bad.id));
      if (line?.state !== "queued") continue;
      change(view, line, { state: "attention", reason });
      aside.add(line.id);
    }
    return aside;
  },

  closeMinted: (view) => {
    let count = 0;
    for (const { line, ticket } of mirrored(view, ["queued", "sent", "attention"])) {
      const bid = view.get("bid", ticket.mintTx);
      const tx = bid && txOf(view, bid.txId);
      if (bid === undefined || tx === undefined) continue;
      change(view, line, { state: "minted", txId: tx.id, reason: null });
      if (tx.state !== "included" || tx.hash !== bid.hash) {
        update(view, tx, { state: "included", hash: bid.hash, raw: bid.raw });
      }
      count += 1;
    }
    return count;
  },

  // Nobody in memory pays on chain.
  closeBought: () => 0,

  setAsideStrange: (view) => {
    const strange = mirrored(view, ["queued", "sent"]).filter(
      ({ ticket }) => view.get("bid", ticket.mintTx) === undefined,
    );
    for (const { line, ticket } of strange) {
      change(view, line, { state: "attention", reason: `minted by ${ticket.mintTx}` });
    }
    return strange.length;
  },

  reopenMinted: (view) => {
    const gone = view
      .all("line")
      .filter(
        ({ state, updatedMs }) => state === "minted" && updatedMs > view.nowMs - REOPEN_WINDOW_MS,
      )
      .filter((line) => {
        const { mintTx } = view.get("ticket", ticketKey(line)) ?? {};
        const bid = mintTx === undefined ? undefined : view.get("bid", mintTx);
        return bid === undefined || bid.txId !== line.txId;
      });
    for (const line of gone) {
      change(view, line, { state: "sent" });
      const tx = line.txId === null ? undefined : txOf(view, line.txId);
      if (tx !== undefined) update(view, tx, { state: "sent", sentMs: 0 });
      const order = view.get("order", line.orderId);
      if (order?.state === "fulfilled") view.put("order", order.id, { ...order, state: "paid" });
    }
    return gone.length;
  },

  moveOrders: (view) => {
    for (const [orderId, lines] of Map.groupBy(view.all("line"), (line) => line.orderId)) {
      const order = view.get("order", orderId);
      if (order?.state !== "paid" && order?.state !== "attention") continue;
      if (!lines.every(({ state }) => state === "minted" || state === "attention")) continue;
      const isBad = lines.some((line) => line.state === "attention");
      const state = isBad ? "attention" : "fulfilled";
      if (state !== order.state) view.put("order", orderId, { ...order, state });
    }
  },
};
