// A simulated chain that answers what each transaction cost and which tickets it moved.
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { encodeDeployData, encodeFunctionData, type Hex, numberToHex, size } from "viem";
import type { Artifact } from "./artifacts.ts";

/** Mint, transfer and burn alike; in ERC-721 the id is the last topic. */
const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
/** What one transaction may use: under Osaka by EIP-7825, later by the chain's configuration. */
const GAS_MAX = { osaka: 16_777_216, amsterdam: 150_000_000 } as const;

export type Rules = keyof typeof GAS_MAX;

export type Sent = {
  gas: number;
  /** Of the tickets that got a holder, in the order of the logs. */
  ids: bigint[];
};

export type Call = { from?: Hex; value?: bigint };

export type Contract = {
  address: Hex;
  deployGas: number;
  bytes: number;
  send(method: string, args: readonly unknown[], call?: Call): Promise<Sent>;
};

export type Chain = {
  /** Each has a private key that the chain signs with. */
  accounts: Hex[];
  deploy(artifact: Artifact, args: readonly unknown[]): Promise<Contract>;
  sendData(transaction: { from: Hex; to?: Hex; data: Hex; value?: bigint }): Promise<Receipt>;
  /** The present in seconds, as the last block has it. */
  now(): Promise<number>;
  /** Lets the next block be of this second. */
  setTime(seconds: number): Promise<void>;
  signTyped(account: Hex, data: TypedData): Promise<Hex>;
  /** Runs the work and takes back everything that it did to the chain. */
  trial<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** EIP-712, numbers as strings of digits. */
export type TypedData = {
  domain: { name: string; version: string; verifyingContract: Hex };
  primaryType: string;
  types: Record<string, { name: string; type: string }[]>;
  message: Record<string, string>;
};

export type Receipt = Sent & { contractAddress: Hex | null };

type RawReceipt = {
  status: Hex;
  gasUsed: Hex;
  contractAddress: Hex | null;
  logs: { topics: Hex[] }[];
};

export async function openChain(
  hre: HardhatRuntimeEnvironment,
  rules: Rules = "osaka",
  /** A peer can be larger than a chain takes, where another pipeline made it. */
  { anySize = false }: { anySize?: boolean } = {},
): Promise<Chain> {
  const override = anySize ? { allowUnlimitedContractSize: true } : {};
  const connection = await hre.network.create({ network: rules, override });
  const rpc = async <T>(method: string, params: unknown[] = []) =>
    (await connection.provider.request({ method, params })) as T;

  const sendData: Chain["sendData"] = async ({ value = 0n, ...transaction }) => {
    const sent = { ...transaction, value: numberToHex(value), gas: numberToHex(GAS_MAX[rules]) };
    const hash = await rpc<Hex>("eth_sendTransaction", [sent]);
    const receipt = await rpc<RawReceipt>("eth_getTransactionReceipt", [hash]);
    if (receipt.status !== "0x1") throw new Error(`The transaction ${hash} was reverted.`);
    const { contractAddress, logs } = receipt;
    return { gas: Number(receipt.gasUsed), contractAddress, ids: logs.flatMap(transferredId) };
  };

  const accounts = await rpc<Hex[]>("eth_accounts");
  const deployer = accountAt(accounts, 0);
  return {
    accounts,
    sendData,
    async deploy({ abi, bytecode, deployedBytecode }, args) {
      const data = encodeDeployData({ abi, bytecode, args });
      const { gas, contractAddress } = await sendData({ from: deployer, data });
      if (contractAddress === null) throw new Error("A deployment left no address.");
      const to = contractAddress;
      const encode = (functionName: string, values: readonly unknown[]) =>
        encodeFunctionData({ abi, functionName, args: values });
      return {
        address: to,
        deployGas: gas,
        bytes: size(deployedBytecode),
        send: async (method, values, { from = deployer, value = 0n } = {}) =>
          await sendData({ from, to, data: encode(method, values), value }),
      };
    },
    async now() {
      const block = await rpc<{ timestamp: Hex }>("eth_getBlockByNumber", ["latest", false]);
      return Number(block.timestamp);
    },
    setTime: async (seconds) => {
      await rpc("evm_setNextBlockTimestamp", [seconds]);
    },
    async signTyped(account, { domain, ...data }) {
      const chainId = Number(await rpc<Hex>("eth_chainId"));
      return await rpc("eth_signTypedData_v4", [
        account,
        { ...data, domain: { ...domain, chainId } },
      ]);
    },
    async trial(work) {
      const snapshot = await rpc<Hex>("evm_snapshot");
      try {
        return await work();
      } finally {
        await rpc("evm_revert", [snapshot]);
      }
    },
    close: () => connection.close(),
  };
}

export function accountAt(accounts: readonly Hex[], index: number): Hex {
  const account = accounts[index];
  if (account === undefined) throw new Error(`The chain has no account ${index}.`);
  return account;
}

function transferredId({ topics }: { topics: Hex[] }): bigint[] {
  const [kind, , , id] = topics;
  return kind === TRANSFER && id !== undefined ? [BigInt(id)] : [];
}
