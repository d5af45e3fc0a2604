// What signing in needs of a wallet, whoever keeps its key.

export interface Wallet {
  address: `0x${string}`;
  sign: (message: string) => Promise<`0x${string}`>;
}

/** The fan said no in the wallet; not a failure of anything. */
export class WalletRefused extends Error {
  override readonly name = "WalletRefused";
}
