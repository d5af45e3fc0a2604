// The least that indexes at all: logs, hands that decode, COPY, folded upserts. No reorg, no proof, no way back.
import { request } from "node:http";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";

type Hex = `0x${string}`;
type Log = Record<"blockNumber" | "logIndex" | "data", Hex> & { topics: string[] };

interface Order {
  rpcUrl: string;
  addresses: Hex[];
  databaseUrl: string;
  topics: Record<"transfer" | "sold" | "checkedIn", string>;
}

type Event = { block: number; at: number; id: number; from: string; to: string } & (
  | { kind: "transfer" }
  | { kind: "sold"; price: bigint }
  | { kind: "checked-in" }
);

/** The best of several sizes: each chunk is one transaction. */
const CHUNK_BLOCKS = 32;
const NOBODY = `0x${"0".repeat(40)}`;
const TABLES = `
  CREATE TABLE ticket (id bigint PRIMARY KEY, owner text NOT NULL, used boolean NOT NULL, price numeric);
  CREATE INDEX ON ticket (owner);
  CREATE TABLE transfer (block bigint, at int, ticket bigint NOT NULL, "from" text NOT NULL,
    "to" text NOT NULL, ts bigint NOT NULL, PRIMARY KEY (block, at));
  CREATE INDEX ON transfer (ticket);
  CREATE TABLE sale (block bigint, at int, ticket bigint NOT NULL, seller text NOT NULL,
    buyer text NOT NULL, price numeric NOT NULL, ts bigint NOT NULL, PRIMARY KEY (block, at));
  CREATE TABLE holder (owner text PRIMARY KEY, received int NOT NULL, sent int NOT NULL,
    bought int NOT NULL, sold int NOT NULL, spent numeric NOT NULL, earned numeric NOT NULL);
  CREATE TABLE checkpoint (id int PRIMARY KEY, block bigint NOT NULL);
  INSERT INTO checkpoint VALUES (1, 0);`;

process.once("message", async (order: Order) => {
  process.send?.(await run(order));
  process.disconnect();
});

async function run(order: Order) {
  const client = new pg.Client(order.databaseUrl);
  await client.connect();
  await client.query(TABLES);
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const head = Number(await rpc<Hex>(order.rpcUrl, "eth_blockNumber", []));
  let next = fetchChunk(order, 0, head);
  for (let first = 0; first <= head; first += CHUNK_BLOCKS) {
    const chunk = await next;
    next = fetchChunk(order, first + CHUNK_BLOCKS, head);
    await store(client, decode(chunk.logs, order.topics), chunk.times, first + CHUNK_BLOCKS);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  await client.end();
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

async function fetchChunk({ rpcUrl, addresses }: Order, first: number, head: number) {
  const last = Math.min(head, first + CHUNK_BLOCKS - 1);
  if (first > last) return { logs: [], times: new Map<number, number>() };
  const range = { fromBlock: hex(first), toBlock: hex(last) };
  const numbers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const [logs, headers] = await Promise.all([
    rpc<Log[]>(rpcUrl, "eth_getLogs", [{ address: addresses, ...range }]),
    post(
      rpcUrl,
      numbers.map((n, id) => call(id, "eth_getBlockByNumber", [hex(n), false])),
    ),
  ]);
  const times = new Map<number, number>();
  for (const { result } of headers as { result: { number: Hex; timestamp: Hex } }[]) {
    times.set(Number(result.number), Number(result.timestamp));
  }
  return { logs, times };
}

function decode(logs: readonly Log[], names: Order["topics"]): Event[] {
  const events: Event[] = [];
  for (const { topics, data, blockNumber, logIndex } of logs) {
    const place = { block: Number(blockNumber), at: Number(logIndex) };
    const [name, one = "", two = "", three = ""] = topics;
    if (name === names.transfer) {
      const parties = { from: address(one), to: address(two), id: Number(three) };
      events.push({ kind: "transfer", ...place, ...parties });
    } else if (name === names.sold) {
      const parties = { from: address(two), to: address(three), id: Number(one) };
      events.push({ kind: "sold", ...place, ...parties, price: BigInt(data.slice(0, 66)) });
    } else if (name === names.checkedIn) {
      events.push({ kind: "checked-in", ...place, from: "", to: "", id: Number(one) });
    }
  }
  return events;
}

function fold(events: readonly Event[]) {
  const tickets = new Map<number, { owner: string; used: boolean; price: string | null }>();
  const holders = new Map<string, { n: [number, number, number, number]; m: [bigint, bigint] }>();
  const ticket = (id: number) => {
    const known = tickets.get(id) ?? { owner: "", used: false, price: null };
    tickets.set(id, known);
    return known;
  };
  const holder = (owner: string) => {
    const known = holders.get(owner) ?? { n: [0, 0, 0, 0], m: [0n, 0n] };
    holders.set(owner, known);
    return known;
  };
  for (const event of events) {
    if (event.kind === "checked-in") ticket(event.id).used = true;
    else if (event.kind === "transfer") {
      ticket(event.id).owner = event.to;
      holder(event.to).n[0] += 1;
      if (event.from !== NOBODY) holder(event.from).n[1] += 1;
    } else {
      ticket(event.id).price = String(event.price);
      const [buyer, seller] = [holder(event.to), holder(event.from)];
      buyer.n[2] += 1;
      buyer.m[0] += event.price;
      seller.n[3] += 1;
      seller.m[1] += event.price;
    }
  }
  return { tickets, holders };
}

async function store(
  client: pg.Client,
  events: readonly Event[],
  times: Map<number, number>,
  block: number,
): Promise<void> {
  const { tickets, holders } = fold(events);
  const line = (cells: unknown[]) => `${cells.join("\t")}\n`;
  let transfers = "";
  let sales = "";
  for (const event of events) {
    if (event.kind === "checked-in") continue;
    const { block, at, id, from, to } = event;
    const time = times.get(block);
    if (event.kind === "transfer") transfers += line([block, at, id, from, to, time]);
    else sales += line([block, at, id, from, to, event.price, time]);
  }
  await client.query("BEGIN");
  if (transfers !== "") await copy(client, "transfer", transfers);
  if (sales !== "") await copy(client, "sale", sales);
  const ids = [...tickets.keys()].sort((a, b) => a - b);
  const rows = ids.map((id) => tickets.get(id));
  await client.query({
    name: "tickets",
    text: `INSERT INTO ticket AS kept
           SELECT id, owner, used, price
           FROM unnest($1::bigint[], $2::text[], $3::bool[], $4::numeric[])
             AS x (id, owner, used, price)
           ON CONFLICT (id) DO UPDATE SET
             owner = CASE WHEN excluded.owner = '' THEN kept.owner ELSE excluded.owner END,
             used = kept.used OR excluded.used, price = coalesce(excluded.price, kept.price)`,
    values: [
      ids,
      ...[rows.map((row) => row?.owner), rows.map((row) => row?.used)],
      rows.map((row) => row?.price),
    ],
  });
  const counts = [...holders.values()];
  await client.query({
    name: "holders",
    text: `INSERT INTO holder AS kept
           SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::int[],
             $6::numeric[], $7::numeric[])
           ON CONFLICT (owner) DO UPDATE SET received = kept.received + excluded.received,
             sent = kept.sent + excluded.sent, bought = kept.bought + excluded.bought,
             sold = kept.sold + excluded.sold, spent = kept.spent + excluded.spent,
             earned = kept.earned + excluded.earned`,
    values: [
      [...holders.keys()],
      ...[0, 1, 2, 3].map((at) => counts.map(({ n }) => n[at])),
      ...[0, 1].map((at) => counts.map(({ m }) => String(m[at]))),
    ],
  });
  await client.query({ name: "cp", text: "UPDATE checkpoint SET block = $1", values: [block] });
  await client.query("COMMIT");
}

function copy(client: pg.Client, table: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = client.query(copyFrom(`COPY ${table} FROM STDIN`));
    stream.on("finish", resolve);
    stream.on("error", reject);
    stream.end(text);
  });
}

const address = (topic: string) => `0x${topic.slice(26)}`;
const hex = (number: number): Hex => `0x${number.toString(16)}`;
const call = (id: number, method: string, params: unknown[]) => ({
  ...{ jsonrpc: "2.0", id, method, params },
});

async function rpc<T>(url: string, method: string, params: unknown[]): Promise<T> {
  return ((await post(url, call(1, method, params))) as { result: T }).result;
}

function post(url: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request(url, { method: "POST", headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(parts).toString("utf8"))));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}
