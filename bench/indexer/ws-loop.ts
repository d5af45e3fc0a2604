// The least that follows: a subscription to heads, the logs of each, one insert. It has no way back.
import { Client } from "pg";
import { getAbiItem, toEventSelector } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Deployment } from "#server/platform/env.ts";

interface Message {
  id?: number;
  result?: unknown;
  method?: string;
  params?: { result: { hash: string } };
}

const TRANSFER = toEventSelector(getAbiItem({ abi: ticketsAbi, name: "Transfer" }));
const TABLE = "CREATE TABLE ticket (ticket_id bigint PRIMARY KEY, owner text NOT NULL)";
const INSERT = `INSERT INTO ticket VALUES ($1, $2)
  ON CONFLICT (ticket_id) DO UPDATE SET owner = excluded.owner`;

export async function followBarely(deployment: Deployment, databaseUrl: string) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(TABLE);
  const socket = new WebSocket(deployment.rpcUrl.replace(/^http/, "ws"));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number, (result: unknown) => void>();
  let id = 0;
  const call = (method: string, params: unknown[]) =>
    new Promise<unknown>((resolve) => {
      id += 1;
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  const take = async (blockHash: string) => {
    const question = { blockHash, address: deployment.tickets, topics: [TRANSFER] };
    const logs = (await call("eth_getLogs", [question])) as { topics: string[] }[];
    for (const { topics } of logs) {
      const [, , to = "", ticketId = ""] = topics;
      const values = [BigInt(ticketId).toString(), `0x${to.slice(26)}`];
      await client.query({ name: "insert", text: INSERT, values });
    }
  };
  socket.onmessage = ({ data }) => {
    const { id, result, method, params } = JSON.parse(String(data)) as Message;
    if (id !== undefined) waiting.get(id)?.(result);
    else if (method === "eth_subscription" && params) void take(params.result.hash);
  };
  await call("eth_subscribe", ["newHeads"]);
  return {
    stop: async () => {
      socket.close();
      await client.end();
    },
  };
}
