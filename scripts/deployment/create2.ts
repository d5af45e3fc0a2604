// Creates contracts through the deterministic-deployment proxy, so that addresses follow from code.
import { concat, getCreate2Address, id, type JsonRpcProvider, keccak256 } from "ethers";
import { Stop } from "../stop.ts";
import type { Hex } from "./duties.ts";
import { type Call, requireSuccess, type Sender, sendAll } from "./transactions.ts";

/** The proxy that Foundry, Safe and others use; on most chains since their first days. */
export const PROXY = "0x4e59b44847b379578588920cA78FbF26c0B4956C";
const PROXY_CODE =
  "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";
/**
 * Signed with made-up numbers, so that nobody has the key and the proxy has this address on every
 * chain. It names no chain, which some nodes refuse.
 */
const PROXY_TRANSACTION =
  "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222";
const PROXY_SIGNER = "0x3fAB184622Dc19b6109349B94811493BF2a45362";
/** 100,000 gas at 100 gwei, as that transaction says. */
const PROXY_COST_WEI = 10n ** 16n;

/** Collections of one deployer lie side by side under different names. */
export function saltOf(collection: string): Hex {
  return id(`stagedoor/${collection}`) as Hex;
}

export function create2Address(salt: Hex, code: Hex): Hex {
  return getCreate2Address(PROXY, salt, keccak256(code)) as Hex;
}

export function create2Call(salt: Hex, code: Hex): Call {
  return { to: PROXY, data: concat([salt, code]) as Hex };
}

/** Another contract at that address could create something else than it was asked for. */
export async function hasProxy(provider: JsonRpcProvider): Promise<boolean> {
  const code = await provider.getCode(PROXY);
  if (code === "0x") return false;
  if (code.toLowerCase() === PROXY_CODE) return true;
  throw new Stop(
    `The contract at ${PROXY} is not the deterministic-deployment proxy.`,
    "Deploy with --plain, whose addresses follow from the deployer's nonce.",
  );
}

/** Pays the keyless signer what the known transaction costs, and sends that. */
export async function installProxy(provider: JsonRpcProvider, sender: Sender): Promise<void> {
  const missing = PROXY_COST_WEI - (await provider.getBalance(PROXY_SIGNER));
  if (missing > 0n) {
    const payment = { to: PROXY_SIGNER as Hex, data: "0x" as Hex, value: missing };
    const [hash] = await sendAll({ provider, sender, calls: [payment] });
    await requireSuccess(provider, hash as Hex);
  }
  let hash: Hex;
  try {
    hash = (await provider.send("eth_sendRawTransaction", [PROXY_TRANSACTION])) as Hex;
  } catch (error) {
    throw new Stop(
      `The chain refuses the transaction that creates the proxy at ${PROXY}.`,
      "Deploy with --plain, whose addresses follow from the deployer's nonce.",
      { cause: error },
    );
  }
  await requireSuccess(provider, hash);
}
