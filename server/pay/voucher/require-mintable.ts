// Asks the chain, without spending anything, whether an order would be minted: else nobody may pay it.
import { encodeFunctionData, keccak256, toBytes } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { Fault, Refusal } from "../../domain/failure.ts";
import type { Voucher } from "../../domain/voucher.ts";
import { type Chain, onChain } from "../../platform/chain.ts";
import type { Modules } from "../../platform/env.ts";
import { readRefused } from "../../platform/tx/refused.ts";

type Hex = `0x${string}`;

const VOUCHER_ROLE = keccak256(toBytes("VOUCHER_ROLE"));

interface Given {
  voucher: Voucher;
  modules: Modules;
  /** The zero address is the chain's coin. */
  token: Hex;
  signer: Hex;
}

/** Answers the smallest units of the event's currency in one unit of a price. */
export async function requireMintable(chain: Chain, given: Given): Promise<bigint> {
  const { voucher, modules, token, signer } = given;
  const { boxOffice } = modules;
  const { mayBuy, floor, terms, now } = await refusedAsSuch(() => readChain(chain, given));
  if (terms.currency.toLowerCase() !== token || terms.boxOffice.toLowerCase() !== boxOffice) {
    const detail = "On chain this event is sold by another box office or in another currency.";
    throw new Refusal("pay/other-way", detail, { why: "other-terms" });
  }
  if (!mayBuy) throw new Fault("server/unavailable", `${signer} has no VOUCHER_ROLE.`);
  if (BigInt(voucher.unitPrice) < floor) throw notMintable("BoxOfficePriceBelowFloor");
  if (now >= BigInt(voucher.deadline)) {
    throw new Refusal("order/expired", "The order ends before the next block could take it.");
  }
  return terms.faceUnit;
}

async function readChain({ client, deployment }: Chain, given: Given) {
  const { voucher, modules, signer } = given;
  const { tickets } = deployment;
  const { boxOffice } = modules;
  const [terms, mayBuy, floor, block] = await onChain(() =>
    Promise.all([
      client.readContract({
        ...{ address: tickets, abi: ticketsAbi, functionName: "eventOf" },
        args: [voucher.eventId],
      }),
      client.readContract({
        ...{ address: tickets, abi: ticketsAbi, functionName: "hasRole" },
        args: [VOUCHER_ROLE, signer],
      }),
      client.readContract({
        ...{ address: boxOffice, abi: boxOfficeAbi, functionName: "floorOf" },
        args: [voucher.eventId, voucher.class],
      }),
      client.getBlock({ blockTag: "latest" }),
      // As the box office does it: seats, stock, limits and pauses are the contract's to judge.
      client.call({ account: boxOffice, to: tickets, data: mintCall(voucher) }),
    ]),
  );
  return { terms, mayBuy, floor, now: block.timestamp };
}

function mintCall({ eventId, class: ofClass, unitPrice, runs }: Voucher): Hex {
  const args = [eventId, ofClass, unitPrice, runs] as const;
  return encodeFunctionData({ abi: ticketsAbi, functionName: "mintFunded", args });
}

async function refusedAsSuch<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const refused = readRefused(error);
    throw refused === undefined ? error : notMintable(refused.refusal);
  }
}

function notMintable(reason: string): Refusal {
  return new Refusal("pay/not-mintable", `The contract would refuse it: ${reason}.`, { reason });
}
