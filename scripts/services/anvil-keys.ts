// The accounts of the embedded chain: publicly known keys, worth nothing anywhere else.
import { type HDKey, mnemonicToAccount, privateKeyToAddress } from "viem/accounts";

/** Anvil's default phrase; printed in its documentation, so never use it on another chain. */
const ANVIL_MNEMONIC = "test test test test test test test test test test test junk";
export const ANVIL_CHAIN_ID = 31337;
export const ANVIL_ACCOUNTS_MAX = 30;

/** Who holds which account; fans have all from `fan` up to the payouts'. */
export const ANVIL_ROLES = {
  admin: 0,
  minter: 1,
  organiser: 2,
  gate: 3,
  refunder: 4,
  fan: 5,
  payout: 25,
  artist: 26,
  venue: 27,
  voucher: 28,
  guardian: 29,
} as const;

export type AnvilAccount = { address: `0x${string}`; privateKey: `0x${string}` };

/** The phrase takes thousands of hashes: it is read once, for the first who asks. */
let above: HDKey | undefined;

export function anvilAccount(index: number): AnvilAccount {
  if (!Number.isInteger(index) || index < 0 || index >= ANVIL_ACCOUNTS_MAX) {
    throw new RangeError(`The embedded chain has accounts 0 to ${ANVIL_ACCOUNTS_MAX - 1}.`);
  }
  above ??= mnemonicToAccount(ANVIL_MNEMONIC, { path: "m/44'/60'/0'/0" }).getHdKey();
  const key = above.deriveChild(index).privateKey;
  if (key === null) throw new Error("the derived account has no private key");
  const privateKey = `0x${Buffer.from(key).toString("hex")}` as const;
  return { address: privateKeyToAddress(privateKey), privateKey };
}
