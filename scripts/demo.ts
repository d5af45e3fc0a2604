// Plays a ticket's whole journey against a running instance: hold, pay, mint, mirror, gate.
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ApiFailure } from "#server/api/client.ts";
import type { ResponseOf } from "#server/api/routes.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Client, createClient } from "./demo-client.ts";
import { openPassSession, type PassMaker } from "./demo-pass.ts";
import { createProgress, type Progress, progressMode } from "./progress.ts";
import { ANVIL_ROLES, anvilAccount } from "./services/anvil-keys.ts";
import { homePaths } from "./services/home.ts";
import { Stop, sentenceOf } from "./stop.ts";
import { homeFrom } from "./up-options.ts";

const USAGE = `Usage: ./stagedoor demo [options]

Plays the whole journey of two tickets against the instance that ./stagedoor up runs.

  --url URL   the instance's address (else the one running with --home)
  --home DIR  the instance's folder (STAGEDOOR_HOME, else .stagedoor in this checkout)
  --json      one JSON object per line
  --help      this text
`;

const MINT_TIMEOUT_MS = 30_000;
const POLL_MS = 100;
const SEATS = 2;

type Ticket = ResponseOf<"listTickets">["tickets"][number];

export async function playDemo({ url, progress }: { url: string; progress: Progress }) {
  const fan = createClient(url, anvilAccount(ANVIL_ROLES.fan).privateKey);
  const gate = createClient(url, anvilAccount(ANVIL_ROLES.gate).privateKey);
  const config = await progress.step("Find the contract", () => fan.call("getConfig"));
  const event = await progress.step("Find an event on sale", () => firstEvent(fan));
  await progress.step("Fan signs in (SIWE)", () => fan.signIn());
  const hold = await progress.step("Fan holds two seats", () => holdNeighbours(fan, event.id));
  const order = await progress.step("Hold becomes an order", () =>
    fan.call("createOrder", { body: { eventId: event.id, holdId: hold.id }, key: randomUUID() }),
  );
  await progress.step("Order is paid", () =>
    fan.call("createPayment", {
      params: { orderId: order.id },
      body: { provider: "development", source: "works" },
      key: randomUUID(),
    }),
  );
  const minted = await progress.step("Tickets are minted", () => waitForMint(fan, order.id));
  for (const line of minted.lines) {
    progress.note(`${line.ticketId}  ${line.label}  in ${line.txHash}`);
  }
  const ids = minted.lines.map(({ ticketId }) => ticketId);
  const tickets = await progress.step("Mirror shows them", () => findTickets(fan, ids));
  const staffed = await progress.step("Gate staff signs in", () => gate.signIn());
  if (!staffed.roles.some(({ role }) => role === "gate")) {
    throw new Stop(
      "The gate's wallet has no gate role for this event.",
      "Seed the demo event again.",
    );
  }
  for (const ticket of tickets) {
    const contract = config.deployments.find(({ id }) => ticket.id.startsWith(`tkt_${id}_`));
    if (contract === undefined) throw new Error(`no deployment has ${ticket.id}`);
    const pass = await openPassSession(fan.account, {
      ticketId: BigInt(ticket.tokenId),
      nonce: ticket.nonce,
      chainId: contract.chainId,
      tickets: contract.tickets as `0x${string}`,
    });
    await progress.step(`Gate admits ${ticket.id}`, () => scan(gate, event.id, pass, "admitted"));
    await progress.step("  and refuses it again", () =>
      scan(gate, event.id, pass, "already_admitted"),
    );
  }
  return { eventId: event.id, orderId: order.id, tickets, txHashes: txHashes(minted) };
}

async function firstEvent(fan: Client) {
  const { events } = await fan.call("listEvents");
  const [event] = events;
  if (event === undefined)
    throw new Stop("No event is on sale.", "The embedded chain comes with one: ./stagedoor up.");
  return event;
}

/** Somebody else may be quicker, so a lost race tries the next pair. */
async function holdNeighbours(fan: Client, eventId: string) {
  const event = await fan.call("getEvent", { params: { eventId } });
  const states = await fan.call("getSeatStates", { params: { eventId } });
  const taken = new Set([...states.held, ...states.sold]);
  const free = event.seats.map(({ seat }) => seat).filter((seat) => !taken.has(seat));
  const pairs = free.filter((seat) => free.includes(seat + 1));
  for (const seat of pairs) {
    try {
      const seats = Array.from({ length: SEATS }, (_, at) => seat + at);
      return await fan.call("createHold", { params: { eventId }, body: { seats } });
    } catch (error) {
      if (!(error instanceof ApiFailure && error.code === "hold/seat-taken")) throw error;
    }
  }
  throw new Stop("No two neighbouring seats are free.", "Start again with ./stagedoor up --reset.");
}

async function waitForMint(fan: Client, orderId: string) {
  return waitFor("minted tickets", async () => {
    const order = await fan.call("getOrder", { params: { orderId } });
    if (order.state === "attention") throw new Error(`order ${orderId} needs attention`);
    return order.lines.every(({ mint }) => mint === "minted") ? order : undefined;
  });
}

async function findTickets(fan: Client, ids: string[]): Promise<Ticket[]> {
  return waitFor("tickets in the mirror", async () => {
    const found: Ticket[] = [];
    let cursor: string | undefined;
    do {
      const query = { owner: fan.account.address, limit: 200, ...(cursor ? { cursor } : {}) };
      const page = await fan.call("listTickets", { query });
      found.push(...page.tickets.filter(({ id }) => ids.includes(id)));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return found.length === ids.length ? found : undefined;
  });
}

async function scan(gate: Client, eventId: string, pass: PassMaker, expected: string) {
  const body = { scanId: randomUUID(), eventId, gate: "Main door", pass: await pass.codeAt() };
  const verdict = await gate.call("scan", { body });
  if (verdict.reason !== expected) {
    throw new Error(`the gate answered ${verdict.reason} where ${expected} was right`);
  }
  return verdict;
}

async function waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const endMs = systemClock.monotonicMs() + MINT_TIMEOUT_MS;
  while (systemClock.monotonicMs() < endMs) {
    const found = await look();
    if (found !== undefined) return found;
    await systemClock.sleep(POLL_MS);
  }
  throw new Error(`no ${what} within ${MINT_TIMEOUT_MS / 1000} s`);
}

function txHashes(order: ResponseOf<"getOrder">): string[] {
  return [...new Set(order.lines.map(({ txHash }) => txHash ?? ""))];
}

function instanceUrl(home: string): string {
  const path = homePaths(home).instance;
  if (!existsSync(path)) {
    throw new Stop("No instance is running with these data.", "Start one with ./stagedoor up.");
  }
  return (JSON.parse(readFileSync(path, "utf8")) as { url: string }).url;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "boolean" },
      home: { type: "string" },
      url: { type: "string" },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const progress = createProgress(progressMode(values.json === true));
  const url = values.url ?? instanceUrl(homeFrom(values.home));
  const { tickets, txHashes, orderId } = await playDemo({ url, progress });
  const seconds = (progress.elapsedMs() / 1000).toFixed(1);
  progress.result(
    {
      type: "done",
      orderId,
      tickets: tickets.map(({ id }) => id),
      txHashes,
      ms: progress.elapsedMs(),
    },
    [
      "",
      `${tickets.length} tickets from hold to gate in ${seconds} s; each was admitted exactly once.`,
    ],
  );
  return 0;
}

if (import.meta.main) {
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`${sentenceOf(error)}\n`);
      process.exit(1);
    },
  );
}
