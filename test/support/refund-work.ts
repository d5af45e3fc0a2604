// The worker's side of refunds, and what became of an order's money, for suites about giving it back.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { settleLines } from "#server/mint/settle-lines.ts";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { createRefunder } from "#server/pay/refund/refunder.ts";
import { randomUuid } from "#server/platform/random.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { mineBlocks } from "./chain.ts";
import type { House } from "./house.ts";

/** Where the chain itself says what is final. */
const FINAL_BLOCKS = 70;
/** For houses in which much has to become final: their chain is large, and makes each block. */
export const SOON_FINAL = 5;
const ROUNDS_MAX = 12;

export const refunderSigner = createLocalSigner(anvilAccount(ANVIL_ROLES.refunder).privateKey);

export function openRefunder(house: House, provider: PaymentProvider = house.provider) {
  const { db, chains } = house;
  const key = { db, chains, signer: refunderSigner, holder: "refunds" };
  return createRefunder({ ...house, provider, key });
}

/** Everything becomes final, and the mirror knows it. */
export async function finalise(house: House): Promise<void> {
  const { finality } = house.chain.deployment;
  await mineBlocks(house.chain, typeof finality === "number" ? finality + 1 : FINAL_BLOCKS);
  await house.mirror();
}

/**
 * Rounds of a worker until nothing is due any more: all is done, set aside or waits for a person.
 */
export async function workOff(
  house: House,
  refunder: Pick<ReturnType<typeof createRefunder>, "refundDue">,
): Promise<void> {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    await hasten(house);
    await refunder.refundDue();
    await recoverTransactions(house);
    await finalise(house);
    await settleLines(house);
    const { rowCount } = await house.db.query({
      text: `SELECT 1 FROM sale.refund_line line JOIN sale.refund ON refund.id = line.refund_id
             WHERE line.state IN ('asked', 'sent')
                OR refund.state = 'paying' AND line.state NOT IN ('waiting', 'freed', 'refused')
                OR refund.state = 'voiding'`,
    });
    if (rowCount === 0) {
      await refunder.refundDue();
      return;
    }
  }
}

/** As if the patience between two tries were over. */
export async function hasten({ db }: House): Promise<void> {
  await db.query({ text: "UPDATE sale.refund SET due_at = now() WHERE state = 'paying'" });
  await db.query({
    text: `UPDATE sale.chain_tx SET sent_at = sent_at - interval '1 minute',
                                    created_at = created_at - interval '1 minute'
           WHERE state IN ('signed', 'sent')`,
  });
}

export async function askBack(
  staff: Client,
  order: { id: string },
  tickets: readonly string[],
  key = randomUuid(),
) {
  return staff.call("createRefund", {
    params: { orderId: order.id },
    body: { tickets: [...tickets], reason: "The fan asked for it." },
    key,
  });
}

interface Books {
  provider: bigint;
  all: bigint;
}

/** What the ledger has of an order: with its provider, and of everybody. */
export async function booksOf({ db }: House, orderId: string): Promise<Books> {
  const { rows } = await db.query<Books>({
    text: `SELECT coalesce(sum(amount) FILTER (WHERE account LIKE 'provider:%'), 0) AS provider,
                  coalesce(sum(amount), 0) AS all
           FROM sale.ledger_entry WHERE order_id = $1`,
    values: [orderId],
  });
  return rows[0] as Books;
}

/** What the provider keeps, the ledger says as well, and it sums to zero (I10). */
export async function expectKept(
  rig: { house: House; kept(orderId: string): bigint },
  order: { id: string },
  wanted: bigint,
): Promise<void> {
  expect(rig.kept(order.id), "what the provider has").to.equal(wanted);
  const books = await booksOf(rig.house, order.id);
  expect(books, "what the ledger has").to.deep.equal({ provider: wanted, all: 0n });
}
