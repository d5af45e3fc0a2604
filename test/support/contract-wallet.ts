// A contract wallet (ERC-1271) that takes its keeper's signatures, and no others.
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { Chain } from "#server/platform/chain.ts";
import { rpc, waitForReceipt } from "./chain.ts";

export async function deployWallet(chain: Chain, keeper: `0x${string}`): Promise<`0x${string}`> {
  const { address: from } = anvilAccount(ANVIL_ROLES.fan);
  const transaction = { from, data: walletOf(keeper) };
  const hash = await rpc<`0x${string}`>(chain, "eth_sendTransaction", [transaction]);
  const { contractAddress } = await waitForReceipt(chain, hash);
  return contractAddress as `0x${string}`;
}

/** isValidSignature(hash, 65 bytes of signature): the magic value if `keeper` made it, else 0. */
function walletOf(keeper: `0x${string}`): `0x${string}` {
  const runtime = [
    "6020600460003760a43560001a602052", // memory = hash, v
    "60406064604037", // memory = hash, v, r, s
    "602060806080600060015afa50", // memory[128] = ecrecover of them
    `60805173${keeper.slice(2)}14`, // is it the keeper?
    "631626ba7e60e01b02", // times the magic value
    "60005260206000f3",
  ].join("");
  return `0x60${(runtime.length / 2).toString(16)}80600b6000396000f3${runtime}`;
}
