// A chain that is not the development one, in whose every block something happens to tickets of ours.

import { id as hashOf } from "ethers";
import { createWalletClient, http, parseEventLogs, toHex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { deploymentOf } from "#scripts/deployment/deploy-development.ts";
import { type Chain, openChains } from "#server/platform/chain.ts";
import type { Deployment, Modules } from "#server/platform/env.ts";
import { type Anvil, startAnvil } from "./anvil.ts";
import {
  type Acts,
  BATCH_MAX,
  createActs,
  EVENT_ID,
  type Hex,
  indexOf,
  type Tickets,
  type Transaction,
  WALLET_ADDRESSES,
} from "./busy-acts.ts";
import { addressOf, deploy, fund, inputOf } from "./deployment.ts";
import type { Chance } from "./seeded.ts";

const ABI = [...ticketsAbi, ...resaleAbi, ...boxOfficeAbi, ...splitsAbi] as const;

export type SeenLog = ReturnType<typeof readLogs>[number];

export interface BusyBlock {
  number: bigint;
  hash: Hex;
  /** Of our contracts, as viem reads them. */
  logs: SeenLog[];
}

export interface BusyChain {
  url: string;
  wsUrl: string;
  /** Of whoever asks the node itself. */
  chain: Chain;
  deployment: Deployment;
  /** Makes a block in which up to so many things happen. */
  block(acts: number): Promise<BusyBlock>;
  /** Other blocks take the place of the newest ones, with mints in some of them. */
  reorg(depth: number): Promise<BusyBlock>;
  /** The next block's clock jumps on by so many seconds. */
  passTime(seconds: number): Promise<void>;
  /** The chain as it is now, by number; from the deployment on. */
  blocks: ReadonlyMap<bigint, BusyBlock>;
  tip(): BusyBlock;
  stop(): Promise<void>;
}

export interface BusyOptions {
  chance: Chance;
  /** How deep under the head a block is final. */
  finality: number;
  /** What its clock shows at the beginning, in seconds; the time of day without. */
  startsAt?: number;
}

/** A test network that nobody of ours treats as their own. */
const CHAIN_ID = 84_532;
const BLOCK_SECONDS = 2;
const DOORS_IN_SECONDS = 5 * 3_600;
const DEADLINE_IN_SECONDS = 300 * 24 * 3_600;
/** Deeper than any reorg goes. */
const STATES_KEPT = 400;
const SNAPSHOTS_KEPT = 128n;
const MINTS_IN_REORG_MAX = 3;
const MINT_GAS = 1_500_000n;
const RICH = toHex(10n ** 24n);
/** Says yes to every signature: whoever sells would have to sign each ask. */
const CONSENTING_WALLET = "0x631626ba7e60e01b60005260206000f3";
/** A contract of somebody else, whose logs make a header's bloom say too little. */
const STRANGER = `0x${"7".repeat(40)}` as const;
const LOGGING = "0x5f5fa000";
const STRANGER_CALL: Transaction = {
  ...{ from: WALLET_ADDRESSES[0] as Hex, to: STRANGER, data: "0x" },
  ...{ gas: "0x186a0", gasPrice: "0x0" },
};
const MINTER_KEY = hashOf("minter") as Hex;

export async function openBusyChain(options: BusyOptions): Promise<BusyChain> {
  const { chance, finality, startsAt } = options;
  const anvil = await startAnvil({
    chainId: CHAIN_ID,
    args: [
      ...["--auto-impersonate", "--base-fee", "0", "--gas-price", "0", "--order", "fifo"],
      ...["--gas-limit", "2000000000", "--slots-in-an-epoch", "1"],
      ...["--prune-history", String(STATES_KEPT)],
      ...(startsAt === undefined ? [] : ["--timestamp", String(startsAt)]),
    ],
  });
  try {
    const deployment = { ...(await deployOn(anvil)), finality };
    const chain = [...openChains([deployment]).values()][0] as Chain;
    const { timestamp } = await chain.client.getBlock();
    const { tickets, modules } = deployment;
    const deadline = Number(timestamp) + DEADLINE_IN_SECONDS;
    const acts = createActs({ tickets, modules: modules as Modules, deadline, chance });
    await openEvent(anvil, deployment, Number(timestamp));
    const life = createLife({ anvil, chain, acts, chance });
    await life.observe();
    const wsUrl = anvil.url.replace("http", "ws");
    return { url: anvil.url, wsUrl, chain, deployment, ...life, stop: () => anvil.stop() };
  } catch (error) {
    await anvil.stop();
    throw error;
  }
}

async function deployOn(anvil: Anvil): Promise<Deployment> {
  await fund(anvil);
  const input = inputOf(anvil.chainId, { admin: addressOf("admin") });
  const record = await deploy(anvil, { input, eoaAdmin: true });
  const { currencies: _none, ...deployment } = deploymentOf(record, { id: 1, rpcUrl: anvil.url });
  return deployment;
}

async function openEvent(anvil: Anvil, deployment: Deployment, now: number): Promise<void> {
  const { tickets, modules } = deployment;
  const { boxOffice, resale } = modules as Modules;
  const rich = [...WALLET_ADDRESSES, ...["admin", "organiser", "minter"].map(addressOf)];
  await Promise.all(rich.map((account) => anvil.rpc("anvil_setBalance", account, RICH)));
  const consenting = [...WALLET_ADDRESSES, addressOf("voucher")];
  await Promise.all(
    consenting.map((account) => anvil.rpc("anvil_setCode", account, CONSENTING_WALLET)),
  );
  await anvil.rpc("anvil_setCode", STRANGER, LOGGING);
  const organiser = addressOf("organiser");
  const wallet = createWalletClient({ account: organiser, transport: http(anvil.url) });
  const terms = {
    ...{ organiser, doorsAt: now + DOORS_IN_SECONDS, freezeAt: 0, policy: 0, maxGifts: 15 },
    ...{ resaleCapBps: 20_000, royaltyBps: 1_000, royaltyReceiver: WALLET_ADDRESSES[0] as Hex },
    ...{ planHash: toHex(1, { size: 32 }), caps: [30_000, 0, 0, 0, 0] as const },
    ...{ currency: zeroAddress, boxOffice, feeCapBps: 500, lockMinutes: 0, cooldownMinutes: 0 },
  };
  const on = { address: tickets, abi: ticketsAbi, chain: null } as const;
  const id = BigInt(EVENT_ID);
  await wallet.writeContract({ ...on, functionName: "createEvent", args: [id, terms] });
  await wallet.writeContract({ ...on, functionName: "setMarket", args: [id, resale, true] });
  await anvil.rpc("evm_setAutomine", false);
  await anvil.rpc("anvil_setBlockTimestampInterval", BLOCK_SECONDS);
}

type Life = { anvil: Anvil; chain: Chain; acts: Acts; chance: Chance };

function createLife({ anvil, chain, acts, chance }: Life) {
  const blocks = new Map<bigint, BusyBlock>();
  const states = new Map<bigint, Tickets>();
  let newest: bigint | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  /** Blocks are made and taken back one after the other. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const tip = (): BusyBlock => blocks.get(newest ?? 0n) as BusyBlock;
  const stateAt = (number: bigint | undefined): Tickets => states.get(number ?? -1n) ?? NOTHING_YET;

  /** Reads what is new since the last look. */
  async function observe(): Promise<BusyBlock> {
    const from = newest === undefined ? BigInt(chain.deployment.startBlock) : newest + 1n;
    const head = BigInt(await anvil.rpc<Hex>("eth_blockNumber"));
    const numbers = Array.from({ length: Number(head - from) + 1 }, (_, at) => from + BigInt(at));
    const { tickets, modules } = chain.deployment;
    const address = [tickets, ...Object.values(modules as Modules)] as Hex[];
    const [headers, logs] = await Promise.all([
      Promise.all(numbers.map((blockNumber) => chain.client.getBlock({ blockNumber }))),
      chain.client.getLogs({ address, fromBlock: from, toBlock: head }),
    ]);
    const seen = readLogs(logs);
    for (const { number, hash } of headers) {
      const own = seen.filter(({ blockNumber }) => blockNumber === number);
      blocks.set(number, { number, hash, logs: own });
      states.set(number, fold(stateAt(newest), own));
      states.delete(number - SNAPSHOTS_KEPT);
      newest = number;
    }
    return tip();
  }

  return {
    blocks,
    tip,
    observe,
    passTime: (seconds: number) =>
      inTurn(async () => {
        const { timestamp } = await chain.client.getBlock();
        await anvil.rpc("evm_setNextBlockTimestamp", Number(timestamp) + seconds);
      }),
    block: (count: number) =>
      inTurn(async () => {
        const chosen = acts.choose(stateAt(newest), count);
        if (chance(2) === 0) chosen.push(STRANGER_CALL);
        for (const transaction of chosen) await anvil.rpc("eth_sendTransaction", transaction);
        await anvil.rpc("evm_mine");
        return observe();
      }),
    reorg: (depth: number) =>
      inTurn(async () => {
        const ancestor = tip().number - BigInt(depth);
        const count = chance(MINTS_IN_REORG_MAX + 1);
        const mints = await signMints({ anvil, acts, ancestor, state: stateAt(ancestor) }, count);
        // The signer's transactions come in the order of their nonces.
        const offsets = mints.map(() => chance(depth)).sort((one, other) => one - other);
        const placed = mints.map((raw, at) => [raw, offsets[at]]);
        await anvil.rpc("anvil_reorg", depth, placed);
        for (let number = tip().number; number > ancestor; number -= 1n) blocks.delete(number);
        newest = ancestor;
        return observe();
      }),
  };
}

/** What the new branch holds has to be signed: the node sends nothing for others in a reorg. */
async function signMints(
  given: { anvil: Anvil; acts: Acts; ancestor: bigint; state: Tickets },
  count: number,
): Promise<Hex[]> {
  const { anvil, acts, ancestor, state } = given;
  const account = privateKeyToAccount(MINTER_KEY);
  const at = toHex(ancestor);
  const first = Number(await anvil.rpc<Hex>("eth_getTransactionCount", account.address, at));
  let skipped = 0;
  const signed: Hex[] = [];
  for (let index = 0; index < count; index += 1) {
    const { to, data } = acts.mint(state, skipped);
    skipped += BATCH_MAX;
    const given = { to, data, gas: MINT_GAS, gasPrice: 0n, nonce: first + index };
    signed.push(await account.signTransaction({ type: "legacy", chainId: CHAIN_ID, ...given }));
  }
  return signed;
}

function readLogs(logs: Parameters<typeof parseEventLogs>[0]["logs"]) {
  return parseEventLogs({ abi: ABI, logs });
}

const NOTHING_YET: Tickets = {
  ...{ byId: new Map(), voided: [], minted: 0 },
  split: { version: 0n, payee: WALLET_ADDRESSES[0] as Hex },
};

/** The state after the logs of one more block. */
function fold(before: Tickets, logs: readonly SeenLog[]): Tickets {
  const byId = new Map(before.byId);
  const voided = new Set(before.voided);
  let { minted, split } = before;
  for (const log of logs) {
    switch (log.eventName) {
      case "Transfer": {
        const { from, to, tokenId } = log.args;
        if (from === zeroAddress) minted = Math.max(minted, indexOf(tokenId) + 1);
        byId.set(tokenId, { owner: to, nonce: (byId.get(tokenId)?.nonce ?? -1) + 1 });
        break;
      }
      case "AskCancelled": {
        const { id, nonce } = log.args;
        byId.set(id, { owner: byId.get(id)?.owner ?? zeroAddress, nonce: Number(nonce) });
        break;
      }
      case "CheckedIn":
        byId.delete(log.args.id);
        break;
      case "TicketVoided":
        byId.delete(log.args.id);
        voided.add(log.args.id);
        break;
      case "Refunded":
        voided.delete(log.args.id);
        break;
      case "ShareRedirected":
        split = { version: split.version + 1n, payee: log.args.to };
    }
  }
  return { byId, voided: [...voided], minted, split };
}
