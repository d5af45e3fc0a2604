// The wallet that the fan's browser brings along (EIP-1193), if it brings one.
import { type Wallet, WalletRefused } from "./wallet.ts";

interface Provider {
  request: (call: { method: string; params?: unknown[] }) => Promise<unknown>;
}

declare global {
  interface Window {
    ethereum?: Provider;
  }
}

const USER_REJECTED = 4001;
const HEX_BASE = 16;

export function hasInjectedWallet(): boolean {
  return window.ethereum !== undefined;
}

/** No deadline here: the fan may take as long as they like to read what they sign. */
export async function connectInjectedWallet(): Promise<Wallet> {
  const accounts = await askInjectedWallet<`0x${string}`[]>("eth_requestAccounts");
  const address = accounts[0];
  if (address === undefined) throw new WalletRefused("The wallet shared no account.");
  return {
    address,
    sign: (message) => askInjectedWallet("personal_sign", [hexOf(message), address]),
  };
}

export async function askInjectedWallet<T>(method: string, params: unknown[] = []): Promise<T> {
  const provider = window.ethereum;
  if (provider === undefined) throw new WalletRefused("This browser has no wallet.");
  try {
    return (await provider.request({ method, params })) as T;
  } catch (error) {
    if ((error as { code?: unknown }).code === USER_REJECTED) {
      throw new WalletRefused("You said no in the wallet. Nothing happened.", { cause: error });
    }
    throw error;
  }
}

function hexOf(text: string): `0x${string}` {
  const bytes = [...new TextEncoder().encode(text)];
  return `0x${bytes.map((byte) => byte.toString(HEX_BASE).padStart(2, "0")).join("")}`;
}
