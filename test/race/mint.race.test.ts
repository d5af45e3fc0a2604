// Several workers over the same paid lines: every ticket is minted by exactly one transaction.
import { expect } from "chai";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { createMinter } from "#server/mint/mint-event.ts";
import { settleLines } from "#server/mint/settle-lines.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { buy, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

const WORKERS = 6;
const FANS = 8;
const TIMEOUT_MS = 40_000;
const LEASE_MS = 5;

describe("race of workers", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("mints each of the paid seats once, with nonces without gap or double", async () => {
    for (let at = 0; at < FANS; at += 1) {
      await buy(house, await house.fan(), stalls(at + 1, 1, 2, 5));
    }
    const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.minter).privateKey);
    const workers = Array.from({ length: WORKERS }, (_, at) =>
      createMinter({
        ...{ ...house, signers: [signer], metrics: createMetrics(`w${at}`) },
        holder: `worker-${at}`,
      }),
    );
    const endMs = systemClock.monotonicMs() + TIMEOUT_MS;
    for (;;) {
      await withoutLeases(Promise.all(workers.map((worker) => worker.mintWaiting())));
      await house.mirror();
      await settleLines(house);
      const { rows } = await house.db.query<{ open: bigint }>({
        text: "SELECT count(*) AS open FROM sale.mint_line WHERE state <> 'minted'",
      });
      if (rows[0]?.open === 0n) break;
      if (systemClock.monotonicMs() > endMs)
        throw new Error(`${rows[0]?.open} lines are still open`);
    }
    const { rows: transfers } = await house.db.query<{ ticket_id: bigint }>({
      text: "SELECT ticket_id FROM mirror.transfer",
    });
    expect(transfers).to.have.lengthOf(FANS * 3);
    expect(new Set(transfers.map(({ ticket_id }) => ticket_id)).size).to.equal(FANS * 3);
    const { rows: txs } = await house.db.query<{ nonce: bigint; state: string }>({
      text: "SELECT nonce, state FROM sale.chain_tx WHERE signer = $1 ORDER BY nonce",
      values: [signer.address.toLowerCase()],
    });
    expect(txs).to.not.have.lengthOf(0);
    const first = txs[0]?.nonce ?? 0n;
    expect(txs.map(({ nonce }) => nonce)).to.deep.equal(txs.map((_, at) => first + BigInt(at)));
    expect(new Set(txs.map(({ state }) => state))).to.deep.equal(new Set(["included"]));
  }).timeout(60_000);

  /** Whoever holds the lane loses it again and again, also in the middle of a batch. */
  async function withoutLeases(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    do {
      await house.db.query({
        text: "UPDATE sale.nonce_lane SET leased_until = now() - interval '1 s'",
      });
      await systemClock.sleep(LEASE_MS);
    } while (!isDone);
    await work;
  }
});
