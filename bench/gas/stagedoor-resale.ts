// The product's own market: an ask that the seller signed, settled and paid in one transaction.
import { zeroAddress } from "viem";
import type { Contract } from "./chain.ts";
import type { Contender, ContenderTools } from "./contender.ts";
import { ASK_DEADLINE, EVENT_ID, RESALE_PRICE_WEI } from "./workload.ts";

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

/** Nothing as long as there is no Resale; called before the first sale, which closes the list. */
export async function resaleOf(
  tickets: Contract,
  { chain, artifacts, people }: ContenderTools,
): Promise<Contender["resell"]> {
  if (!artifacts.hasProduct("Resale")) return undefined;
  const splits = await chain.deploy(await artifacts.product("Splits"), [tickets.address]);
  const modules = [tickets.address, splits.address];
  const market = await chain.deploy(await artifacts.product("Resale"), modules);
  const organiser = { from: people.minter };
  await tickets.send("setMarket", [EVENT_ID, market.address, true], organiser);
  return async (id) => {
    const ask = {
      id,
      market: market.address,
      currency: zeroAddress,
      price: RESALE_PRICE_WEI,
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
    const payment = { from: people.buyer, value: RESALE_PRICE_WEI };
    return await market.send("buy", [ask, people.buyer, signature], payment);
  };
}
