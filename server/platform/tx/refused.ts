// The name of the contract's error in a call that it refused, and what the error is about.
import { decodeErrorResult, type Hex } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { revertData } from "./revert-data.ts";

export interface Refused {
  refusal: string;
  /** What it names first: a ticket or an event. */
  about: bigint | undefined;
}

/** Undefined where a call failed for another reason. */
export function readRefused(error: unknown): Refused | undefined {
  const data = revertData(error);
  return data === null ? undefined : decodeRefused(data);
}

export function decodeRefused(data: Hex | undefined): Refused {
  if (data === undefined || data === "0x") {
    return { refusal: "reverted without data", about: undefined };
  }
  for (const abi of [ticketsAbi, boxOfficeAbi, splitsAbi, resaleAbi]) {
    try {
      const { errorName, args } = decodeErrorResult({ abi, data });
      const about = args?.find((value) => typeof value === "bigint");
      return { refusal: errorName, about };
    } catch {
      // Not one of this contract's; another one may know it.
    }
  }
  return { refusal: `unknown error ${data.slice(0, 10)}`, about: undefined };
}
