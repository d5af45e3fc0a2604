// One door to each chain: the client of a deployment, and the proof that it is the one we were told.
import { createPublicClient, fallback, type PublicClient, type Transport } from "viem";
import { Fault } from "../domain/failure.ts";
import type { Deployment } from "./env.ts";
import { rpcTransport } from "./rpc-transport.ts";

export interface Chain {
  deployment: Deployment;
  /** Asks the first node, and the next one when it does not answer. */
  client: PublicClient;
  /** The nodes after the first, each by itself: what it says can be held against the others. */
  witnesses?: readonly PublicClient[];
}

export type Chains = ReadonlyMap<number, Chain>;

/** How often all nodes are asked again, one after the other, before a question fails. */
const ROUNDS_MORE = 1;

export function openChains(deployments: readonly Deployment[]): Chains {
  return new Map(deployments.map((deployment) => [deployment.id, openChain(deployment)]));
}

function openChain(deployment: Deployment): Chain {
  const { rpcUrl, moreRpcUrls = [] } = deployment;
  const [first, ...more] = [rpcUrl, ...moreRpcUrls].map((url) => rpcTransport(url));
  const transport = first as NonNullable<typeof first>;
  const all = fallback([transport, ...more], { retryCount: ROUNDS_MORE });
  const client = open(more.length === 0 ? transport : all);
  return { deployment, client, witnesses: more.map(open) };
}

function open(transport: Transport): PublicClient {
  // Answers must be of this moment: a cached block number would hide a reorg.
  return createPublicClient({ transport, cacheTime: 0 });
}

/** What is wrong with a deployment as configured; undefined where nothing is. */
export async function deploymentProblem({
  deployment,
  client,
}: Chain): Promise<string | undefined> {
  const { chainId, tickets } = deployment;
  const actual = await client.getChainId();
  if (actual !== chainId) {
    return `The RPC of deployment ${deployment.id} serves chain ${actual}, not ${chainId}: correct DEPLOYMENTS.`;
  }
  const code = await client.getCode({ address: tickets });
  if (code === undefined || code === "0x") {
    return `There is no contract at ${tickets} on chain ${chainId}: correct DEPLOYMENTS or deploy it first.`;
  }
  return undefined;
}

/** Runs one call to a node; its silence is a fault of somebody else. */
export async function onChain<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (isUnreachable(cause)) {
      throw new Fault("chain/unreachable", "The chain does not answer.", { cause });
    }
    throw cause;
  }
}

/** No connection, no answer in time, or no more answers for now. */
const SILENT =
  /^(HttpRequestError|TimeoutError|WebSocketRequestError|SocketClosedError|LimitExceededRpcError)$/;

/**
 * Asked too often, as some providers say it in an answer with status 200: no call's own error has
 * these numbers. Their words say nothing here, because a contract may say the same.
 */
const TOO_OFTEN: ReadonlySet<unknown> = new Set([429, -32_007]);

function isUnreachable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (SILENT.test(at.name)) {
      return true;
    }
    const { code } = at as { code?: unknown };
    if (code === "ECONNREFUSED" || TOO_OFTEN.has(code)) return true;
  }
  return false;
}

/** Refuses to go on with a contract that is not there or on another chain than configured. */
export async function requireDeployments(chains: Chains): Promise<void> {
  for (const chain of chains.values()) {
    const { deployment } = chain;
    let problem: string | undefined;
    try {
      problem = await onChain(() => deploymentProblem(chain));
    } catch (cause) {
      problem = `The RPC of deployment ${deployment.id} does not answer: check rpcUrl in DEPLOYMENTS.`;
      throw new Error(problem, { cause });
    }
    if (problem !== undefined) throw new Error(problem);
  }
}
