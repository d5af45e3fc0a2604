// Carries out a deployment: creates what is missing, hands out the duties, offers the admin role.
import { Contract, keccak256 } from "ethers";
import { compiler } from "#contracts/abi/compiler.ts";
import type { Progress } from "../progress.ts";
import { Stop } from "../stop.ts";
import { creationHash, interfaceOf, PARTS, type Part } from "./contracts.ts";
import { saltOf } from "./create2.ts";
import { lineOf } from "./difference.ts";
import { ADMIN_ROLE, DUTIES, type Hex, LIMITED, MINT_LIMIT_BUILT_IN, roleOf } from "./duties.ts";
import { isDone, type Prepared, type PrepareOptions } from "./prepare.ts";
import type { DeploymentRecord } from "./record.ts";
import { findStartBlock } from "./start-block.ts";
import {
  type Call,
  codeAt,
  receiptOf,
  requireSuccess,
  type Sender,
  sendAll,
} from "./transactions.ts";
import { verifyCollection } from "./verify-collection.ts";

export type DeployOptions = PrepareOptions & {
  sender: Sender;
  /** For contracts that were found without a record, where the node cannot tell. */
  startBlock?: number | undefined;
  progress: Pick<Progress, "step" | "note">;
};

/** A crash at any moment leaves a record that a second run goes on from. */
export async function deployCollection(
  options: DeployOptions,
  prepared: Prepared,
): Promise<DeploymentRecord> {
  const { store, progress, provider } = options;
  const record = await begin(options, prepared);
  store.write(record);
  if (prepared.missing.length > 0) {
    await progress.step("Create the contracts", () => create(options, prepared, record));
  }
  for (const part of PARTS) {
    const contract = record.contracts[part];
    contract.codeHash = keccak256(await codeAt(provider, contract.address)) as Hex;
  }
  store.write(record);
  await progress.step("Hand out the duties", () => settle(options, record));
  await progress.step("Verify the deployment", () => requireAsPlanned(options, record));
  record.state = "complete";
  store.write(record);
  return record;
}

async function begin(
  { provider, input, deployer, startBlock }: DeployOptions,
  prepared: Prepared,
): Promise<DeploymentRecord> {
  const { plan, missing, record } = prepared;
  const isNew = missing.some(({ part }) => part === "tickets");
  const { tickets, termsReader, passReader, renderer } = plan.addresses;
  const lookedUp = async () => record?.startBlock ?? (await findStartBlock(provider, tickets));
  const contracts = plan.parts.map(({ part, address, arguments: args }) => {
    const isMissing = missing.some((each) => each.part === part);
    const { txHash = null, codeHash = null } =
      (isMissing ? undefined : record?.contracts[part]) ?? {};
    const hashes = { txHash, creationHash: creationHash(part), codeHash };
    return [part, { address, arguments: args, ...hashes }] as const;
  });
  return {
    collection: input.collection,
    state: isDone(prepared) ? "complete" : "unfinished",
    chainId: input.chainId,
    method: plan.method,
    salt: plan.method === "create2" ? saltOf(input.collection) : null,
    deployer,
    admin: input.admin,
    acceptFrom: record?.acceptFrom ?? null,
    // Nothing of it can be older than the block before it is sent.
    startBlock: isNew ? await provider.getBlockNumber() : (startBlock ?? (await lookedUp())),
    duties: input.duties,
    limits: input.limits,
    contracts: {
      ...(Object.fromEntries(contracts) as Record<Part, DeploymentRecord["contracts"][Part]>),
      termsReader: { address: termsReader },
      passReader: { address: passReader },
      renderer: { address: renderer },
    },
    compiler,
  };
}

async function create(
  { provider, sender, store }: DeployOptions,
  { missing, plan }: Prepared,
  record: DeploymentRecord,
): Promise<void> {
  const hashes = await sendAll({
    provider,
    sender,
    calls: missing.map(({ call }) => call),
    onSent(index, hash) {
      const part = missing[index]?.part;
      if (part !== undefined) record.contracts[part].txHash = hash;
      store.write(record);
    },
  });
  for (const [index, { part, address }] of missing.entries()) {
    const hash = hashes[index] as Hex;
    const receipt = await receiptOf(provider, hash);
    if (part === "tickets" && receipt.status === 1) record.startBlock = receipt.blockNumber;
    if (receipt.status === 1) continue;
    // Anybody can send the same creation through the proxy, to the same effect.
    if (plan.method === "create2" && (await provider.getCode(address)) !== "0x") {
      record.contracts[part].txHash = null;
      continue;
    }
    throw new Stop(`The creation of ${part} reverted (${hash}).`, "Look it up, then --resume.");
  }
}

/** The offer has the last nonce: once it is made, everything before it is. */
async function settle(options: DeployOptions, record: DeploymentRecord): Promise<void> {
  const { provider, sender } = options;
  const { address } = record.contracts.tickets;
  const tickets = new Contract(address, interfaceOf("tickets"), provider);
  const isAdmin: boolean = await tickets
    .getFunction("hasRole")
    .staticCall(ADMIN_ROLE, sender.address);
  const calls = isAdmin ? await settingCalls(tickets, record) : [];
  const hashes = await sendAll({ provider, sender, calls });
  for (const hash of hashes) await requireSuccess(provider, hash);
  if (record.admin === record.deployer) return;
  const [offeredTo, acceptFrom] = await tickets.getFunction("pendingAdmin").staticCall();
  if (offeredTo === record.admin) record.acceptFrom = Number(acceptFrom);
}

async function settingCalls(tickets: Contract, record: DeploymentRecord): Promise<Call[]> {
  const to = (await tickets.getAddress()) as Hex;
  const call = (name: string, ...args: unknown[]): Call => {
    return { to, data: tickets.interface.encodeFunctionData(name, args) as Hex };
  };
  const calls: Call[] = [];
  for (const duty of DUTIES) {
    const [role, account] = [roleOf(duty), record.duties[duty]];
    const held: boolean = await tickets.getFunction("hasRole").staticCall(role, account);
    if (!held) calls.push(call("grantRole", role, account));
  }
  const [offeredTo] = await tickets.getFunction("pendingAdmin").staticCall();
  if (offeredTo === record.admin) return calls;
  for (const duty of LIMITED) {
    const { tickets: count, windowSeconds } = record.limits[duty];
    const same =
      count === MINT_LIMIT_BUILT_IN.tickets && windowSeconds === MINT_LIMIT_BUILT_IN.windowSeconds;
    if (!same) calls.push(call("setMintLimit", roleOf(duty), count, windowSeconds));
  }
  if (record.admin !== record.deployer) calls.push(call("offerAdmin", record.admin));
  return calls;
}

async function requireAsPlanned(
  { provider }: DeployOptions,
  record: DeploymentRecord,
): Promise<void> {
  const { tickets } = record.contracts;
  const contract = new Contract(tickets.address, interfaceOf("tickets"), provider);
  const admin: string = await contract.getFunction("defaultAdmin").staticCall();
  const handover = admin === record.admin ? "accepted" : "offered";
  const differences = await verifyCollection({ provider, record, handover });
  if (differences.length === 0) return;
  throw new Stop(
    `The deployment is not as planned: ${differences.map(lineOf).join("; ")}.`,
    "Look at each; --resume tries what is missing again.",
  );
}
