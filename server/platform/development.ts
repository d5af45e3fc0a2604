// What must never reach production: test keys, the test wallet and the payment provider that asks no bank.
import { toHex } from "viem";
import { mnemonicToAccount, privateKeyToAddress } from "viem/accounts";

export const LOCAL_CHAIN_ID = 31337;

/**
 * Every anvil and Hardhat node makes its accounts from this phrase, so everybody has their keys.
 */
const PUBLISHED_MNEMONIC = "test test test test test test test test test test test junk";
const PUBLISHED_ACCOUNTS = 30;

/** Made when it is needed: deriving the accounts takes a moment. */
function publishedAddresses(): ReadonlySet<string> {
  const addresses = new Set<string>();
  // The phrase takes thousands of hashes, a key below it hardly any.
  const above = mnemonicToAccount(PUBLISHED_MNEMONIC, { path: "m/44'/60'/0'/0" }).getHdKey();
  for (let index = 0; index < PUBLISHED_ACCOUNTS; index += 1) {
    const key = above.deriveChild(index).privateKey;
    if (key === null) throw new Error("the derived account has no private key");
    addresses.add(privateKeyToAddress(toHex(key)).toLowerCase());
  }
  return addresses;
}

export function isDevelopment(env: { nodeEnv: string; chainIds: readonly number[] }): boolean {
  return (
    env.nodeEnv === "development" && env.chainIds.every((chainId) => chainId === LOCAL_CHAIN_ID)
  );
}

/** The parts in use that may only be used here; empty where all is well (D12). */
export function refusedParts(env: {
  nodeEnv: string;
  chainIds: readonly number[];
  paymentProvider: string;
  stripe: { apiUrl: URL | undefined } | undefined;
  wallet: string;
  minterKeys: readonly string[];
  organiserKey: string | undefined;
  refunderKey: string | undefined;
  gateKey: string | undefined;
  payoutKey: string | undefined;
  voucherKey: string | undefined;
  /** Lower-case addresses. */
  operators: readonly string[];
}): string[] {
  if (isDevelopment(env)) return [];
  const parts: string[] = [];
  if (env.paymentProvider === "development") parts.push("PAYMENT_PROVIDER=development");
  if (env.stripe?.apiUrl !== undefined) parts.push("STRIPE_API_URL");
  if (env.wallet === "development") parts.push("WALLET=development");
  const { operators } = env;
  const keys = [
    ...env.minterKeys.map((key) => ["MINTER_KEY", key] as const),
    ["ORGANISER_KEY", env.organiserKey] as const,
    ["REFUNDER_KEY", env.refunderKey] as const,
    ["GATE_KEY", env.gateKey] as const,
    ["PAYOUT_KEY", env.payoutKey] as const,
    ["VOUCHER_KEY", env.voucherKey] as const,
  ];
  const given = keys.filter(([, key]) => key !== undefined);
  if (given.length === 0 && operators.length === 0) return parts;
  const published = publishedAddresses();
  for (const [name, key] of given) {
    if (key?.startsWith("0x") && published.has(privateKeyToAddress(key as "0x").toLowerCase())) {
      parts.push(`a published test key as ${name}`);
    }
  }
  if (operators.some((address) => published.has(address))) {
    parts.push("a published test wallet in STAGEDOOR_OPERATORS");
  }
  return parts;
}
