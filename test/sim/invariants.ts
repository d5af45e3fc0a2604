// What must hold whatever goes wrong: looked at before every commit and every send, and once all is calm.
import { zeroAddress } from "viem";
import type { FeeCaps } from "#server/domain/outbid.ts";
import { readTransaction } from "./chain-node.ts";
import type { ChainState, ChainTx } from "./chain-state.ts";
import type { Judge } from "./db-wire.ts";
import { isOpen } from "./lane-statements.ts";
import type { Listener } from "./node-wire.ts";
import type { LineRow, Rows, Session, TxRow } from "./rows.ts";
import type { Life } from "./wire.ts";

export interface Watched {
  rows: Rows;
  chain: ChainState;
  caps: FeeCaps;
  /** Seats that somebody else has ever held on the chain. */
  strangersSeats: ReadonlySet<bigint>;
}

/** What mints nothing may cost as much as ten tickets. */
const TICKETS_WITHOUT_MINT = 10n;

/** Every broken rule in one sentence, each once. */
export function watch(watched: Watched, report: (violation: string) => void): Judge & Listener {
  const { rows } = watched;
  /** Of each nonce of each key, what was written down for it. */
  const intents = new Map<string, string>();

  const checkIntent = (tx: ChainTx) => {
    const nonce = `nonce ${tx.nonce} of ${tx.from}`;
    const intent = `${tx.to}${tx.data}`;
    const before = intents.get(nonce);
    if (before !== undefined && before !== intent) report(`two intents for ${nonce}`);
    intents.set(nonce, intent);
  };
  const checkFee = (tx: ChainTx) => {
    const shares = tx.mints.length === 0 ? TICKETS_WITHOUT_MINT : BigInt(tx.mints.length);
    if (tx.gas * tx.maxFee > watched.caps.perTicket * shares) {
      report(`nonce ${tx.nonce} of ${tx.from} costs more than a ticket may`);
    }
    const all = rows.read("tx").filter(({ signer }) => signer === tx.from);
    const spent = all.reduce((sum, { feeMax }) => sum + feeMax, 0n);
    if (spent > watched.caps.perHour) report(`${tx.from} costs more than an hour may`);
  };
  const checkFence = (session: Session, life: Life, tx: ChainTx) => {
    const change = [...session.changed.values()].find(
      ({ table, row }) => table === "lane" && row !== undefined && "signer" in row,
    );
    const lane = change?.row ?? rows.read("lane").find(({ signer }) => signer === tx.from);
    if (lane === undefined || !("holder" in lane) || lane.holder !== life.name) {
      report(`${life.name} signed with ${tx.from}, whose lane is another's`);
    }
  };
  const checkTickets = (tx: ChainTx, own: bigint) => {
    for (const other of rows.read("tx").filter((row) => isOpen(row) && row.id !== own)) {
      const theirs = new Set(readTransaction(other.raw).mints.map(({ ticketId }) => ticketId));
      const both = tx.mints.find(({ ticketId }) => theirs.has(ticketId));
      if (both !== undefined) report(`ticket ${both.ticketId} is sent twice at once`);
    }
  };

  return {
    onCommit: (session, life) => {
      for (const { table, row } of session.changed.values()) {
        if (table !== "bid" || row === undefined || !("txId" in row) || !("raw" in row)) continue;
        const tx = readTransaction(row.raw);
        checkIntent(tx);
        checkFee(tx);
        checkFence(session, life, tx);
        checkTickets(tx, row.txId as bigint);
      }
    },
    onSend: (raw, life) => {
      const { hash, nonce, from } = readTransaction(raw);
      if (rows.read("bid").some((bid) => bid.hash === hash)) return;
      report(`${life.name} sent nonce ${nonce} of ${from} before it was written down`);
    },
  };
}

/** What is still under way: nothing of it may be left for good. */
function unfinished({ rows, chain }: Watched): string[] {
  const lines = rows
    .read("line")
    .filter(({ state }) => state === "queued" || state === "sent")
    .map(({ id, state, txId }) => `line ${id} stays ${state} (transaction ${txId ?? "none"})`);
  const open = rows.read("tx").filter(isOpen);
  return [...lines, ...open.map((tx) => whyOpen(chain, tx)), ...ordersLeft(rows)];
}

function whyOpen(chain: ChainState, { id, signer, nonce }: TxRow): string {
  const next = BigInt(chain.nonceAt(signer));
  const gap = nonce > next ? `: nonce ${next} of ${signer} is a gap` : "";
  return `transaction ${id} with nonce ${nonce} of ${signer} is under way for ever${gap}`;
}

function ordersLeft(rows: Rows): string[] {
  const byOrder = Map.groupBy(rows.read("line"), ({ orderId }) => orderId);
  return rows.read("order").flatMap(({ id, state }) => {
    const isBad = byOrder.get(id)?.some((line) => line.state === "attention") === true;
    const wanted = isBad ? "attention" : "fulfilled";
    return state === wanted ? [] : [`order ${id} is ${state}, not ${wanted}`];
  });
}

/** Every paid line is one ticket of its owner, or asks for a person because it cannot be one. */
export function judgeEnd(watched: Watched): string[] {
  const { rows } = watched;
  return [...unfinished(watched), ...rows.read("line").flatMap((line) => judge(watched, line))];
}

function judge({ rows, chain, strangersSeats }: Watched, line: LineRow): string[] {
  const { id, ticketId, owner, state } = line;
  const minted = chain.minted.get(ticketId);
  if (state === "attention") {
    const isPoisoned = owner === zeroAddress || strangersSeats.has(ticketId);
    const isOurs = rows.read("bid").some(({ hash }) => hash === minted?.hash);
    if (isPoisoned && !isOurs) return [];
    return [`line ${id} asks for attention (${line.reason}), and nothing is wrong with it`];
  }
  if (state !== "minted") return [];
  const bid = rows.read("bid").find(({ hash }) => hash === minted?.hash);
  if (minted === undefined) return [`line ${id} is closed, and there is no ticket`];
  if (bid === undefined || bid.txId !== line.txId) {
    return [`line ${id} is closed by a transaction that did not mint it`];
  }
  return minted.owner === owner ? [] : [`ticket ${ticketId} is not its buyer's`];
}
