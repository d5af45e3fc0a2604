// Reads tickets from the chain itself: who has which by the logs, and again by asking the contract.
import { toEventSelector, toFunctionSelector } from "viem";
import type { Facts, Ticket } from "./facts.ts";

const TRANSFER = toEventSelector("Transfer(address,address,uint256)");
const VOIDED = toEventSelector("TicketVoided(uint256)");
const OWNER_OF = toFunctionSelector("ownerOf(uint256)");
const BLOCKS_PER_CALL = 500;
const CALLS_PER_BATCH = 200;
const TIMEOUT_MS = 30_000;

export interface ChainPlace {
  rpcUrl: string;
  tickets: string;
}

interface Log {
  topics: string[];
}

export async function readChain(place: ChainPlace): Promise<Pick<Facts, "tickets" | "owners">> {
  const [head] = await call<string>(place.rpcUrl, [{ method: "eth_blockNumber", params: [] }]);
  const byId = new Map<bigint, Ticket>();
  for (let from = 0; from <= Number(head); from += BLOCKS_PER_CALL) {
    for (const log of await readLogs(place, from, from + BLOCKS_PER_CALL - 1)) replay(byId, log);
  }
  const tickets = [...byId.values()];
  return { tickets, owners: await readOwners(place, tickets) };
}

function replay(byId: Map<bigint, Ticket>, { topics }: Log): void {
  const [what, first = "0x0", to = "0x0", id = "0x0"] = topics;
  if (what === TRANSFER) {
    const ticketId = BigInt(id);
    const isVoid = byId.get(ticketId)?.isVoid ?? false;
    byId.set(ticketId, { ticketId, owner: addressIn(to), isVoid });
  } else if (what === VOIDED) {
    const ticket = byId.get(BigInt(first));
    if (ticket !== undefined) ticket.isVoid = true;
  }
}

async function readLogs({ rpcUrl, tickets }: ChainPlace, from: number, to: number) {
  const hex = (block: number) => `0x${block.toString(16)}`;
  const filter = { address: tickets, fromBlock: hex(from), toBlock: hex(to) };
  const [logs] = await call<Log[]>(rpcUrl, [{ method: "eth_getLogs", params: [filter] }]);
  return logs ?? [];
}

async function readOwners({ rpcUrl, tickets: to }: ChainPlace, tickets: readonly Ticket[]) {
  const owners = new Map<bigint, string>();
  for (let at = 0; at < tickets.length; at += CALLS_PER_BATCH) {
    const some = tickets.slice(at, at + CALLS_PER_BATCH);
    const calls = some.map(({ ticketId }) => {
      const data = `${OWNER_OF}${ticketId.toString(16).padStart(64, "0")}`;
      return { method: "eth_call", params: [{ to, data }, "latest"] };
    });
    const answers = await call<string>(rpcUrl, calls);
    for (const [nth, { ticketId }] of some.entries()) {
      owners.set(ticketId, addressIn(answers[nth] ?? "0x"));
    }
  }
  return owners;
}

const addressIn = (word: string) => `0x${word.slice(-40).toLowerCase()}`;

async function call<T>(
  rpcUrl: string,
  calls: readonly { method: string; params: unknown[] }[],
): Promise<T[]> {
  const answer = await fetch(rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(calls.map((one, id) => ({ jsonrpc: "2.0", id, ...one }))),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const said = (await answer.json()) as { id: number; result?: T; error?: { message: string } }[];
  const wrong = said.find(({ error }) => error !== undefined);
  if (wrong !== undefined) throw new Error(`the chain: ${wrong.error?.message}`);
  return said.sort((one, other) => one.id - other.id).map(({ result }) => result as T);
}
