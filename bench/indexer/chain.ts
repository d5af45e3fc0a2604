// A chain of its own for the bench, and the product's contracts on it with everything that happened.
import { Agent, request } from "node:http";
import { join } from "node:path";
import { encodeFunctionData, parseEther, toHex, zeroAddress } from "viem";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { deployDevelopment, deploymentOf } from "#scripts/deployment/deploy-development.ts";
import type { DeploymentRecord, RecordStore } from "#scripts/deployment/record.ts";
import { ANVIL_ACCOUNTS_MAX, ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { type Child, startChild, waitUntilReady } from "#scripts/services/child.ts";
import { packageFolder } from "#scripts/services/packages.ts";
import { findFreePort, LOOPBACK } from "#scripts/services/ports.ts";
import { encodeRuns } from "#server/domain/mint-runs.ts";
import { systemClock, unixSeconds } from "#server/platform/clock.ts";
import type { Deployment, Modules } from "#server/platform/env.ts";
import { type Block, EVENT_ID, FACE_GWEI, generateBlocks, type Mint, wallets } from "./workload.ts";

type Hex = `0x${string}`;
type Call = [method: string, params: unknown[]];

export interface BenchChain {
  deployment: Deployment;
  url: string;
  call<T>(method: string, params?: unknown[]): Promise<T>;
  /** Puts these into the pool and makes a block of them. */
  mine(transactions: readonly object[]): Promise<void>;
  stop(): Promise<void>;
}

const BLOCK_SECONDS = 2;
/** A chain's last blocks are not final for an indexer; nothing happens in these. */
const QUIET_BLOCKS = 40;
const GAS_LIMIT = 2_000_000_000;
const TRANSACTIONS_KEPT = 200_000;
const READY_LIMIT_MS = 20_000;
const READY_POLL_MS = 50;
const STOP_LIMIT_MS = 1_000;
const DOORS_IN_SECONDS = 5 * 3_600;
const ASKS_LAST_SECONDS = 30 * 24 * 3_600;
const CAP = 4_000_000;
const MINTS_AN_HOUR = 10n ** 9n;
const CALLS_AT_ONCE = 500;
const RICH = toHex(parseEther("100000000"));
/** Says yes to every signature; a wallet's own rule is not what is measured. */
const CONSENTING_WALLET = "0x631626ba7e60e01b60005260206000f3";

const account = (role: keyof typeof ANVIL_ROLES) => anvilAccount(ANVIL_ROLES[role]).address;

/** The contracts, an event that is on sale, and its gate open. */
export async function openChain(home: string): Promise<BenchChain> {
  const port = await findFreePort();
  const url = `http://${LOOPBACK}:${port}`;
  const child = await startAnvil(home, port);
  const call = rpcTo(url);
  await waitUntilReady({
    ...{ what: "The chain of the bench", limitMs: READY_LIMIT_MS, everyMs: READY_POLL_MS, child },
    check: async () => Number(await call("eth_chainId")) > 0,
  });
  const deployment = await deploy(url);
  await call("evm_setAutomine", [false]);
  await call("anvil_setBlockTimestampInterval", [BLOCK_SECONDS]);
  const chain: BenchChain = {
    ...{ deployment, url, call },
    mine: async (transactions) => {
      const send = (transaction: object): Call => ["eth_sendTransaction", [transaction]];
      await callAll(url, [...transactions.map(send), ["evm_mine", []]]);
    },
    stop: () => child.stop([{ signal: "SIGTERM", waitMs: STOP_LIMIT_MS }]),
  };
  await openEvent(chain);
  return chain;
}

/** Makes every block of the workload. */
export async function fillChain(chain: BenchChain, blocks?: number): Promise<void> {
  const { url, deployment } = chain;
  await callAll(
    url,
    wallets.map((wallet): Call => ["anvil_setCode", [wallet, CONSENTING_WALLET]]),
  );
  const deadline = unixSeconds(systemClock) + ASKS_LAST_SECONDS;
  for (const block of generateBlocks(blocks)) {
    await chain.mine(transactionsOf(block, deployment, deadline));
  }
  await chain.call("anvil_mine", [toHex(QUIET_BLOCKS)]);
}

export function mintOf(deployment: Deployment, mints: readonly Mint[]): object {
  const args = [BigInt(EVENT_ID), 0, FACE_GWEI, encodeRuns(mints)] as const;
  const data = encodeFunctionData({ abi: ticketsAbi, functionName: "mintRuns", args });
  const gas = toHex(200_000 + mints.length * 100_000);
  return { from: account("minter"), to: deployment.tickets, data, gas, gasPrice: "0x0" };
}

function transactionsOf(block: Block, deployment: Deployment, deadline: number): object[] {
  const { tickets } = deployment;
  const { resale } = deployment.modules as Modules;
  const onTickets = (from: Hex, functionName: string, args: unknown[]) => ({
    ...{ from, to: tickets, gas: toHex(300_000), gasPrice: "0x0" },
    data: encodeFunctionData({ abi: ticketsAbi, functionName, args } as never),
  });
  const acts = block.acts.map((act) => {
    if (act.kind === "check-in") return onTickets(account("gate"), "checkIn", [act.id]);
    if (act.kind === "move") return onTickets(act.from, "transferFrom", [act.from, act.to, act.id]);
    const { id, nonce, price, to } = act;
    const ask = {
      ...{ id, market: resale, currency: zeroAddress, price, nonce, deadline },
      ...{ feeBps: 0, feeTo: zeroAddress, allowedBuyer: zeroAddress },
    };
    const args = [ask, to, "0x"] as const;
    const data = encodeFunctionData({ abi: resaleAbi, functionName: "buy", args });
    const paid = { value: toHex(price), gas: toHex(500_000), gasPrice: "0x0" };
    return { from: account("admin"), to: resale, data, ...paid };
  });
  return [...acts, ...block.batches.map((batch) => mintOf(deployment, batch))];
}

async function startAnvil(home: string, port: number): Promise<Child> {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const folder = packageFolder(`@foundry-rs/anvil-${process.platform}-${arch}`);
  return startChild({
    name: "chain",
    command: join(folder, "bin/anvil"),
    args: [
      ...["--host", LOOPBACK, "--port", String(port), "--accounts", String(ANVIL_ACCOUNTS_MAX)],
      ...["--gas-limit", String(GAS_LIMIT), "--base-fee", "0", "--gas-price", "0"],
      ...["--auto-impersonate", "--order", "fifo", "--slots-in-an-epoch", "1", "--silent"],
      ...["--prune-history", "1", "--transaction-block-keeper", String(TRANSACTIONS_KEPT)],
    ],
    logFile: join(home, "chain.log"),
  });
}

async function deploy(rpcUrl: string): Promise<Deployment> {
  let record: DeploymentRecord | undefined;
  const store: RecordStore = {
    read: () => record,
    write: (written) => {
      record = written;
    },
  };
  const options = { rpcUrl, collection: "bench", store, note: () => undefined };
  const made = await deployDevelopment(options);
  return deploymentOf(made, { id: 1, rpcUrl });
}

async function openEvent(chain: BenchChain): Promise<void> {
  const { modules, tickets } = chain.deployment;
  const { resale, boxOffice } = modules as Modules;
  const { timestamp } = await chain.call<{ timestamp: Hex }>("eth_getBlockByNumber", [
    "latest",
    false,
  ]);
  const role = await minterRole(chain, tickets);
  const terms = {
    organiser: account("organiser"),
    doorsAt: Number(timestamp) + DOORS_IN_SECONDS,
    ...{ freezeAt: 0, policy: 0, maxGifts: 15, resaleCapBps: 20_000, royaltyBps: 1_000 },
    ...{ royaltyReceiver: account("artist"), planHash: toHex(1, { size: 32 }) },
    caps: [CAP, 0, 0, 0, 0] as const,
    ...{ currency: zeroAddress, boxOffice, feeCapBps: 500, lockMinutes: 0, cooldownMinutes: 0 },
  };
  const send = (role: keyof typeof ANVIL_ROLES, functionName: string, args: unknown[]) => ({
    ...{ from: account(role), to: tickets, gas: toHex(3_000_000), gasPrice: "0x0" },
    data: encodeFunctionData({ abi: ticketsAbi, functionName, args } as never),
  });
  await chain.call("anvil_setBalance", [account("admin"), RICH]);
  await chain.mine([
    send("admin", "setMintLimit", [role, MINTS_AN_HOUR, 3_600]),
    send("organiser", "createEvent", [BigInt(EVENT_ID), terms]),
    send("organiser", "setMarket", [BigInt(EVENT_ID), resale, true]),
  ]);
}

async function minterRole({ call }: BenchChain, to: Hex): Promise<Hex> {
  const data = encodeFunctionData({ abi: ticketsAbi, functionName: "MINTER_ROLE" });
  return call<Hex>("eth_call", [{ to, data }, "latest"]);
}

function rpcTo(url: string) {
  return async <T>(method: string, params: unknown[] = []): Promise<T> => {
    const [answer] = await ask(url, [[method, params]]);
    return answer as T;
  };
}

async function callAll(url: string, calls: readonly Call[]): Promise<void> {
  for (let at = 0; at < calls.length; at += CALLS_AT_ONCE) {
    await ask(url, calls.slice(at, at + CALLS_AT_ONCE));
  }
}

const agent = new Agent({ keepAlive: true });

/** In one request, because a hundred thousand would each wait for a connection. */
function ask(url: string, calls: readonly Call[]): Promise<unknown[]> {
  const body = JSON.stringify(
    calls.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params })),
  );
  const headers = { "content-type": "application/json", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const answers = JSON.parse(Buffer.concat(parts).toString("utf8")) as {
          result?: unknown;
          error?: { message: string };
        }[];
        const failed = answers.find(({ error }) => error !== undefined);
        if (failed !== undefined) reject(new Error(`The chain refused: ${failed.error?.message}`));
        else resolve(answers.map(({ result }) => result));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
