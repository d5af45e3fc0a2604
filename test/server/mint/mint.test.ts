// The mint: every paid line becomes its ticket exactly once, whatever dies in between.
import { expect } from "chai";
import { createWalletClient, encodeErrorResult, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { encodeRuns } from "#server/domain/mint-runs.ts";
import { packTicketId, parseTicketId } from "#server/domain/ticket-id.ts";
import { readRevert } from "#server/mint/revert.ts";
import { sendBatch } from "#server/mint/send-batch.ts";
import { reopenVanished, settleLines } from "#server/mint/settle-lines.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { takeLane } from "#server/platform/tx/lane.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { buy, buyAndMint, mint, stalls } from "../../support/buy.ts";
import { waitForReceipt } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";

describe("mint", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const minterKey = anvilAccount(ANVIL_ROLES.minter).privateKey;
  const signer = createLocalSigner(minterKey);

  async function rows<R extends Record<string, unknown>>(text: string, ...values: unknown[]) {
    return (await house.db.query<R>({ text, values })).rows;
  }

  function ownerOf(ticketId: string) {
    return house.chain.client.readContract({
      address: house.chain.deployment.tickets,
      abi: ticketsAbi,
      functionName: "ownerOf",
      args: [parseTicketId(ticketId).ticketId],
    });
  }

  it("mints an order's seats in one transaction and fulfils the order", async () => {
    const fan = await house.fan();
    const minted = await buyAndMint(house, fan, stalls(1, 1, 2));
    expect(minted.state).to.equal("fulfilled");
    expect(new Set(minted.lines.map(({ txHash }) => txHash)).size).to.equal(1);
    for (const { ticketId } of minted.lines) {
      expect(await ownerOf(ticketId)).to.equal(fan.account.address);
    }
  });

  it("mints orders of several fans that wait together in one transaction, and other prices apart", async () => {
    const fans = await Promise.all([house.fan(), house.fan(), house.fan()]);
    const orders = [
      await buy(house, fans[0]!, stalls(2, 1)),
      await buy(house, fans[1]!, stalls(2, 3, 4)),
      await buy(house, fans[2]!, stalls(5, 1)),
    ];
    const hashes: unknown[] = [];
    for (const [at, { id }] of orders.entries()) {
      hashes.push((await mint(house, fans[at]!, id)).lines[0]?.txHash);
    }
    expect(hashes[0]).to.equal(hashes[1]);
    expect(hashes[2]).not.to.equal(hashes[0]);
  });

  it("stores the bytes before it sends them, and a restart sends the same bytes", async () => {
    const fan = await house.fan();
    const { id } = await buy(house, fan, stalls(1, 3));
    await storeOnly();
    const [stored] = await rows<{ raw: `0x${string}`; hash: string; state: string }>(
      "SELECT raw, hash, state FROM sale.chain_tx ORDER BY id DESC LIMIT 1",
    );
    expect(stored?.state).to.equal("signed");
    await house.db.query({
      text: "UPDATE sale.chain_tx SET created_at = now() - interval '1 minute'",
    });
    await recoverTransactions(house);
    const minted = await mint(house, fan, id);
    expect(minted.lines[0]?.txHash).to.equal(stored?.hash);
  });

  /** A process that dies right after storing: the chain has not seen the bytes. */
  async function storeOnly() {
    const { chainId } = house.chain.deployment;
    const lane = await takeLane(house.db, { chainId, signer: signer.address, holder: "test" });
    const sendRawTransaction = () => Promise.reject(new Error("gone"));
    const client = { ...house.chain.client, sendRawTransaction };
    const chain = { ...house.chain, client } as unknown as typeof house.chain;
    const deps = { store: house.store, signer, metrics: createMetrics("t"), log: house.log };
    const batch = { chain, lane: lane!, event: house.event, inHand: new Set<bigint>() };
    expect(await sendBatch(deps, batch)).to.equal("more");
  }

  it("mints again what can never be mined, because the key was used elsewhere", async () => {
    const fan = await house.fan();
    const { id } = await buy(house, fan, stalls(1, 5));
    await storeOnly();
    // A seat of the plan that nobody has bought takes the nonce.
    const seat = stalls(9, 14)[0]!;
    await mintDirectly(packTicketId({ eventId: house.event.eventId, issue: 0, seat }));
    const minted = await mint(house, fan, id);
    expect(minted.lines[0]?.mint).to.equal("minted");
    const states = await rows<{ state: string }>(
      `SELECT tx.state FROM sale.chain_tx tx WHERE tx.state = 'replaced'`,
    );
    expect(states).to.have.lengthOf(1);
    expect(await ownerOf(minted.lines[0]!.ticketId)).to.equal(fan.account.address);
  });

  it("sets a seat that is taken on chain aside and mints the others", async () => {
    const fan = await house.fan();
    const { id, lines } = await buy(house, fan, stalls(3, 1, 2, 3));
    const stolen = parseTicketId(lines[1]!.ticketId).ticketId;
    await mintDirectly(stolen);
    await house.minter.mintWaiting();
    const found = await rows<{ state: string; reason: string | null }>(
      "SELECT state, reason FROM sale.mint_line WHERE order_id = $1 ORDER BY ticket_id",
      id,
    );
    expect(found.map(({ state }) => state)).to.deep.equal(["sent", "attention", "sent"]);
    expect(found[1]?.reason).to.equal("TicketsSeatTaken");
    const after = await mint(house, fan, id);
    expect(after.state).to.equal("attention");
    expect(after.lines.map(({ mint }) => mint)).to.deep.equal(["minted", "attention", "minted"]);
  });

  it("sets a seat aside that a transaction of somebody else minted before ours", async () => {
    const fan = await house.fan();
    const { id, lines } = await buy(house, fan, stalls(3, 5));
    const hash = await mintDirectly(parseTicketId(lines[0]!.ticketId).ticketId);
    await house.mirror();
    await settleLines(house);
    const [line] = await rows<{ state: string; reason: string }>(
      "SELECT state, reason FROM sale.mint_line WHERE order_id = $1",
      id,
    );
    expect(line).to.deep.equal({ state: "attention", reason: `minted by ${hash}` });
    const { notices } = await fan.call("listNotices");
    expect(notices.map(({ kind }) => kind)).to.deep.equal(["order-attention"]);
    const { steps } = await fan.call("getOrderTimeline", { params: { orderId: id } });
    expect(
      steps.map(({ kind }) => kind),
      "nothing of somebody else's ticket",
    ).to.deep.equal([...["held", "claimed", "paid"]]);
  });

  async function mintDirectly(ticketId: bigint): Promise<string> {
    const account = privateKeyToAccount(minterKey);
    const { rpcUrl, tickets } = house.chain.deployment;
    const wallet = createWalletClient({ account, transport: http(rpcUrl) });
    const owner = `0x${"ee".repeat(20)}` as const;
    const hash = await wallet.writeContract({
      address: tickets,
      abi: ticketsAbi,
      functionName: "mintRuns",
      args: [1n, 0, 4_800, encodeRuns([{ ticketId, owner }])],
      chain: null,
    });
    await waitForReceipt(house.chain, hash);
    return hash;
  }

  it("opens a line again whose block was taken away, with the same bytes to send", async () => {
    const fan = await house.fan();
    const minted = await buyAndMint(house, fan, stalls(4, 1));
    const id = parseTicketId(minted.lines[0]!.ticketId).ticketId;
    // What the indexer does when a reorg drops the block.
    await house.indexerDb.query({
      text: "DELETE FROM mirror.ticket WHERE ticket_id = $1",
      values: [id],
    });
    await reopenVanished(house);
    const params = { orderId: minted.id };
    const after = await fan.call("getOrder", { params });
    expect(after.state).to.equal("paid");
    expect(after.lines[0]?.mint).to.equal("sent");
    expect(after.lines[0]?.txHash).to.equal(minted.lines[0]?.txHash);
  });

  it("lets one process at a time use a key, and fences the one that slept", async () => {
    const lane = { chainId: 31_337, signer: `0x${"ab".repeat(20)}` as const };
    const first = await takeLane(house.db, { ...lane, holder: "one" });
    expect(first?.fence).to.equal(1n);
    expect(await takeLane(house.db, { ...lane, holder: "two" })).to.equal(undefined);
    expect((await takeLane(house.db, { ...lane, holder: "one" }))?.fence).to.equal(1n);
    await house.db.query({
      text: "UPDATE sale.nonce_lane SET leased_until = now() - interval '1 s'",
    });
    expect((await takeLane(house.db, { ...lane, holder: "two" }))?.fence).to.equal(2n);
    const { lockLane } = await import("#server/platform/tx/lane.ts");
    const locked = await house.db.transaction((sql) => lockLane(sql, first!));
    expect(locked).to.equal(undefined);
  });

  it("never has two live transactions for one nonce", async () => {
    const insert = (hash: string) =>
      house.db.query({
        text: `INSERT INTO sale.chain_tx (deployment, chain_id, signer, nonce, intent, raw, hash)
               VALUES (1, 1, 'x', 5, 'mint', '0x', $1)`,
        values: [`0x${hash.repeat(64)}`],
      });
    await insert("1");
    const error = await insert("2").then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).to.include("chain_tx_chain_id_signer_nonce_live_key");
  });

  it("knows of every error of the contract whether a line or the whole batch is meant", () => {
    const kinds: Record<string, string> = {};
    for (const item of ticketsAbi) {
      if (item.type !== "error") continue;
      kinds[item.name] = readRevert(encodeError(item)).kind;
    }
    const lines = Object.keys(kinds).filter((name) => kinds[name] === "line");
    expect(lines).to.have.members([
      "ERC721InvalidReceiver",
      "TicketsPreviousIssueNotVoid",
      "TicketsSeatTaken",
    ]);
    expect(readRevert("0x12345678").kind).to.equal("batch");
    expect(readRevert(undefined).kind).to.equal("batch");
  });
});

type ErrorItem = Extract<(typeof ticketsAbi)[number], { type: "error" }>;

function encodeError(item: ErrorItem): `0x${string}` {
  const args = item.inputs.map(({ type }) =>
    type === "address" ? `0x${"11".repeat(20)}` : type === "bytes32" ? `0x${"22".repeat(32)}` : 1,
  );
  return encodeErrorResult({
    abi: [item],
    errorName: item.name,
    args: args as never,
  }) as `0x${string}`;
}
