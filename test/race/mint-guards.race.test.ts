// Each guard of minting taken away in turn: what then becomes of a seat that two workers want to mint at once.
import { expect } from "chai";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { createMinter } from "#server/mint/mint-event.ts";
import { settleLines } from "#server/mint/settle-lines.ts";
import { openMintStore } from "#server/mint/sql-mint-store.ts";
import { moveLines } from "#server/pay/refund/move-lines.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { takeLane } from "#server/platform/tx/lane.ts";
import { createLocalSigner, type Signer } from "#server/platform/tx/signer.ts";
import { openTxStore } from "#server/platform/tx/sql-tx-store.ts";
import { askChain, claimNonce, storeTx } from "#server/platform/tx/store-tx.ts";
import { buy, stalls } from "../support/buy.ts";
import { mineBlocks } from "../support/chain.ts";
import { type House, openHouse } from "../support/house.ts";
import { askBack } from "../support/refund-work.ts";
import {
  type Drop,
  dropKey,
  hastySigner,
  LANE_FENCE,
  LANE_LEASE,
  LOCK_LANE,
  meeting,
  orBlocked,
  tamper,
} from "../support/unguarded.ts";

const LINE_STATE: Drop = ["WHERE id = ANY($1) AND state = 'queued'", "WHERE id = ANY($1)"];
const LINE_LOCK: Drop = ["ORDER BY id FOR UPDATE SKIP LOCKED", "ORDER BY id"];
const LANE_LOCK: readonly Drop[] = [
  [LOCK_LANE, "SELECT next_nonce FROM sale.nonce_lane"],
  ["RETURNING next_nonce", "AND $5::int > 0"],
];
const LIVE_KEY = "chain_tx_chain_id_signer_nonce_live_key";

const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.minter).privateKey);

describe("minting without a guard", () => {
  let house: House;
  let row = 0;
  let drafts = 0;
  before(async () => {
    house = await openHouse();
  });
  afterEach(() => forget());
  after(() => house.close());

  /** What a race left in the lane or in the outbox is nobody's any more. */
  async function forget(): Promise<void> {
    await mineBlocks(house.chain, 1);
    for (const text of [
      "UPDATE sale.mint_line SET state = 'attention' WHERE state IN ('queued', 'sent')",
      "UPDATE sale.chain_tx SET state = 'replaced' WHERE state IN ('signed', 'sent')",
      "DELETE FROM sale.nonce_lane",
    ]) {
      await house.db.query({ text });
    }
  }

  async function buySeat() {
    row += 1;
    return buy(house, await house.fan(), stalls(row, 1));
  }

  function minterOf(db: House["db"], holder: string, signs: Signer = signer) {
    const metrics = createMetrics("test");
    return createMinter({ ...house, store: openMintStore(db), signers: [signs], metrics, holder });
  }

  /** Two workers that have both simulated the same lines before either of them stores. */
  async function raceForLines(drop: readonly Drop[]): Promise<string[]> {
    await buySeat();
    const before = { words: LOCK_LANE, wait: meeting(2) };
    const db = tamper(house.db, { drop: [LANE_LEASE, ...drop], before });
    const racers = ["one", "other"].map((holder) => minterOf(db, holder));
    await Promise.all(racers.map((racer) => racer.mintEvent(house.event)));
    return outcomes();
  }

  /** What the chain made of each transaction. */
  async function outcomes(): Promise<string[]> {
    const { rows } = await house.db.query<{ hash: `0x${string}` }>({
      text: `SELECT hash FROM sale.chain_tx
             WHERE signer = $1 AND state IN ('signed', 'sent') ORDER BY nonce`,
      values: [signer.address],
    });
    const { client } = house.chain;
    const receipts = await Promise.all(
      rows.map(({ hash }) => client.waitForTransactionReceipt({ hash })),
    );
    return receipts.map(({ status }) => status);
  }

  it("mints once by the fence, where two believe that the lane is theirs", async () => {
    expect(await raceForLines([LINE_STATE])).to.deep.equal(["success"]);
  });

  it("mints once by the lines' state, where the fence is gone as well", async () => {
    expect(await raceForLines([LANE_FENCE])).to.deep.equal(["success"]);
  });

  it("would pay for two mints without both (so this test can fail)", async () => {
    const wasted = await raceForLines([LANE_FENCE, LINE_STATE]);
    // The contract is the last guard: it has the seat already, and the second fee was for nothing.
    expect(wasted).to.deep.equal(["success", "reverted"]);
  });

  /** The box office takes a ticket back while its line is on its way into a transaction. */
  async function raceWithRefund(drop: readonly Drop[]) {
    const order = await buySeat();
    const tickets = order.lines.map(({ ticketId }) => ticketId);
    await askBack(await house.organiser(), order, tickets);
    const withdraw = () => moveLines(house);
    const withdrawn: Promise<unknown>[] = [];
    const wait = () => {
      withdrawn.push(withdraw());
      return orBlocked(house, Promise.all(withdrawn));
    };
    const before = { words: "UPDATE sale.mint_line SET state = 'sent'", wait };
    await minterOf(tamper(house.db, { drop, before }), "racer").mintEvent(house.event);
    await Promise.all(withdrawn);
    const { rows } = await house.db.query<{ mint: string; refund: string }>({
      text: `SELECT mint.state AS mint, back.state AS refund FROM sale.mint_line mint
             JOIN sale.refund_line back USING (order_id) WHERE order_id = $1`,
      values: [order.id],
    });
    return rows[0];
  }

  it("withdraws nothing that is being minted", async () => {
    expect(await raceWithRefund([])).to.deep.equal({ mint: "sent", refund: "asked" });
  });

  it("would mint what is paid back without the lines' lock (so this test can fail)", async () => {
    const both = await raceWithRefund([LINE_LOCK]);
    expect(both).to.deep.equal({ mint: "sent", refund: "voided" });
  });

  /** Two transactions of one lane that have both asked for their nonce before either is stored. */
  async function raceForNonces(drop: readonly Drop[]) {
    const { chain } = house;
    const { chainId, tickets: to } = chain.deployment;
    const lane = await takeLane(house.db, { chainId, signer: signer.address, holder: "racer" });
    if (lane === undefined) throw new Error("the lane is somebody's");
    const facts = await askChain(chain, signer.address);
    const together = meeting(2);
    const wait = () => orBlocked(house, together());
    const before = { words: "INSERT INTO sale.chain_tx", wait };
    const guarded = openTxStore(tamper(house.db, { drop, before }));
    const store = () =>
      guarded.transaction(async (rows) => {
        const nonce = (await claimNonce(rows, lane, facts)) ?? -1n;
        // Bytes that no race before had: where the fee stands still, only this tells them apart.
        drafts += 1;
        const gas = 21_000n + BigInt(drafts);
        const draft = { intent: `race ${drafts}`, to, data: "0x" as const, gas, tickets: 1 };
        await storeTx(rows, signer, { chain, lane, nonce, facts, draft });
        return Number(nonce - facts.used);
      });
    const stores = await Promise.allSettled([store(), store()]);
    const reasons = stores.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    return {
      nonces: stores.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])).sort(),
      refused: reasons.map(({ constraint }) => constraint as string),
    };
  }

  it("gives two transactions of one moment two nonces", async () => {
    expect(await raceForNonces([])).to.deep.equal({ nonces: [0, 1], refused: [] });
  });

  it("gives a nonce once by the key alone, where the lane is not locked", async () => {
    const refused = [LIVE_KEY];
    expect(await raceForNonces(LANE_LOCK)).to.deep.equal({ nonces: [0], refused });
  });

  it("would take its own mint for a stranger's if it sent before it stored (so it can fail)", async () => {
    const { id } = await buySeat();
    const hasty = hastySigner(house, signer);
    await minterOf(house.db, "hasty", hasty)
      .mintEvent(house.event)
      .catch(() => undefined);
    await mineBlocks(house.chain, 1);
    await house.mirror();
    await settleLines(house);
    const { rows } = await house.db.query<{ state: string }>({
      text: "SELECT state FROM sale.order WHERE id = $1",
      values: [id],
    });
    expect(rows).to.deep.equal([{ state: "attention" }]);
  });

  // The last one: the key is gone with it.
  it("would give one nonce twice without lock and key (so this test can fail)", async () => {
    await dropKey(house, "sale.chain_tx", LIVE_KEY);
    expect(await raceForNonces(LANE_LOCK)).to.deep.equal({ nonces: [0, 0], refused: [] });
  });
});
