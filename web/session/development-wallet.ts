// Fans with well-known keys, for a chain on this machine only; loaded when somebody asks for them.
import { mnemonicToAccount } from "viem/accounts";
import type { Wallet } from "./wallet.ts";

/** The development chain's own phrase: everybody knows it, so it must never guard anything. */
const MNEMONIC = "test test test test test test test test test test test junk";
const DEVELOPMENT_CHAIN_ID = 31_337;
/** The accounts before these run the house: admin, minter, gate, organiser, refunder. */
const FAN_INDEXES = [5, 6, 7, 8, 9] as const;

export function developmentWallets(chainIds: readonly number[]): Wallet[] {
  if (!chainIds.every((chainId) => chainId === DEVELOPMENT_CHAIN_ID)) {
    throw new Error("The development wallet works on a local chain only.");
  }
  return FAN_INDEXES.map((addressIndex) => {
    const account = mnemonicToAccount(MNEMONIC, { addressIndex });
    return { address: account.address, sign: (message) => account.signMessage({ message }) };
  });
}
