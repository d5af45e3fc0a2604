// The one port through which transactions and typed data are signed, whatever keeps the key.
import type { TransactionSerializableEIP1559, TypedDataDefinition } from "viem";
import { privateKeyToAccount } from "viem/accounts";

export interface Signer {
  address: `0x${string}`;
  /** The signed raw transaction, ready to be stored and then broadcast. */
  sign(transaction: TransactionSerializableEIP1559): Promise<`0x${string}`>;
}

/** A key that signs words for contracts as well (EIP-712), which somebody else sends. */
export interface TypedSigner extends Signer {
  signTyped(data: TypedDataDefinition): Promise<`0x${string}`>;
}

export function createLocalSigner(key: `0x${string}`): TypedSigner {
  const account = privateKeyToAccount(key);
  return {
    address: account.address.toLowerCase() as `0x${string}`,
    sign: (transaction) => account.signTransaction(transaction),
    signTyped: (data) => account.signTypedData(data),
  };
}
