// What suites ask of the chain directly.
import { createWalletClient, http, type WriteContractParameters } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { Chain } from "#server/platform/chain.ts";

const RECEIPT_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

export async function waitForReceipt(chain: Chain, hash: `0x${string}`) {
  const receipt = await chain.client.waitForTransactionReceipt({
    hash,
    timeout: RECEIPT_TIMEOUT_MS,
    pollingInterval: POLL_MS,
  });
  if (receipt.status !== "success") throw new Error(`transaction ${hash} reverted`);
  return receipt;
}

type Call = Pick<WriteContractParameters<typeof ticketsAbi>, "functionName" | "args">;

/** Sends one call to the contract and waits until it is in a block. */
export async function write(
  chain: Chain,
  role: keyof typeof ANVIL_ROLES | `0x${string}`,
  call: Call,
) {
  const key = role.startsWith("0x")
    ? (role as `0x${string}`)
    : anvilAccount(ANVIL_ROLES[role as keyof typeof ANVIL_ROLES]).privateKey;
  const { rpcUrl, tickets } = chain.deployment;
  const wallet = createWalletClient({ account: privateKeyToAccount(key), transport: http(rpcUrl) });
  const hash = await wallet.writeContract({
    address: tickets,
    abi: ticketsAbi,
    chain: null,
    ...call,
  } as unknown as WriteContractParameters);
  await waitForReceipt(chain, hash);
  return hash;
}

export async function rpc<T>(chain: Chain, method: string, params: unknown[] = []): Promise<T> {
  return chain.client.request({ method, params } as never) as Promise<T>;
}
