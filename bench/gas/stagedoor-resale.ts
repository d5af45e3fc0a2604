// The product's own market: an ask that the seller signed, settled and paid in one transaction.
import { type Hex, zeroAddress } from "viem";
import type { Contract, Sent } from "./chain.ts";
import type { ContenderTools } from "./contender.ts";
import { ASK_DEADLINE } from "./workload.ts";

/** Written down again, as a wallet that shows what is signed knows them. */
const ASK = [
  { name: "id", type: "uint256" },
  { name: "market", type: "address" },
  { name: "currency", type: "address" },
  { name: "price", type: "uint256" },
  { name: "nonce", type: "uint16" },
  { name: "deadline", type: "uint40" },
  { name: "feeBps", type: "uint16" },
  { name: "feeTo", type: "address" },
  { name: "allowedBuyer", type: "address" },
];

export type Market = {
  address: Hex;
  /** Before the event's first sale, which closes the list of its markets. */
  admit(eventId: bigint): Promise<unknown>;
  sell(sale: { id: bigint; currency: Hex; price: bigint }): Promise<Sent>;
};

/** Nothing as long as there is no Resale. */
export async function marketOf(
  tickets: Contract,
  { chain, artifacts, people }: ContenderTools,
): Promise<Market | undefined> {
  if (!artifacts.hasProduct("Resale")) return undefined;
  const splits = await chain.deploy(await artifacts.product("Splits"), [tickets.address]);
  const modules = [tickets.address, splits.address];
  const market = await chain.deploy(await artifacts.product("Resale"), modules);
  const sell: Market["sell"] = async ({ id, currency, price }) => {
    const ask = {
      id,
      market: market.address,
      currency,
      price,
      // The seller's tickets have not moved since their mint.
      nonce: 0,
      deadline: Number(ASK_DEADLINE),
      feeBps: 0,
      feeTo: zeroAddress,
      allowedBuyer: zeroAddress,
    };
    const signature = await chain.signTyped(people.seller, {
      domain: { name: "Stagedoor Tickets", version: "1", verifyingContract: tickets.address },
      primaryType: "Ask",
      types: { Ask: ASK },
      message: Object.fromEntries(Object.entries(ask).map(([name, value]) => [name, `${value}`])),
    });
    const payment = { from: people.buyer, value: currency === zeroAddress ? price : 0n };
    return await market.send("buy", [ask, people.buyer, signature], payment);
  };
  const admit = async (eventId: bigint) =>
    await tickets.send("setMarket", [eventId, market.address, true], { from: people.minter });
  return { address: market.address, admit, sell };
}
