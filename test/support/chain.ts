// What suites ask of the chain directly.
import { setTimeout as sleep } from "node:timers/promises";
import { createWalletClient, http, type WriteContractParameters } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { withBlockLock } from "#scripts/services/block-lock.ts";
import type { Chain } from "#server/platform/chain.ts";
import { requireVariable } from "./variables.ts";

const RECEIPT_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
const MINED_LIMIT_MS = 10_000;
const MINED_POLL_MS = 10;

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

/** Only while no block is made: anvil would lose one for good, and stay without it. */
const still = <T>(work: () => Promise<T>) =>
  withBlockLock(requireVariable("TEST_BLOCK_LOCK"), work);

const toHex = (value: number | bigint) => `0x${value.toString(16)}`;

/** A chain that mines at once answers before it has: whoever is quick sees the block before. */
export async function untilMined(chain: Chain): Promise<void> {
  const endMs = performance.now() + MINED_LIMIT_MS;
  while (Number((await rpc<{ pending: string }>(chain, "txpool_status")).pending) > 0) {
    if (performance.now() > endMs) throw new Error("a transaction was not mined");
    await sleep(MINED_POLL_MS);
  }
}

/** A large chain needs seconds for all at once, and answers to nobody meanwhile. */
const BLOCKS_AT_ONCE = 16;

export async function mineBlocks(
  chain: Chain,
  count: number,
  { baseFeeWei }: { baseFeeWei?: bigint } = {},
): Promise<void> {
  await still(async () => {
    if (baseFeeWei !== undefined) {
      await rpc(chain, "anvil_setNextBlockBaseFeePerGas", [toHex(baseFeeWei)]);
    }
    for (let left = count; left > 0; left -= BLOCKS_AT_ONCE) {
      await rpc(chain, "anvil_mine", [toHex(Math.min(left, BLOCKS_AT_ONCE))]);
    }
  });
}

/** The newest blocks become others, the first of them with these transactions. */
export async function reorg(
  chain: Chain,
  depth: number,
  transactions: readonly unknown[] = [],
): Promise<void> {
  const first = transactions.map((transaction) => [transaction, 0]);
  await still(() => rpc(chain, "anvil_reorg", [depth, first]));
}

/**
 * Every block after this one is made anew; answers the last that is as it was. That may be a later
 * one: a block without transactions comes out as the same again.
 */
export async function reorgAfter(chain: Chain, ancestor: bigint): Promise<bigint> {
  return still(async () => {
    // viem answers this from memory for some seconds, unless told otherwise.
    const newest = await chain.client.getBlockNumber({ cacheTime: 0 });
    const was = await hashesAfter(chain, ancestor, newest);
    await rpc(chain, "anvil_reorg", [Number(newest - ancestor), []]);
    const is = await hashesAfter(chain, ancestor, newest);
    const other = was.findIndex((hash, at) => hash !== is[at]);
    return other < 0 ? newest : ancestor + BigInt(other);
  });
}

async function hashesAfter({ client }: Chain, ancestor: bigint, newest: bigint) {
  const numbers = Array.from(
    { length: Number(newest - ancestor) },
    (_, at) => ancestor + BigInt(at) + 1n,
  );
  const blocks = await Promise.all(numbers.map((blockNumber) => client.getBlock({ blockNumber })));
  return blocks.map(({ hash }) => hash);
}

/** Answers how the chain is made to forget all that came after now. */
export async function remember(chain: Chain): Promise<() => Promise<void>> {
  const snapshot = await still(() => rpc<string>(chain, "evm_snapshot"));
  return async () => {
    await still(() => rpc(chain, "evm_revert", [snapshot]));
  };
}
