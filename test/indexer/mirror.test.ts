// The mirror is what the chain says: after mints, moves, check-ins, voids, and after the chain changed its mind (I6).
import { expect } from "chai";
import { encodeFunctionData, zeroAddress } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { TABLES } from "#indexer/projections.ts";
import { syncStep } from "#indexer/sync.ts";
import type { Client } from "#scripts/demo-client.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { encodeRuns } from "#server/domain/mint-runs.ts";
import { packTicketId, parseTicketId } from "#server/domain/ticket-id.ts";
import { systemClock, unixSeconds } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { catchUp } from "../support/catch-up.ts";
import { remember, reorg, reorgAfter, rpc, waitForReceipt, write } from "../support/chain.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { type House, openHouse } from "../support/house.ts";
import { dumpMirror, type MirrorDump, readFromChain, rowsOf } from "../support/mirror.ts";
import { recordLog } from "./log-lines.ts";

type Row = Record<string, unknown>;

const EVENT_ID_MAX = 2 ** 23 - 1;
const MONTH_SECONDS = 30 * 24 * 60 * 60;

describe("mirror", () => {
  let house: House;
  let fan: Client;
  beforeEach(async () => {
    house = await openHouse();
    fan = await house.fan();
  });
  afterEach(() => house.close());

  async function mint(...seats: number[]): Promise<bigint[]> {
    const { lines } = await buyAndMint(house, fan, stalls(1, ...seats));
    return lines.map(({ ticketId }) => parseTicketId(ticketId).ticketId);
  }

  /** Row for row what a new mirror says, and ticket for ticket what the contract says. */
  async function expectTrue() {
    await house.mirror();
    const dump = await dumpMirror(house.db);
    expect(dump).to.deep.equal(await freshMirror(house.chain));
    for (const { row, ticket } of await readFromChain(house.db, house.chain)) {
      expect(row.owner).to.equal(ticket.owner.toLowerCase());
      expect(row.nonce).to.equal(Number(ticket.nonce));
      expect(row.face).to.equal(BigInt(ticket.face));
      expect(row.used).to.equal((Number(ticket.flags) & 1) === 1);
      expect(row.void).to.equal((Number(ticket.flags) & 4) === 4);
    }
    return dump as MirrorDump & { ticket: Row[]; transfer: Row[]; event: Row[] };
  }

  it("shows minted tickets with owner, class and price", async () => {
    const ids = await mint(1, 2, 3);
    const { ticket: tickets, transfer: transfers, event: events } = await expectTrue();
    expect(tickets.map((row) => row.ticket_id)).to.deep.equal(ids);
    expect(tickets[0]).to.include({ class: 0, face: 4_800n, nonce: 0, used: false, void: false });
    expect(transfers).to.have.lengthOf(3);
    expect(events).to.have.lengthOf(1);
  });

  it("follows a raised nonce and a void", async () => {
    const [first, second] = await mint(1, 2);
    await sendAsFan("cancel", [first!]);
    await write(house.chain, "refunder", { functionName: "void", args: [[second!]] });
    const { ticket: tickets } = await expectTrue();
    expect(tickets.map((row) => [row.nonce, row.void])).to.deep.equal([
      [1, false],
      [0, true],
    ]);
  });

  it("follows a gift to another wallet", async () => {
    const [id] = await mint(1);
    const friend = `0x${"cd".repeat(20)}` as const;
    await sendAsFan("transferFrom", [fan.account.address, friend, id!]);
    const { ticket: tickets, transfer: transfers } = await expectTrue();
    expect(tickets[0]).to.include({ owner: friend, nonce: 1 });
    expect(transfers).to.have.lengthOf(2);
  });

  async function sendAsFan(functionName: "cancel" | "transferFrom", args: readonly unknown[]) {
    await rpc(house.chain, "anvil_setBalance", [fan.account.address, "0xde0b6b3a7640000"]);
    await rpc(house.chain, "anvil_impersonateAccount", [fan.account.address]);
    const data = encodeFunctionData({ abi: ticketsAbi, functionName, args } as never);
    const tx = { from: fan.account.address, to: house.chain.deployment.tickets, data };
    const hash = await rpc<`0x${string}`>(house.chain, "eth_sendTransaction", [tx]);
    await waitForReceipt(house.chain, hash);
  }

  it("follows tickets of the highest event id, also through a reorg", async () => {
    const [first, second] = await mintDirectly(EVENT_ID_MAX, 1, 2);
    await house.mirror();
    const friend = `0x${"cd".repeat(20)}` as const;
    await sendAsFan("transferFrom", [fan.account.address, friend, first!]);
    await house.mirror();
    const before = await house.chain.client.getBlockNumber();
    await sendAsFan("transferFrom", [fan.account.address, friend, second!]);
    await house.mirror();
    await reorgAfter(house.chain, before);
    const { ticket: tickets } = await expectTrue();
    const owner = fan.account.address.toLowerCase();
    expect(tickets.map((row) => [row.ticket_id, row.owner, row.nonce])).to.deep.equal([
      [first, friend, 1],
      [second, owner, 0],
    ]);
  });

  /** An event that only the chain knows, with tickets of the fan's. */
  async function mintDirectly(eventId: number, ...seats: number[]): Promise<bigint[]> {
    const organiser = anvilAccount(ANVIL_ROLES.organiser);
    const terms = {
      ...{ organiser: organiser.address, doorsAt: unixSeconds(systemClock) + MONTH_SECONDS },
      ...{ freezeAt: 0, policy: 0, maxGifts: 15, resaleCapBps: 11_000, royaltyBps: 1_000 },
      ...{ royaltyReceiver: organiser.address, planHash: `0x${"5a".repeat(32)}` as const },
      caps: [100, 0, 0, 0, 0] as const,
      ...{ currency: zeroAddress, boxOffice: zeroAddress, feeCapBps: 0 },
      ...{ lockMinutes: 0, cooldownMinutes: 0 },
    };
    await write(house.chain, "organiser", {
      functionName: "createEvent",
      args: [BigInt(eventId), terms],
    });
    const owner = fan.account.address;
    const ids = stalls(1, ...seats).map((seat) => packTicketId({ eventId, issue: 0, seat }));
    const runs = encodeRuns(ids.map((ticketId) => ({ ticketId, owner })));
    await write(house.chain, "minter", {
      functionName: "mintRuns",
      args: [BigInt(eventId), 0, 4_800, runs],
    });
    return ids;
  }

  it("takes back what a reorg took back, and is then the same as a mirror that never saw it", async () => {
    const [kept] = await mint(1);
    await house.mirror();
    const before = await house.chain.client.getBlockNumber();
    const [lost] = await mint(2);
    await sendAsFan("cancel", [kept!]);
    await house.mirror();
    expect(rowsOf(await dumpMirror(house.db), "ticket")[0]).to.include({ nonce: 1 });

    expect(await isOnChain(lost!)).to.equal(true);

    await reorgAfter(house.chain, before);
    expect(await isOnChain(lost!)).to.equal(false);
    const { ticket: tickets } = await expectTrue();
    expect(tickets.map((row) => row.ticket_id)).to.deep.equal([kept]);
    expect(tickets[0]).to.include({ nonce: 0 });
  });

  async function isOnChain(ticketId: bigint): Promise<boolean> {
    const { tickets: address } = house.chain.deployment;
    try {
      const call = { address, abi: ticketsAbi, functionName: "ticketOf" } as const;
      await house.chain.client.readContract({ ...call, args: [ticketId] });
      return true;
    } catch (error) {
      if (!String(error).includes("ERC721NonexistentToken")) throw error;
      return false;
    }
  }

  it("survives reorgs of many depths in a row", async () => {
    for (let depth = 1; depth <= 8; depth += 1) {
      await mint(depth);
      await reorg(house.chain, depth);
      await expectTrue();
    }
  }).timeout(60_000);

  it("writes each block once when two indexers run side by side", async () => {
    await mint(1, 2);
    const both = await Promise.allSettled([house.mirror(), house.mirror(), house.mirror()]);
    expect(both.map(({ status }) => status)).to.deep.equal(["fulfilled", "fulfilled", "fulfilled"]);
    await expectTrue();
  });

  it("takes back what a local chain forgot when it was restarted", async () => {
    const forget = await remember(house.chain);
    await mint(1);
    await house.mirror();
    await forget();
    const { ticket: tickets } = await expectTrue();
    expect(tickets).to.deep.equal([]);
  });

  it("begins again, and says so, when a local chain is another one", async () => {
    const [id] = await mint(1);
    await house.mirror();
    const strange = "'0x' || lpad(to_hex(block_number), 64, 'e')";
    await house.indexerDb.query({
      text: `UPDATE mirror.block SET hash = ${strange.replace("block_number", "number")}`,
    });
    await house.indexerDb.query({ text: `UPDATE mirror.cursor SET block_hash = ${strange}` });
    const { log, lines } = recordLog();
    const deps = { ...house, db: house.indexerDb, log, metrics: createMetrics("again") };
    await catchUp(deps);
    const startsAt = house.chain.deployment.startBlock;
    expect(lines.map(({ msg, ancestor }) => [msg, ancestor])).to.deep.equal([
      ["another chain than the one mirrored so far; the mirror begins again", startsAt - 1],
    ]);
    const { ticket: tickets } = await expectTrue();
    expect(tickets.map((row) => row.ticket_id)).to.deep.equal([id]);
  });

  it("refuses to mix two contracts in one deployment", async () => {
    await house.mirror();
    const { deployment } = house.chain;
    const other = {
      ...house.chain,
      deployment: { ...deployment, tickets: `0x${"ab".repeat(20)}` as const },
    };
    const deps = { db: house.indexerDb, chain: other, log: house.log, metrics: createMetrics("t") };
    const error = await syncStep(deps).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).to.include("give the new contract an id of its own");
  });

  it("tells waiting workers of every step, once it is committed", async () => {
    const heard: boolean[] = [];
    const stop = new AbortController();
    house.db.listen("mirror", () => heard.push(true), stop.signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await mint(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop.abort();
    expect(heard.length).to.be.greaterThan(0);
  });

  it("has exactly the columns that its projections declare", async () => {
    for (const { name, columns, key } of TABLES) {
      const { rows } = await house.db.query<{ name: string; type: string; optional: boolean }>({
        text: `SELECT column_name AS name, is_nullable = 'YES' AS optional,
                      replace(data_type, 'timestamp with time zone', 'timestamptz') AS type
               FROM information_schema.columns
               WHERE table_schema = 'mirror' AND table_name = $1 AND column_name <> 'deployment'`,
        values: [name],
      });
      const found = rows.map((row) => [row.name, row.optional ? `${row.type}?` : row.type]);
      const declared = Object.entries(columns).map(([column, type]) => [
        column,
        type.replace("hex", "text"),
      ]);
      expect(Object.fromEntries(found), name).to.deep.equal(Object.fromEntries(declared));
      const keys = await house.db.query<{ definition: string }>({
        text: `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
               WHERE conrelid = $1::regclass AND contype = 'p'`,
        values: [`mirror."${name}"`],
      });
      expect(keys.rows[0]?.definition.replaceAll('"', ""), name).to.equal(
        `PRIMARY KEY (deployment, ${key.join(", ")})`,
      );
    }
  });
});
