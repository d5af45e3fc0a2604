// What must never reach production: test keys, the test wallet and the payment provider that asks no bank.
import { mnemonicToAccount, privateKeyToAddress } from "viem/accounts";

export const LOCAL_CHAIN_ID = 31337;

/**
 * Every anvil and Hardhat node makes its accounts from this phrase, so everybody has their keys.
 */
const PUBLISHED_MNEMONIC = "test test test test test test test test test test test junk";
const PUBLISHED_ACCOUNTS = 30;

function isPublishedKey(key: `0x${string}`): boolean {
  const address = privateKeyToAddress(key);
  for (let addressIndex = 0; addressIndex < PUBLISHED_ACCOUNTS; addressIndex += 1) {
    const published = mnemonicToAccount(PUBLISHED_MNEMONIC, { addressIndex });
    if (published.address === address) return true;
  }
  return false;
}

/** The parts in use that may only be used here; empty where all is well (D12). */
export function refusedParts(env: {
  nodeEnv: string;
  chainIds: readonly number[];
  paymentProvider: string;
  wallet: string;
  minterKey: `0x${string}` | undefined;
}): string[] {
  const local =
    env.nodeEnv === "development" && env.chainIds.every((chainId) => chainId === LOCAL_CHAIN_ID);
  if (local) return [];
  const parts: string[] = [];
  if (env.paymentProvider === "development") parts.push("PAYMENT_PROVIDER=development");
  if (env.wallet === "development") parts.push("WALLET=development");
  if (env.minterKey !== undefined && isPublishedKey(env.minterKey)) {
    parts.push("a published test key as MINTER_KEY");
  }
  return parts;
}
