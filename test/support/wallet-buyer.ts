// A fan whose wallet pays on chain, at an event in the chain's coin, on a chain of the suite's own.
import { createWalletClient, http } from "viem";
import type { Client } from "#scripts/demo-client.ts";
import { reopenVanished, settleLines } from "#server/mint/settle-lines.ts";
import { endVouchers } from "#server/pay/voucher/end-vouchers.ts";
import { settleVouchers } from "#server/pay/voucher/settle-vouchers.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type Anvil, startAnvil } from "./anvil.ts";
import { mineBlocks, rpc, untilMined, waitForReceipt } from "./chain.ts";
import { type House, type HouseOptions, openHouse } from "./house.ts";
import { deployToken } from "./token.ts";

type Account = Client["account"];
export type Transaction = { to: string; data: string; value: string };

/** So many blocks are above a final one. */
const FINALITY = 5;
const RICH = `0x${(10n ** 20n).toString(16)}`;

export interface CoinHouse extends House {
  rpc: Anvil["rpc"];
  /** Moves the chain's clock on, past every voucher that was signed so far. */
  passDeadlines(): Promise<void>;
  /** An order lives by our clock, so it is given the chain's, which may be ahead. */
  keepUp(orderId: string): Promise<void>;
}

const ORDER_SECONDS = 600;

/** Its chain's clock can be moved without another suite's noticing. */
export async function openCoinHouse(): Promise<CoinHouse> {
  const house = await openApart({});
  // The demo event has no token on chain, so that there it is in the coin already.
  await house.db.query({ text: "UPDATE sale.event SET currency = 'ETH'" });
  return house;
}

/** Its event is in a token with six decimals that knows EIP-3009. */
export async function openTokenHouse(): Promise<CoinHouse & { token: `0x${string}` }> {
  let token: `0x${string}` | undefined;
  const house = await openApart({
    currencies: async (rpcUrl) => {
      token = await deployToken(rpcUrl);
      return { EUR: token };
    },
  });
  if (token === undefined) throw new Error("no token was deployed");
  return { ...house, token };
}

async function openApart(options: HouseOptions): Promise<CoinHouse> {
  const anvil = await startAnvil({ chainId: LOCAL_CHAIN_ID });
  const house = await openHouse({
    ...{ ...options, modules: true, finality: FINALITY },
    through: async (service, url) => (service === "chain" ? anvil.url : url),
  });
  return {
    ...house,
    rpc: anvil.rpc,
    passDeadlines: async () => {
      const { rows } = await house.db.query<{ last: bigint }>({
        text: "SELECT coalesce(max(deadline), 0) AS last FROM sale.voucher",
      });
      const { timestamp } = await house.chain.client.getBlock();
      const seconds = Number((rows[0]?.last ?? 0n) - timestamp) + 1;
      if (seconds > 0) await anvil.rpc("evm_increaseTime", seconds);
      await mineBlocks(house.chain, 1);
    },
    keepUp: async (orderId) => {
      const { timestamp } = await house.chain.client.getBlock();
      for (const text of [
        "UPDATE sale.order SET expires_at = to_timestamp($2) WHERE id = $1",
        "UPDATE sale.claim SET expires_at = to_timestamp($2) WHERE order_id = $1",
      ]) {
        const values = [orderId, Number(timestamp) + ORDER_SECONDS];
        await house.db.query({ text, values });
      }
    },
    close: async () => {
      await house.close();
      await anvil.stop();
    },
  };
}

export async function giveCoin(house: House, { address }: Account): Promise<void> {
  await rpc(house.chain, "anvil_setBalance", [address, RICH]);
}

export async function askVoucher(fan: Client, orderId: string, key = randomUuid()) {
  const body = { provider: "voucher" as const };
  return fan.call("createPayment", { params: { orderId }, body, key });
}

/** Answers the transaction's hash; throws where the contract refuses. */
export async function send(house: House, account: Account, transaction: Transaction) {
  const wallet = createWalletClient({ account, transport: http(house.chain.deployment.rpcUrl) });
  const [to, data] = [transaction.to as `0x${string}`, transaction.data as `0x${string}`];
  const value = BigInt(transaction.value);
  const hash = await wallet.sendTransaction({ to, data, value, chain: null });
  await waitForReceipt(house.chain, hash);
  return hash;
}

/** What the indexer and the worker do of what was sent. */
export async function settle(house: House): Promise<void> {
  await untilMined(house.chain);
  await house.mirror();
  await settleVouchers(house);
  await settleLines(house);
  await reopenVanished(house);
  await endVouchers(house);
}

/** As many blocks as make everything final that is there now. */
export async function finalise(house: House): Promise<void> {
  await mineBlocks(house.chain, FINALITY + 1);
  await house.mirror();
}
