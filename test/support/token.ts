// The contracts' own test token on a suite's chain, compiled from its source when it is asked for.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Abi, createPublicClient, createWalletClient, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { Chain } from "#server/platform/chain.ts";

const ROOT = join(import.meta.dirname, "../..");
const SOURCE = "test/contracts/mocks/TestToken.sol";
/** As USDC and EURC have them. */
const DECIMALS = 6;
const POLL_MS = 50;

interface Output {
  errors?: { severity: string; formattedMessage: string }[];
  contracts: Record<string, Record<string, { abi: Abi; evm: { bytecode: { object: string } } }>>;
}

export const tokenAbi = [
  {
    ...{ type: "function", name: "mint", stateMutability: "nonpayable", outputs: [] },
    inputs: [
      { name: "to", type: "address" },
      { name: "value", type: "uint256" },
    ],
  },
  {
    ...{ type: "function", name: "approve", stateMutability: "nonpayable" },
    inputs: [
      { name: "spender", type: "address" },
      { name: "value", type: "uint256" },
    ],
    outputs: [{ name: "", type: "bool" }],
  },
  {
    ...{ type: "function", name: "balanceOf", stateMutability: "view" },
    inputs: [{ name: "account", type: "address" }],
    outputs: [{ name: "", type: "uint256" }],
  },
] as const;

export async function deployToken(rpcUrl: string): Promise<Hex> {
  const { abi, bytecode } = compile();
  const transport = http(rpcUrl);
  const account = privateKeyToAccount(anvilAccount(ANVIL_ROLES.admin).privateKey);
  const wallet = createWalletClient({ account, transport });
  const hash = await wallet.deployContract({ abi, bytecode, args: [DECIMALS], chain: null });
  const client = createPublicClient({ transport });
  const { contractAddress } = await client.waitForTransactionReceipt({
    hash,
    pollingInterval: POLL_MS,
  });
  if (contractAddress == null) throw new Error("the token was not deployed");
  return contractAddress.toLowerCase() as Hex;
}

export async function mintTokens(
  { client, deployment }: Chain,
  token: Hex,
  to: Hex,
  value: bigint,
): Promise<void> {
  const transport = http(deployment.rpcUrl);
  const account = privateKeyToAccount(anvilAccount(ANVIL_ROLES.admin).privateKey);
  const wallet = createWalletClient({ account, transport });
  const call = { address: token, abi: tokenAbi, functionName: "mint" } as const;
  const hash = await wallet.writeContract({ ...call, args: [to, value], chain: null });
  await client.waitForTransactionReceipt({ hash, pollingInterval: POLL_MS });
}

function compile(): { abi: Abi; bytecode: Hex } {
  const require = createRequire(import.meta.url);
  const solc = require("solc") as {
    compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
  };
  const input = {
    language: "Solidity",
    sources: { [SOURCE]: { content: readFileSync(join(ROOT, SOURCE), "utf8") } },
    settings: {
      evmVersion: "cancun",
      outputSelection: { [SOURCE]: { TestToken: ["abi", "evm.bytecode.object"] } },
    },
  };
  const read = (path: string) => ({
    contents: readFileSync(join(ROOT, "node_modules", path), "utf8"),
  });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read })) as Output;
  const wrong = output.errors?.find(({ severity }) => severity === "error");
  const token = output.contracts?.[SOURCE]?.TestToken;
  if (wrong !== undefined || token === undefined) throw new Error(wrong?.formattedMessage);
  return { abi: token.abi, bytecode: `0x${token.evm.bytecode.object}` };
}
