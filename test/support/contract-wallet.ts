// Contract wallets in a few bytes of code, honest and hostile, deployed or still to be (ERC-1271, ERC-6492).
import {
  concatHex,
  encodeAbiParameters,
  getCreate2Address,
  type Hex,
  keccak256,
  padHex,
  toHex,
} from "viem";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { Chain } from "#server/platform/chain.ts";
import { rpc, waitForReceipt } from "./chain.ts";

/** Deploys what it is sent, at an address that the code decides; every anvil begins with it. */
export const CREATE2_FACTORY = "0x4e59b44847b379578588920cA78FbF26c0B4956C";
const ERC6492_SUFFIX: Hex = `0x${"6492".repeat(16)}`;

/** Code that takes the signatures of one key for its own: the magic value if it made it, else 0. */
export function walletOf(keeper: `0x${string}`): Hex {
  return initCode(
    [
      "6020600460003760a43560001a602052", // memory = hash, v
      "60406064604037", // memory = hash, v, r, s
      "602060806080600060015afa50", // memory[128] = ecrecover of them
      `60805173${keeper.slice(2)}14`, // is it the keeper?
      "631626ba7e60e01b02", // times the magic value
      "60005260206000f3",
    ].join(""),
  );
}

/** Code that answers for every signature alike. */
export const WALLETS_THAT = {
  "says no": initCode("60206000f3"),
  "answers true instead of the magic value": initCode("600160005260206000f3"),
  "answers nothing": initCode("60006000f3"),
  reverts: initCode("60006000fd"),
  "burns all gas": initCode("5b600056"),
  "answers a megabyte": initCode("620f42406000f3"),
} as const;

/** Says yes to everything. */
export const YES_WALLET = initCode("631626ba7e60e01b60005260206000f3");

export async function deploy(chain: Chain, data: Hex): Promise<`0x${string}`> {
  const { address: from } = anvilAccount(ANVIL_ROLES.fan);
  const hash = await rpc<Hex>(chain, "eth_sendTransaction", [{ from, data }]);
  return (await waitForReceipt(chain, hash)).contractAddress as `0x${string}`;
}

/** Where the factory will put the code. */
export function addressOfFuture(code: Hex): `0x${string}` {
  const from = CREATE2_FACTORY;
  return getCreate2Address({ from, salt: SALT, bytecodeHash: keccak256(code) });
}

/** A signature that says how to deploy its wallet before it is asked. */
export function beforeDeployment(
  signature: Hex,
  { factory = CREATE2_FACTORY, call }: { factory?: Hex; call: Hex },
): Hex {
  const wrapped = encodeAbiParameters(
    [{ type: "address" }, { type: "bytes" }, { type: "bytes" }],
    [factory, call, signature],
  );
  return concatHex([wrapped, ERC6492_SUFFIX]);
}

/** What the factory is told. */
export function deploymentOf(code: Hex): Hex {
  return concatHex([SALT, code]);
}

const SALT = padHex(toHex(6492), { size: 32 });

function initCode(runtime: string): Hex {
  return `0x60${toHex(runtime.length / 2, { size: 1 }).slice(2)}80600b6000396000f3${runtime}`;
}
