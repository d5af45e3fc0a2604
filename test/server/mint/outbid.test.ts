// Checks that what no block takes is offered for more, within caps, and minted once whichever bid wins.
import { expect } from "chai";
import { parseTransaction } from "viem";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { brokenCap, type FeeCaps, outbid } from "#server/domain/outbid.ts";
import { createMinter } from "#server/mint/mint-event.ts";
import { sendBatch } from "#server/mint/send-batch.ts";
import { settleLines } from "#server/mint/settle-lines.ts";
import type { Chain } from "#server/platform/chain.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { takeLane } from "#server/platform/tx/lane.ts";
import { outbidStuck } from "#server/platform/tx/outbid-stuck.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { buy, mint, stalls } from "../../support/buy.ts";
import { mineBlocks, waitForReceipt } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";

const HOLDER = "outbid test";
const GWEI = 1_000_000_000n;
const MARKET = { maxFeePerGas: 10n, maxPriorityFeePerGas: 1n };

interface Bid extends Record<string, unknown> {
  hash: `0x${string}`;
  raw: `0x02${string}`;
}

describe("a transaction that no block takes", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  beforeEach(() => freeLane());
  after(() => house.close());

  const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.minter).privateKey);
  let row = 0;

  /** Bought and signed, but no node has heard of it. */
  async function signedOnly() {
    row += 1;
    const fan = await house.fan();
    const { id } = await buy(house, fan, stalls(row, 1, 2));
    const lane = await ownLane();
    const deps = { store: house.store, signer, metrics: createMetrics("t"), log: house.log };
    const batch = { chain: deaf(), lane, event: house.event, inHand: new Set<bigint>() };
    expect(await sendBatch(deps, batch)).to.equal("more");
    return { fan, orderId: id, lane };
  }

  /** The house's own worker and this test use one key in turn. */
  const freeLane = () =>
    house.db.query({ text: "UPDATE sale.nonce_lane SET holder = NULL, leased_until = NULL" });

  async function ownLane() {
    const { chainId } = house.chain.deployment;
    const lane = await takeLane(house.db, { chainId, signer: signer.address, holder: HOLDER });
    if (lane === undefined) throw new Error("somebody else has the lane");
    return lane;
  }

  /** Everything but sending works. */
  function deaf(fees?: FeeCaps): Chain {
    const sendRawTransaction = () => Promise.reject(new Error("gone"));
    const deployment = { ...house.chain.deployment, fees };
    const client = { ...house.chain.client, sendRawTransaction };
    return { ...house.chain, deployment, client } as unknown as Chain;
  }

  const offerMore = async (chain: Chain) =>
    outbidStuck({ store: house.store, signer, log: house.log }, { chain, lane: await ownLane() });

  const age = () =>
    house.db.query({ text: "UPDATE sale.tx_bid SET created_at = created_at - interval '1 min'" });

  async function bids(): Promise<Bid[]> {
    const { rows } = await house.db.query<Bid>({
      text: `SELECT bid.hash, bid.raw FROM sale.tx_bid bid
             WHERE tx_id = (SELECT max(id) FROM sale.chain_tx) ORDER BY created_at`,
    });
    return rows;
  }

  async function nextBaseFee(wei: bigint): Promise<void> {
    await mineBlocks(house.chain, 1, { baseFeeWei: wei });
  }

  const send = ({ raw }: Bid) =>
    house.chain.client.sendRawTransaction({ serializedTransaction: raw });

  it("is left alone while it is young", async () => {
    const { fan, orderId } = await signedOnly();
    expect(await offerMore(house.chain)).to.equal(false);
    expect(await bids()).to.have.lengthOf(1);
    await freeLane();
    await house.db.query({
      text: "UPDATE sale.chain_tx SET created_at = now() - interval '1 min'",
    });
    await mint(house, fan, orderId);
  });

  it("is signed again with the same nonce, receiver and calldata for an eighth more", async () => {
    const { fan, orderId } = await signedOnly();
    await age();
    expect(await offerMore(house.chain)).to.equal(true);
    const [first, second, ...more] = (await bids()).map(({ raw }) => parseTransaction(raw));
    expect(more).to.deep.equal([]);
    for (const field of ["nonce", "to", "data", "gas", "value", "chainId"] as const) {
      expect(second?.[field], field).to.equal(first?.[field]);
    }
    for (const field of ["maxFeePerGas", "maxPriorityFeePerGas"] as const) {
      const before = first?.[field] ?? 0n;
      expect((second?.[field] ?? 0n) * 8n >= before * 9n, field).to.equal(true);
    }
    await freeLane();
    const order = await mint(house, fan, orderId);
    expect(order.state).to.equal("fulfilled");
    expect(order.lines[0]?.txHash).to.equal((await bids())[1]?.hash);
  });

  it("is taken when the base fee has jumped over its first bid", async () => {
    const { fan, orderId } = await signedOnly();
    const [first] = await bids();
    await nextBaseFee(20n * GWEI);
    const answer = await send(first!).catch((error: Error) => error.message);
    expect(answer).to.match(/max fee per gas less than block base fee/);
    await age();
    expect(await offerMore(house.chain)).to.equal(true);
    const second = (await bids())[1];
    const fee = parseTransaction(second!.raw).maxFeePerGas ?? 0n;
    expect(fee > 10n * GWEI, `${fee} wei`).to.equal(true);
    await freeLane();
    const order = await mint(house, fan, orderId);
    expect(order.lines[0]?.txHash).to.equal(second?.hash);
    await nextBaseFee(GWEI);
  });

  it("is minted once and known by the older bid when a block takes that one", async () => {
    const { fan, orderId } = await signedOnly();
    await age();
    await offerMore(deaf());
    const [first] = await bids();
    await send(first!);
    await waitForReceipt(house.chain, first!.hash);
    await house.mirror();
    await settleLines(house);
    const order = await fan.call("getOrder", { params: { orderId } });
    expect(order.state).to.equal("fulfilled");
    expect(new Set(order.lines.map(({ txHash }) => txHash))).to.deep.equal(new Set([first?.hash]));
    const { rows } = await house.db.query<{ state: string; hash: string }>({
      text: "SELECT state, hash FROM sale.chain_tx ORDER BY id DESC LIMIT 1",
    });
    expect(rows[0]).to.deep.equal({ state: "included", hash: first?.hash });
  });

  it("frees nothing to be minted again when an older bid is in a block that the mirror lacks", async () => {
    const { fan, orderId } = await signedOnly();
    await age();
    await offerMore(deaf());
    const [first] = await bids();
    await send(first!);
    await waitForReceipt(house.chain, first!.hash);
    // Old enough to be looked up, and deep enough for its nonce to be final.
    await house.db.query({
      text: "UPDATE sale.chain_tx SET created_at = now() - interval '1 min'",
    });
    await mineBlocks(house.chain, 96);
    await recoverTransactions(house);
    const waiting = await fan.call("getOrder", { params: { orderId } });
    expect(waiting.lines.map(({ mint, txHash }) => [mint, txHash])).to.deep.equal([
      ["sent", first?.hash],
      ["sent", first?.hash],
    ]);
    await house.mirror();
    await settleLines(house);
    expect((await fan.call("getOrder", { params: { orderId } })).state).to.equal("fulfilled");
  });

  it("waits when more than the cap would have to be offered, and goes on when it need not", async () => {
    const { fan, orderId } = await signedOnly();
    await age();
    const perTicket = 1_000n * GWEI;
    expect(await offerMore(deaf({ perTicket, perHour: 10n ** 18n }))).to.equal(false);
    expect(await offerMore(deaf({ perTicket: 10n ** 18n, perHour: GWEI }))).to.equal(false);
    expect(await bids()).to.have.lengthOf(1);
    expect(await offerMore(house.chain)).to.equal(true);
    await freeLane();
    expect((await mint(house, fan, orderId)).state).to.equal("fulfilled");
  });

  it("is not signed at all while the chain asks for more than the cap", async () => {
    row += 1;
    const fan = await house.fan();
    const { id } = await buy(house, fan, stalls(row, 1));
    const deps = { store: house.store, signer, metrics: createMetrics("t"), log: house.log };
    const lane = await ownLane();
    const chain = deaf({ perTicket: 1n, perHour: 10n ** 18n });
    const batch = { chain, lane, event: house.event, inHand: new Set<bigint>() };
    const outcome = await sendBatch(deps, batch).catch(String);
    expect(outcome).to.match(/above the cap for a ticket/);
    const order = await fan.call("getOrder", { params: { orderId: id } });
    expect(order.lines[0]?.mint).to.equal("queued");
    await freeLane();
    expect((await mint(house, fan, id)).state).to.equal("fulfilled");
  });

  it("keeps an event waiting with one line in the log, and goes on with another", async () => {
    row += 1;
    const fan = await house.fan();
    const { id } = await buy(house, fan, stalls(row, 1));
    const said: string[] = [];
    const note = (_keys: unknown, words: string) => void said.push(words);
    const log = { ...house.log, warn: note, info: note } as unknown as House["log"];
    const chains = new Map([[1, deaf({ perTicket: 1n, perHour: 10n ** 18n })]]);
    const metrics = createMetrics("t");
    const minter = createMinter({
      ...house,
      chains,
      log,
      metrics,
      signers: [signer],
      holder: HOLDER,
    });
    for (const _ of ["first", "second", "third"]) await minter.mintWaiting();
    expect(said).to.deep.equal(["minting waits"]);
    chains.set(1, house.chain);
    await minter.mintWaiting();
    expect(said).to.include("minting goes on");
    await freeLane();
    expect((await mint(house, fan, id)).state).to.equal("fulfilled");
  });
});

describe("outbid", () => {
  it("rounds up, so that the smallest fee rises as well", () => {
    const before = { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n };
    const none = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
    expect(outbid(before, none)).to.deep.equal({ maxFeePerGas: 2n, maxPriorityFeePerGas: 0n });
  });

  it("offers what the market asks when that is more", () => {
    const before = { maxFeePerGas: 8n, maxPriorityFeePerGas: 8n };
    const offered = { maxFeePerGas: 10n, maxPriorityFeePerGas: 9n };
    expect(outbid(before, MARKET)).to.deep.equal(offered);
  });

  it("counts a cap as kept to the last unit, and what mints nothing as ten tickets", () => {
    const caps = { perTicket: 10n, perHour: 150n };
    expect(brokenCap({ feeMax: 20n, tickets: 2, spent: 0n }, caps)).to.equal(undefined);
    expect(brokenCap({ feeMax: 21n, tickets: 2, spent: 0n }, caps)).to.equal("perTicket");
    expect(brokenCap({ feeMax: 100n, tickets: 0, spent: 50n }, caps)).to.equal(undefined);
    expect(brokenCap({ feeMax: 100n, tickets: 0, spent: 51n }, caps)).to.equal("perHour");
  });
});
