// Works out where every contract of a collection will lie, before anything is sent.
import { getCreateAddress } from "ethers";
import { type Addresses, argumentsOf, creationCode, innerAddresses, PARTS } from "./contracts.ts";
import { create2Address, create2Call, saltOf } from "./create2.ts";
import type { Hex } from "./duties.ts";
import type { Call } from "./transactions.ts";

/** Plain: from the deployer's account and nonce, where a chain has no proxy. */
export type Method = "create2" | "plain";

export type PlannedPart = {
  part: (typeof PARTS)[number];
  address: Hex;
  arguments: Hex[];
  call: Call;
};

export type Plan = { method: Method; addresses: Addresses; parts: PlannedPart[] };

export type PlanOptions = {
  method: Method;
  collection: string;
  /** The admin until the hand-over. */
  deployer: Hex;
  /** Only for plain ones: the nonce of the first contract that is still to be created. */
  nonce: number;
  /** Only for plain ones: those that are there already. */
  existing?: Partial<Addresses>;
};

export function makePlan(options: PlanOptions): Plan {
  const { method, deployer, existing = {} } = options;
  const salt = saltOf(options.collection);
  const at: Partial<Addresses> = {};
  let nonce = options.nonce;
  const parts = PARTS.map((part): PlannedPart => {
    const args = argumentsOf(part, { admin: deployer, at });
    const code = creationCode(part, args);
    let address: Hex;
    if (method === "create2") {
      address = create2Address(salt, code);
    } else {
      address = existing[part] ?? (getCreateAddress({ from: deployer, nonce }) as Hex);
      if (existing[part] === undefined) nonce += 1;
    }
    at[part] = address;
    const call = method === "create2" ? create2Call(salt, code) : { to: null, data: code };
    return { part, address, arguments: args, call };
  });
  const { tickets } = at as Addresses;
  const addresses = { ...(at as Addresses), ...innerAddresses(tickets) };
  return { method, addresses, parts };
}
