// Makes sure that the wallet shows the buyer's account, on the chain that sells.
import { type AskWallet, WalletRefused } from "../../session/wallet.ts";
import { Hurdle } from "./hurdle.ts";

/** Of wallet_switchEthereumChain: the wallet knows no such chain (EIP-3326). */
const CHAIN_UNKNOWN = 4902;

export async function requireBuyer(ask: AskWallet, buyer: string): Promise<void> {
  const accounts = await ask<string[]>("eth_requestAccounts");
  // A wallet may show several, in any order and spelling.
  if (accounts.some((account) => account.toLowerCase() === buyer.toLowerCase())) return;
  throw new Hurdle("other-account");
}

export async function requireNetwork(ask: AskWallet, chainId: number): Promise<void> {
  if (Number(await ask<string>("eth_chainId")) !== chainId) throw new Hurdle("other-network");
}

export async function switchNetwork(ask: AskWallet, chainId: number): Promise<void> {
  try {
    await ask("wallet_switchEthereumChain", [{ chainId: toHex(chainId) }]);
  } catch (error) {
    if (error instanceof WalletRefused) throw error;
    throw isUnknown(error) ? new Hurdle("unknown-network", { cause: error }) : error;
  }
}

export function toHex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** Some wallets wrap the code of the wallet inside. */
function isUnknown(error: unknown): boolean {
  const { code, data } = error as {
    code?: unknown;
    data?: { originalError?: { code?: unknown } };
  };
  return code === CHAIN_UNKNOWN || data?.originalError?.code === CHAIN_UNKNOWN;
}
