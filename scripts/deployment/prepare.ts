// Looks at the chain and the record before a deployment: what is there, what is missing, what it costs.
import type { JsonRpcProvider } from "ethers";
import { Stop } from "../stop.ts";
import { compareCode } from "./compare-code.ts";
import { type Addresses, PARTS } from "./contracts.ts";
import { lineOf } from "./difference.ts";
import type { Hex } from "./duties.ts";
import type { CollectionInput } from "./input.ts";
import { requireInstructions } from "./instructions.ts";
import { type Method, makePlan, type Plan, type PlannedPart } from "./plan.ts";
import {
  type Cost,
  estimateCost,
  requireAdminContract,
  requireNothingPending,
  requireProxy,
  requireSameInput,
} from "./preflight.ts";
import { addressesOf, type DeploymentRecord, type RecordStore } from "./record.ts";

export type PrepareOptions = {
  provider: JsonRpcProvider;
  deployer: Hex;
  input: CollectionInput;
  method: Method;
  store: RecordStore;
  /** Keeps what is there already instead of refusing it. */
  resume: boolean;
  /** The admin may be an ordinary account. */
  eoaAdmin?: boolean;
};

export type Prepared = {
  plan: Plan;
  missing: PlannedPart[];
  cost: Cost;
  /** Of the run that is gone on with. */
  record: DeploymentRecord | undefined;
};

/** A second run then only verifies; a reorg may have taken back what was complete. */
export function isDone({ record, missing }: Prepared): boolean {
  return record?.state === "complete" && missing.length === 0;
}

/** What needs neither proxy nor plan. Answers the record that a second run goes on with. */
export async function requireDeployable(
  options: PrepareOptions,
): Promise<DeploymentRecord | undefined> {
  const { provider, input, store, resume } = options;
  const record = store.read();
  if (record !== undefined && !resume) {
    throw new Stop(
      `Collection ${input.collection} of chain ${input.chainId} is recorded already ` +
        `(${record.state}, Tickets at ${record.contracts.tickets.address}).`,
      "--resume goes on with it; --collection NAME makes another one beside it.",
    );
  }
  if (record !== undefined) requireSameInput(record, options);
  const isSettled = options.eoaAdmin === true || record?.state === "complete";
  if (!isSettled) await requireAdminContract(provider, input);
  return record;
}

export async function prepare(
  options: PrepareOptions,
  record: DeploymentRecord | undefined,
): Promise<Prepared> {
  const { provider, deployer, input, method } = options;
  await requireInstructions(provider);
  await requireProxy(provider, method);
  const nonce = await requireNothingPending(provider, deployer);
  const { collection } = input;
  const existing = method === "plain" ? await findPlain(options, record) : {};
  const plan = makePlan({ method, collection, deployer, nonce, existing });
  const missing: PlannedPart[] = [];
  for (const planned of plan.parts) {
    if (!(await isThere(options, plan.addresses, planned))) missing.push(planned);
    else if (!options.resume) {
      throw new Stop(
        `There is a contract at ${planned.address} already, where ${planned.part} would be.`,
        "--resume keeps it if it is the right one; --collection NAME makes another one beside it.",
      );
    }
  }
  const cost = await estimateCost(provider, { deployer, missing });
  return { plan, missing, cost, record };
}

/** Code at an address of ours can only be ours, unless somebody changed the chain itself. */
async function isThere(
  { provider, input }: PrepareOptions,
  at: Addresses,
  { part, address }: PlannedPart,
): Promise<boolean> {
  const code = (await provider.getCode(address)) as Hex;
  if (code === "0x") return false;
  const [difference] = compareCode(part, { code, chainId: input.chainId, at });
  if (difference === undefined) return true;
  throw new Stop(
    `The contract at ${address} is another one: ${lineOf(difference)}.`,
    "Deploy from the checkout that it was begun with, or give another --collection.",
  );
}

/** Addresses from nonces say nothing about the code there: only what matches is kept. */
async function findPlain(
  { provider, input }: PrepareOptions,
  record: DeploymentRecord | undefined,
): Promise<Partial<Addresses>> {
  if (record === undefined) return {};
  const at = addressesOf(record);
  const existing: Partial<Addresses> = {};
  for (const part of PARTS) {
    const code = (await provider.getCode(at[part])) as Hex;
    // Those after a missing one know its old address.
    if (compareCode(part, { code, chainId: input.chainId, at }).length > 0) break;
    existing[part] = at[part];
  }
  return existing;
}
