// Refuses, before anything is sent, what would fail half way or should not be done.
import { formatEther, type JsonRpcProvider } from "ethers";
import { ANVIL_CHAIN_ID } from "../services/anvil-keys.ts";
import { reasonOf, Stop } from "../stop.ts";
import { hasProxy, PROXY } from "./create2.ts";
import { DUTIES, type Hex } from "./duties.ts";
import type { CollectionInput } from "./input.ts";
import type { Method, PlannedPart } from "./plan.ts";
import type { DeploymentRecord } from "./record.ts";
import { withMargin } from "./transactions.ts";

/** Roles, limits and the offer, generously; nine calls at most. */
const CALLS_GAS = 9n * 100_000n;
/** A wallet that delegates to a contract is still one key (EIP-7702). */
const DELEGATION = "0xef0100";

/** A multisig has code; on the embedded chain anybody will do. */
export async function requireAdminContract(
  provider: JsonRpcProvider,
  { admin, chainId }: CollectionInput,
): Promise<void> {
  if (chainId === ANVIL_CHAIN_ID) return;
  const code = await provider.getCode(admin);
  if (code !== "0x" && !code.startsWith(DELEGATION)) return;
  throw new Stop(
    `The admin ${admin} has no code on chain ${chainId}, so it is no multisig there.`,
    "Create it on this chain first, or accept a single key with --eoa-admin.",
  );
}

export async function requireProxy(provider: JsonRpcProvider, method: Method): Promise<void> {
  if (method !== "create2" || (await hasProxy(provider))) return;
  throw new Stop(
    `This chain has no deterministic-deployment proxy at ${PROXY}.`,
    "--install-proxy creates it with its known keyless transaction (0.01 coin); " +
      "--plain does without, at addresses that follow from the deployer's nonce.",
  );
}

/** Their nonces would be given out twice. */
export async function requireNothingPending(
  provider: JsonRpcProvider,
  deployer: Hex,
): Promise<number> {
  const mined = await provider.getTransactionCount(deployer, "latest");
  const known = await provider.getTransactionCount(deployer, "pending");
  if (known <= mined) return mined;
  throw new Stop(
    `The deployer ${deployer} has ${known - mined} transactions that are not mined yet.`,
    "Wait for them or replace them, then start again.",
  );
}

/** A second run must continue the first one, not something else under its name. */
export function requireSameInput(
  record: DeploymentRecord,
  given: { input: CollectionInput; deployer: Hex; method: Method },
): void {
  const { input, deployer, method } = given;
  const pairs: [name: string, recorded: unknown, wanted: unknown][] = [
    ["deployer", record.deployer, deployer],
    ["admin", record.admin, input.admin],
    ["method", record.method, method],
    ...DUTIES.map((duty): [string, Hex, Hex] => [duty, record.duties[duty], input.duties[duty]]),
    ["limits", JSON.stringify(record.limits), JSON.stringify(input.limits)],
  ];
  for (const [name, recorded, wanted] of pairs) {
    if (recorded === wanted) continue;
    throw new Stop(
      `The recorded deployment of ${record.collection} has ${name} ${recorded}, not ${wanted}.`,
      "Give what it was begun with, or another --collection.",
    );
  }
}

export type Cost = { gas: bigint; wei: bigint; balanceWei: bigint };

/** Notes the gas of each creation. Trying them also finds a chain that will not have them. */
export async function estimateCost(
  provider: JsonRpcProvider,
  given: { deployer: Hex; missing: readonly PlannedPart[] },
): Promise<Cost> {
  const { deployer, missing } = given;
  let gas = CALLS_GAS;
  for (const { part, call } of missing) {
    try {
      call.gasLimit = withMargin(await provider.estimateGas({ ...call, from: deployer }));
      gas += call.gasLimit;
    } catch (error) {
      throw new Stop(
        `The chain refuses to create ${part}: ${reasonOf(error)}.`,
        "Its limits of code or of a transaction's gas may be lower than Ethereum's.",
        { cause: error },
      );
    }
  }
  const { maxFeePerGas, gasPrice } = await provider.getFeeData();
  const wei = gas * (maxFeePerGas ?? gasPrice ?? 0n);
  return { gas, wei, balanceWei: await provider.getBalance(deployer) };
}

export function requireBalance(deployer: Hex, { wei, balanceWei }: Cost): void {
  if (balanceWei >= wei) return;
  throw new Stop(
    `The deployer ${deployer} has ${formatEther(balanceWei)} and may need ${formatEther(wei)}.`,
    "Send it the rest; what is left over stays its own.",
  );
}
