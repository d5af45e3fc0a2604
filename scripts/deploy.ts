// Puts our contracts on a chain, from the committed bytecode.
import {
  Contract,
  ContractFactory,
  FetchRequest,
  type InterfaceAbi,
  JsonRpcProvider,
  Network,
  type TransactionReceipt,
  type TransactionResponse,
  Wallet,
} from "ethers";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { boxOfficeBytecode } from "#contracts/abi/box-office-bytecode.ts";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { resaleBytecode } from "#contracts/abi/resale-bytecode.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { splitsBytecode } from "#contracts/abi/splits-bytecode.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { ticketsBytecode } from "#contracts/abi/tickets-bytecode.ts";

type Hex = `0x${string}`;

export type TicketsRoles = { minter: Hex; gate: Hex; organiser: Hex; refunder: Hex };

const ROLE_NAMES = {
  minter: "MINTER_ROLE",
  gate: "GATE_ROLE",
  organiser: "ORGANISER_ROLE",
  refunder: "REFUNDER_ROLE",
} as const satisfies Record<keyof TicketsRoles, string>;

const CALL_TIMEOUT_MS = 10_000;
/** Several blocks of the slowest chain in use; a transaction that takes longer needs a person. */
const RECEIPT_TIMEOUT_MS = 90_000;
const RECEIPT_POLL_MS = 100;

/** Deploys from the admin's account, hands out the roles, and reads everything back. */
export async function deployTickets(options: {
  rpcUrl: string;
  chainId: number;
  adminKey: Hex;
  roles: TicketsRoles;
}): Promise<{ tickets: Hex; startBlock: number; txHash: Hex }> {
  const provider = await connect(options.rpcUrl, options.chainId);
  try {
    const admin = new Wallet(options.adminKey, provider);
    const factory = new ContractFactory(ticketsAbi, ticketsBytecode, admin);
    const contract = await factory.deploy(admin.address);
    const deployment = contract.deploymentTransaction();
    if (deployment === null) throw new Error("the deployment has no transaction");
    const receipt = await receiptOf(provider, deployment);
    const tickets = (await contract.getAddress()) as Hex;
    const deployed = new Contract(tickets, ticketsAbi, admin);
    await grantRoles({ provider, deployed, admin, roles: options.roles });
    await verifyWiring({ deployed, admin: admin.address, roles: options.roles });
    return { tickets, startBlock: receipt.blockNumber, txHash: deployment.hash as Hex };
  } finally {
    provider.destroy();
  }
}

/** Deploys the contracts that handle money, and reads back that they know each other. */
export async function deployModules(options: {
  rpcUrl: string;
  chainId: number;
  adminKey: Hex;
  tickets: Hex;
}): Promise<{ splits: Hex; resale: Hex; boxOffice: Hex }> {
  const provider = await connect(options.rpcUrl, options.chainId);
  try {
    const admin = new Wallet(options.adminKey, provider);
    const deploy = async (abi: InterfaceAbi, bytecode: Hex, args: Hex[]): Promise<Contract> => {
      const contract = await new ContractFactory(abi, bytecode, admin).deploy(...args);
      const transaction = contract.deploymentTransaction();
      if (transaction === null) throw new Error("the deployment has no transaction");
      await receiptOf(provider, transaction);
      return new Contract(await contract.getAddress(), abi, admin);
    };
    const { tickets } = options;
    const splits = await deploy(splitsAbi, splitsBytecode, [tickets]);
    const splitsAt = (await splits.getAddress()) as Hex;
    const resale = await deploy(resaleAbi, resaleBytecode, [tickets, splitsAt]);
    const boxOffice = await deploy(boxOfficeAbi, boxOfficeBytecode, [tickets]);
    for (const module of [splits, resale, boxOffice]) {
      await requireKnows(module, "TICKETS", tickets);
    }
    await requireKnows(resale, "SPLITS", splitsAt);
    return {
      splits: splitsAt,
      resale: (await resale.getAddress()) as Hex,
      boxOffice: (await boxOffice.getAddress()) as Hex,
    };
  } finally {
    provider.destroy();
  }
}

async function requireKnows(module: Contract, name: string, expected: Hex): Promise<void> {
  const actual: string = await module.getFunction(name).staticCall();
  if (actual.toLowerCase() !== expected.toLowerCase()) {
    throw new Error(`${name} of ${await module.getAddress()} is ${actual}, expected ${expected}`);
  }
}

/** Asks the node for its chain id first, so that nothing is signed for the wrong chain. */
async function connect(rpcUrl: string, expectedChainId?: number): Promise<JsonRpcProvider> {
  const request = new FetchRequest(rpcUrl);
  request.timeout = CALL_TIMEOUT_MS;
  const chainId = await chainIdOf(request.clone());
  if (expectedChainId !== undefined && chainId !== expectedChainId) {
    throw new Error(`the node serves chain ${chainId}, expected ${expectedChainId}`);
  }
  // A static network: detection would retry for ever while the node is away. No cache: a nonce or
  // receipt of a moment ago is a wrong answer here.
  return new JsonRpcProvider(request, chainId, {
    staticNetwork: Network.from(chainId),
    cacheTimeout: -1,
  });
}

async function chainIdOf(request: FetchRequest): Promise<number> {
  request.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
  const response = await request.send();
  response.assertOk();
  const { result } = response.bodyJson as { result?: unknown };
  if (typeof result !== "string") throw new Error("the node did not answer eth_chainId");
  return Number(result);
}

async function grantRoles(options: {
  provider: JsonRpcProvider;
  deployed: Contract;
  admin: Wallet;
  roles: TicketsRoles;
}): Promise<void> {
  const { provider, deployed, admin, roles } = options;
  let nonce = await provider.getTransactionCount(admin.address, "latest");
  const sent: TransactionResponse[] = [];
  // One after the other with given nonces, all before the first wait: a chain that mines once a
  // second then takes them into one block.
  for (const [duty, account] of dutiesOf(roles)) {
    const role = await deployed.getFunction(ROLE_NAMES[duty]).staticCall();
    sent.push(await deployed.getFunction("grantRole").send(role, account, { nonce }));
    nonce += 1;
  }
  for (const transaction of sent) await receiptOf(provider, transaction);
}

async function verifyWiring(options: {
  deployed: Contract;
  admin: string;
  roles: TicketsRoles;
}): Promise<void> {
  const { deployed, admin, roles } = options;
  const actualAdmin = await deployed.getFunction("defaultAdmin").staticCall();
  if (actualAdmin !== admin) throw new Error(`the admin is ${actualAdmin}, expected ${admin}`);
  for (const [duty, account] of dutiesOf(roles)) {
    const role = await deployed.getFunction(ROLE_NAMES[duty]).staticCall();
    const held: boolean = await deployed.getFunction("hasRole").staticCall(role, account);
    if (!held) throw new Error(`${account} does not hold ${ROLE_NAMES[duty]}`);
  }
}

function dutiesOf(roles: TicketsRoles): [keyof TicketsRoles, Hex][] {
  return (Object.keys(ROLE_NAMES) as (keyof TicketsRoles)[]).map((duty) => [duty, roles[duty]]);
}

async function receiptOf(
  provider: JsonRpcProvider,
  transaction: TransactionResponse,
): Promise<TransactionReceipt> {
  const deadline = performance.now() + RECEIPT_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const receipt = await provider.getTransactionReceipt(transaction.hash);
    if (receipt !== null) {
      if (receipt.status !== 1) throw new Error(`transaction ${transaction.hash} reverted`);
      return receipt;
    }
    await new Promise((resolve) => setTimeout(resolve, RECEIPT_POLL_MS));
  }
  throw new Error(`transaction ${transaction.hash} is not mined after ${RECEIPT_TIMEOUT_MS} ms`);
}
