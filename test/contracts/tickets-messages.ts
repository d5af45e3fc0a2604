// Builds and signs, as a wallet would, everything that holders and payees agree to.
import type { Signer, TypedDataField } from "ethers";
import { DAY_S, ethers, type Stage, time, ZERO } from "./tickets-fixture.ts";

export type Ask = {
  id: bigint;
  market: string;
  currency: string;
  price: bigint;
  nonce: bigint;
  deadline: number;
  feeBps: number;
  feeTo: string;
  allowedBuyer: string;
};

const ASK = {
  Ask: fields(
    "uint256 id,address market,address currency,uint256 price,uint16 nonce,uint40 deadline," +
      "uint16 feeBps,address feeTo,address allowedBuyer",
  ),
};
const PERMIT = {
  Permit: fields("address spender,uint256 tokenId,uint256 nonce,uint256 deadline"),
};

/** An ask at the ticket's present nonce, without a fee, for anybody, for a day. */
export async function askFor(
  { tickets, market }: Pick<Stage, "tickets"> & { market: { address: string } },
  id: bigint,
  changes: Partial<Ask> = {},
): Promise<Ask> {
  const { nonce } = await tickets.ticketOf(id);
  const ask = { id, market: market.address, currency: ZERO, price: 0n, nonce };
  const deadline = (await time.latest()) + DAY_S;
  return { ...ask, deadline, feeBps: 0, feeTo: ZERO, allowedBuyer: ZERO, ...changes };
}

export async function signAsk(stage: Pick<Stage, "tickets">, signer: Signer, ask: Ask) {
  return signer.signTypedData(await domainOf(stage.tickets), ASK, ask);
}

export async function signPermit(
  stage: Pick<Stage, "tickets">,
  signer: Signer,
  permit: { spender: string; tokenId: bigint; nonce: bigint; deadline: number },
) {
  return signer.signTypedData(await domainOf(stage.tickets), PERMIT, permit);
}

export async function domainOf(contract: { getAddress(): Promise<string> }, name = "Tickets") {
  const { chainId } = await ethers.provider.getNetwork();
  const verifyingContract = await contract.getAddress();
  return { name: `Stagedoor ${name}`, version: "1", chainId, verifyingContract };
}

/** "uint256 id,address to" as EIP-712's list of fields. */
export function fields(list: string): TypedDataField[] {
  return list.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { type, name };
  });
}
