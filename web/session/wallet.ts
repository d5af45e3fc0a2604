// What signing in and paying need of a wallet, whoever keeps its key.

export interface Wallet {
  address: `0x${string}`;
  sign: (message: string) => Promise<`0x${string}`>;
}

/** One request to a wallet (EIP-1193); a person's no is a WalletRefused. */
export type AskWallet = <T>(method: string, params?: unknown[]) => Promise<T>;

/** The fan said no in the wallet; not a failure of anything. */
export class WalletRefused extends Error {
  override readonly name = "WalletRefused";
}
