// The one port through which transactions are signed, whatever keeps the key.
import type { TransactionSerializableEIP1559 } from "viem";
import { privateKeyToAccount } from "viem/accounts";

export interface Signer {
  address: `0x${string}`;
  /** The signed raw transaction, ready to be stored and then broadcast. */
  sign(transaction: TransactionSerializableEIP1559): Promise<`0x${string}`>;
}

export function createLocalSigner(key: `0x${string}`): Signer {
  const account = privateKeyToAccount(key);
  return {
    address: account.address.toLowerCase() as `0x${string}`,
    sign: (transaction) => account.signTransaction(transaction),
  };
}
