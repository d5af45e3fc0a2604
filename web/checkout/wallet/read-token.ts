// What a token says of itself and of the payer, read through the wallet; loaded when a token pays.
import { decodeFunctionResult, encodeFunctionData } from "viem/utils";
import type { Voucher } from "../../api/wire.ts";
import type { AskWallet } from "../../session/wallet.ts";
import { tokenAbi } from "./token-abi.ts";

type Hex = `0x${string}`;

export interface TokenFacts {
  symbol: string;
  decimals: number;
  balance: bigint;
  /** What the box office may take already. */
  allowance: bigint;
  /** Whom an authorisation is signed for (EIP-712); null where the token knows none (EIP-3009). */
  domain: { name: string; version: string } | null;
}

type Read = (typeof tokenAbi)[number]["name"];

export async function readToken(
  ask: AskWallet,
  given: Pick<Voucher, "token" | "boxOffice" | "authorisation" | "voucher">,
): Promise<TokenFacts> {
  const { token, boxOffice, authorisation } = given;
  const payer = given.voucher.payer;
  const read = async <T>(functionName: Read, args: readonly unknown[] = []) => {
    const data = encodeFunctionData({ abi: tokenAbi, functionName, args } as never);
    const answer = await ask<Hex>("eth_call", [{ to: token, data }, "latest"]);
    return decodeFunctionResult({ abi: tokenAbi, functionName, data: answer } as never) as T;
  };
  const maybe = <T>(functionName: Read, args: readonly unknown[] = []) =>
    read<T>(functionName, args).catch(() => undefined);
  const [symbol, decimals, balance, allowance, isUsed] = await Promise.all([
    maybe<string>("symbol"),
    read<number>("decimals"),
    read<bigint>("balanceOf", [payer]),
    read<bigint>("allowance", [payer, boxOffice]),
    authorisation === null
      ? undefined
      : maybe<boolean>("authorizationState", [payer, authorisation.nonce]),
  ]);
  const domain = isUsed === undefined ? null : await readDomain(maybe);
  return { symbol: symbol ?? "tokens", decimals, balance, allowance, domain };
}

/** Newer tokens tell it whole (EIP-5267); older ones have it in two functions. */
async function readDomain(
  maybe: <T>(functionName: Read) => Promise<T | undefined>,
): Promise<TokenFacts["domain"]> {
  const whole = await maybe<readonly unknown[]>("eip712Domain");
  if (whole !== undefined) return { name: String(whole[1]), version: String(whole[2]) };
  const [name, version] = await Promise.all([maybe<string>("name"), maybe<string>("version")]);
  return name === undefined || version === undefined ? null : { name, version };
}
