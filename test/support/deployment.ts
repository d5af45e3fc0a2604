// Deploys collections for suites, with keys of their own and a record in memory.
import { computeAddress, concat, id, type JsonRpcProvider, zeroPadValue } from "ethers";
import { connect } from "#scripts/deployment/connect.ts";
import { deployCollection } from "#scripts/deployment/deploy-collection.ts";
import { DUTIES, type Duties, type Hex, MINT_LIMIT_BUILT_IN } from "#scripts/deployment/duties.ts";
import type { CollectionInput } from "#scripts/deployment/input.ts";
import type { Method } from "#scripts/deployment/plan.ts";
import { requireBalance } from "#scripts/deployment/preflight.ts";
import {
  isDone,
  type PrepareOptions,
  prepare,
  requireDeployable,
} from "#scripts/deployment/prepare.ts";
import type { DeploymentRecord, RecordStore } from "#scripts/deployment/record.ts";
import { createSender, receiptOf, type Sender } from "#scripts/deployment/transactions.ts";
import type { Anvil } from "./anvil.ts";

export const DEPLOYER_KEY = id("deployer") as Hex;
export const deployer = addressOf("deployer");
/** Has the code below wherever the deployer has coin. */
export const MULTISIG = addressOf("multisig");

/**
 * A wallet that calls what it is told to, as a multisig does once enough have signed: the first
 * word of its input is the target, the rest goes there, and a revert comes back as it was.
 */
const WALLET_CODE = "0x602036038060205f375f5f825f5f5f355af1601c573d5f5f3e3d5ffd5b00";

const COIN_WEI = "0x8ac7230489e80000";

export function addressOf(name: string): Hex {
  return computeAddress(id(name)) as Hex;
}

export function dutiesOfTests(): Duties {
  return Object.fromEntries(DUTIES.map((duty) => [duty, addressOf(duty)])) as Duties;
}

export function inputOf(chainId: number, changes: Partial<CollectionInput> = {}): CollectionInput {
  return {
    ...{ chainId, collection: "main", admin: MULTISIG, development: false },
    duties: dutiesOfTests(),
    limits: { minter: MINT_LIMIT_BUILT_IN, voucher: MINT_LIMIT_BUILT_IN },
    ...changes,
  };
}

export function memoryStore(): RecordStore & { record: DeploymentRecord | undefined } {
  return {
    record: undefined,
    read() {
      return this.record;
    },
    // As a file would: what is changed afterwards is not in it.
    write(record) {
      this.record = structuredClone(record);
    },
  };
}

/** Gives the deployer coin and the multisig code. */
export async function fund(anvil: Anvil): Promise<void> {
  await anvil.rpc("anvil_setBalance", deployer, COIN_WEI);
  await anvil.rpc("anvil_setCode", MULTISIG, WALLET_CODE);
}

export type DeployCall = {
  input?: CollectionInput;
  method?: Method;
  store?: RecordStore;
  resume?: boolean;
  eoaAdmin?: boolean;
  sender?: (real: Sender) => Sender;
  startBlock?: number;
};

/** As ./stagedoor deploy does it, without its display. */
export async function deploy(anvil: Anvil, call: DeployCall = {}): Promise<DeploymentRecord> {
  const provider = await connect(anvil.url, anvil.chainId);
  try {
    const { sender = (real: Sender) => real, startBlock } = call;
    const options: PrepareOptions & { sender: Sender } = {
      ...{ provider, deployer, sender: sender(createSender(DEPLOYER_KEY, provider)) },
      input: call.input ?? inputOf(anvil.chainId),
      method: call.method ?? "create2",
      store: call.store ?? memoryStore(),
      resume: call.resume ?? false,
      eoaAdmin: call.eoaAdmin ?? false,
    };
    const record = await requireDeployable(options);
    const prepared = await prepare(options, record);
    if (!isDone(prepared)) requireBalance(deployer, prepared.cost);
    const progress = {
      note: () => undefined,
      step: <T>(_: string, work: () => Promise<T>) => work(),
    };
    return await deployCollection({ ...options, startBlock, progress }, prepared);
  } finally {
    provider.destroy();
  }
}

/** Sends a call from any account, as a thief or a multisig would. */
export async function callAs(
  anvil: Anvil,
  from: Hex,
  { to, data }: { to: Hex; data: string },
): Promise<void> {
  await anvil.rpc("anvil_impersonateAccount", from);
  await anvil.rpc("anvil_setBalance", from, COIN_WEI);
  const hash = await anvil.rpc<Hex>("eth_sendTransaction", { from, to, data });
  const { status } = await withProvider(anvil, (provider) => receiptOf(provider, hash));
  if (status !== 1) throw new Error(`the call from ${from} reverted`);
}

/** What anybody sends to the multisig, so that it makes the call. */
export function throughMultisig({ to, data }: { to: Hex; data: string }): { to: Hex; data: Hex } {
  return { to: MULTISIG, data: concat([zeroPadValue(to, 32), data]) as Hex };
}

export async function passTime(anvil: Anvil, seconds: number): Promise<void> {
  await anvil.rpc("evm_increaseTime", seconds);
  await anvil.rpc("evm_mine");
}

export async function withProvider<T>(
  anvil: Anvil,
  work: (provider: JsonRpcProvider) => Promise<T>,
): Promise<T> {
  const provider = await connect(anvil.url, anvil.chainId);
  try {
    return await work(provider);
  } finally {
    provider.destroy();
  }
}

export async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("expected a failure");
}
