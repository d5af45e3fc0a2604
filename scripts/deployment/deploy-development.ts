// Deploys a collection to the embedded chain, its duties on the accounts whose keys everybody knows.
import { zeroAddress } from "viem";
import type { Deployment, Modules } from "#server/platform/env.ts";
import { ANVIL_CHAIN_ID, ANVIL_ROLES, anvilAccount } from "../services/anvil-keys.ts";
import { connect } from "./connect.ts";
import { deployCollection } from "./deploy-collection.ts";
import { DUTIES, type Duties, type Hex, MINT_LIMIT_BUILT_IN } from "./duties.ts";
import { prepare, requireDeployable } from "./prepare.ts";
import { addressesOf, type DeploymentRecord, type RecordStore } from "./record.ts";
import { createSender } from "./transactions.ts";

export async function deployDevelopment(given: {
  rpcUrl: string;
  collection: string;
  store: RecordStore;
  note: (text: string) => void;
}): Promise<DeploymentRecord> {
  const { collection, store, note } = given;
  const provider = await connect(given.rpcUrl, ANVIL_CHAIN_ID);
  try {
    const sender = createSender(anvilAccount(ANVIL_ROLES.admin).privateKey, provider);
    const duties = DUTIES.map((duty) => [duty, anvilAccount(ANVIL_ROLES[duty]).address]);
    const options = {
      ...{ provider, sender, deployer: sender.address, method: "create2" as const, store },
      // A first start that was interrupted goes on from where it was.
      resume: true,
      input: {
        ...{ chainId: ANVIL_CHAIN_ID, collection, admin: sender.address, development: true },
        duties: Object.fromEntries(duties) as Duties,
        limits: { minter: MINT_LIMIT_BUILT_IN, voucher: MINT_LIMIT_BUILT_IN },
      },
      progress: { note, step: <T>(_name: string, work: () => Promise<T>) => work() },
    };
    const prepared = await prepare(options, await requireDeployable(options));
    return await deployCollection(options, prepared);
  } finally {
    provider.destroy();
  }
}

/** The collection's entry in the DEPLOYMENTS of the processes. */
export function deploymentOf(
  record: DeploymentRecord,
  { id, rpcUrl }: { id: number; rpcUrl: string },
): Deployment {
  const lower = Object.entries(addressesOf(record)).map(([part, at]) => [part, at.toLowerCase()]);
  const { tickets, splits, resale, boxOffice, renderer } = Object.fromEntries(lower) as Modules & {
    tickets: Hex;
  };
  const { chainId, startBlock } = record;
  const modules = { splits, resale, boxOffice, renderer };
  // Its coin costs nothing, and so events in it can be bought by any wallet of the chain.
  const currencies = { ETH: zeroAddress };
  return { id, chainId, rpcUrl, tickets, startBlock, modules, currencies };
}
