// Orders in a token whose fans only sign: made, handed in and relayed as often as a suite wants.

import { createWalletClient, http } from "viem";
import type { Client } from "#scripts/demo-client.ts";
import { relayVouchers } from "#server/pay/voucher/relay-vouchers.ts";
import { randomUuid } from "#server/platform/random.ts";
import { order as makeOrder, stalls } from "./buy.ts";
import { waitForReceipt } from "./chain.ts";
import { mintTokens } from "./token.ts";
import { authorise } from "./token-authorisation.ts";
import { askVoucher, type CoinHouse } from "./wallet-buyer.ts";

type Hex = `0x${string}`;
export type TokenHouse = CoinHouse & { token: Hex };
export type Authorisation = Awaited<ReturnType<typeof authorise>>;

/** Six decimals, less the cents. */
const FACE_UNIT = 10_000n;
const SEATS_PER_ROW = 12;

export interface RelayOrder {
  id: string;
  price: bigint;
  fan: Client;
  seats: number[];
}

export function openRelayOrders(house: TokenHouse) {
  let made = 0;

  async function newOrder(): Promise<RelayOrder> {
    const seats = stalls(1 + Math.floor(made / SEATS_PER_ROW), 1 + (made % SEATS_PER_ROW));
    made += 1;
    const fan = await house.fan();
    const { id, total } = await makeOrder(house, fan, seats);
    await house.keepUp(id);
    const price = BigInt(total) * FACE_UNIT;
    await mintTokens(house.chain, house.token, fan.account.address, price);
    return { id, price, fan, seats };
  }

  const hand = (order: RelayOrder, authorisation: Authorisation, key = randomUuid()) =>
    order.fan.call("createPayment", {
      params: { orderId: order.id },
      ...{ body: { provider: "relay" as const, authorisation }, key },
    });

  async function sign({ fan, id }: RelayOrder): Promise<Authorisation> {
    const { voucher } = await askVoucher(fan, id);
    if (voucher === null) throw new Error("there is no voucher");
    return authorise(fan.account, voucher);
  }

  const { db, chains, log, minter } = house;

  return {
    newOrder,
    hand,
    sign,
    handIn: async (order: RelayOrder) => {
      const authorisation = await sign(order);
      await hand(order, authorisation);
      return authorisation;
    },
    relay: () => relayVouchers({ db, chains, log, holder: "test" }, minter.lanes),
    read: ({ id, fan }: RelayOrder) => fan.call("getOrder", { params: { orderId: id } }),
    /** The fan's tokens go elsewhere after they were promised. */
    spend: async ({ fan, price }: RelayOrder) => {
      const transport = http(house.chain.deployment.rpcUrl);
      const wallet = createWalletClient({ account: fan.account, transport });
      const data = `0xa9059cbb${"1".padStart(64, "0")}${price.toString(16).padStart(64, "0")}`;
      const sent = { to: house.token, data: data as Hex, chain: null };
      await waitForReceipt(house.chain, await wallet.sendTransaction(sent));
    },
    relayOf: async ({ id }: RelayOrder) => {
      const { rows } = await db.query<{ relay: string | null; sent: number; tx: string | null }>({
        text: `SELECT v.relay_state AS relay, tx.state AS tx,
                      (SELECT count(*)::int FROM sale.chain_tx
                       WHERE intent LIKE '%' || $1 || '%') AS sent
               FROM sale.voucher v LEFT JOIN sale.chain_tx tx ON tx.id = v.relay_tx
               WHERE v.order_id = $1`,
        values: [id],
      });
      return rows[0];
    },
  };
}
