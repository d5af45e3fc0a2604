// The currency in which tickets are resold where they are not resold in the chain's own coin.
import { type Hex, maxUint256 } from "viem";
import type { Contract } from "./chain.ts";
import type { Contender, ContenderTools, People } from "./contender.ts";
import { earlierOrder } from "./workload.ts";

/** A plain ERC-20 of six decimals; its buyer is rich and lets a market take what it takes. */
export async function openCurrency({ chain, artifacts, people }: ContenderTools) {
  const currency = await chain.deploy(await artifacts.peer("Euro"), []);
  await currency.send("mint", [people.buyer, maxUint256 / 2n]);
  const allow = async (market: Hex) =>
    await currency.send("approve", [market, maxUint256], { from: people.buyer });
  return { currency, allow } satisfies { currency: Contract; allow: unknown };
}

/** As before each measurement, the seller holds tickets of three orders and the buyer of one. */
export async function mintForSale(
  mint: Contender["mint"],
  { seller, buyer }: People,
): Promise<bigint[]> {
  const ids: bigint[] = [];
  for (const section of [9n, 10n, 11n]) {
    ids.push(...(await mint([earlierOrder(seller, { section, count: 1 })])).ids);
  }
  await mint([earlierOrder(buyer, { section: 12n, count: 1 })]);
  return ids;
}
