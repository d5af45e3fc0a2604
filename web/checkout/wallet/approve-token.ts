// Lets the box office take a voucher's price from the payer's tokens, and waits until the chain knows.
import { encodeFunctionData } from "viem/utils";
import type { Voucher } from "../../api/wire.ts";
import type { AskWallet } from "../../session/wallet.ts";
import { createFateReader, type Fate } from "./follow-payment.ts";
import { Hurdle } from "./hurdle.ts";
import { requireTaken } from "./require-taken.ts";
import { tokenAbi } from "./token-abi.ts";

type Hex = `0x${string}`;

/** More of them than an order has seconds. */
const LOOKS_MAX = 1_000;

interface Approving {
  ask: AskWallet;
  voucher: Pick<Voucher, "token" | "boxOffice" | "amount"> & { voucher: { payer: string } };
  /** Said before the wallet opens, and when the chain is waited for. */
  onStep: (step: "approve" | "approving") => void;
  /** Between two looks at the chain; throws once nobody waits any more. */
  pause: () => Promise<unknown>;
}

/** Just the price: what a contract may take without asking should never be more. */
export async function approveToken({ ask, voucher, onStep, pause }: Approving): Promise<void> {
  const args = [voucher.boxOffice as Hex, BigInt(voucher.amount)] as const;
  const data = encodeFunctionData({ abi: tokenAbi, functionName: "approve", args });
  const from = voucher.voucher.payer;
  const transaction = { from, to: voucher.token ?? "", data, value: "0x0" };
  await requireTaken(ask, transaction);
  onStep("approve");
  const hash = await ask<string>("eth_sendTransaction", [transaction]);
  onStep("approving");
  const look = createFateReader(ask, hash);
  let fate: Fate = await look();
  for (let looks = 1; fate === "waiting" && looks < LOOKS_MAX; looks += 1) {
    await pause();
    fate = await look();
  }
  if (fate !== "taken") throw new Hurdle("not-taken");
}
