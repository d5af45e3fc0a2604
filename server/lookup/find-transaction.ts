// Whether the mirror shows a transaction, and which tickets it moved; asks a node only where the mirror cannot say.
import type { z } from "zod";
import type { TransactionResponse } from "../api/lookup.ts";
import { type Chain, type Chains, onChain } from "../platform/chain.ts";
import type { Sql } from "../platform/db/client.ts";
import { readTickets, type Ticket } from "../ticket/read-tickets.ts";
import type { NodeBudget } from "./node-budget.ts";

/** The block that a transaction is in, on a chain whose contracts may be several. */
export interface Inclusion {
  deployments: readonly number[];
  blockNumber: bigint;
  blockHash: string;
}

export interface Found {
  /** Undefined where no block has it, or the mirror knows another block of that number. */
  inclusion: Inclusion | undefined;
  answer: z.output<typeof TransactionResponse>;
}

interface FindDeps {
  db: Sql;
  chains: Chains;
  nodeBudget: NodeBudget;
}

const UNKNOWN = { state: "unknown", blockNumber: null, final: false, tickets: [] } as const;

/**
 * `known`: where an earlier look found it, so that nobody is asked for that again. Once the nodes
 * were asked often enough, in all or for this network, the mirror alone says what there is.
 */
export async function findTransaction(
  deps: FindDeps,
  given: { txHash: string; known: Inclusion | undefined; network: string },
): Promise<Found> {
  const { txHash, known, network } = given;
  const { db, chains } = deps;
  const moved = await readMoves(db, txHash);
  const inclusion =
    inclusionOf(moved, chains) ??
    known ??
    (await askNodes(deps, { txHash: txHash as `0x${string}`, network }));
  if (inclusion === undefined) return { inclusion, answer: { ...UNKNOWN, tickets: [] } };
  const { mirrored, replaced, final } = await readState(db, inclusion);
  // What was looked for before it was mirrored is looked for again.
  const isBefore = moved.length === 0 || inclusion.deployments.length > 1;
  const shown = mirrored && isBefore ? await readMoves(db, txHash) : moved;
  const answer = {
    state: mirrored ? ("mirrored" as const) : ("included" as const),
    blockNumber: Number(inclusion.blockNumber),
    final: mirrored && final,
    tickets: await readMoved(db, shown),
  };
  return { inclusion: replaced ? undefined : inclusion, answer };
}

interface Move {
  deployment: number;
  ticket_id: bigint;
  block_number: bigint;
  block_hash: string;
}

async function readMoves(db: Sql, txHash: string): Promise<Move[]> {
  const { rows } = await db.query<Move>({
    name: "moves-of-transaction",
    text: `SELECT DISTINCT deployment, ticket_id, block_number, block_hash
           FROM mirror.transfer WHERE tx_hash = $1`,
    values: [txHash],
  });
  return rows;
}

function inclusionOf([move]: readonly Move[], chains: Chains): Inclusion | undefined {
  const chain = move && chains.get(move.deployment);
  if (move === undefined || chain === undefined) return undefined;
  const deployments = besides(chains, chain);
  return { deployments, blockNumber: move.block_number, blockHash: move.block_hash };
}

/** Several contracts on one chain: what one transaction did may show in each of their mirrors. */
function besides(chains: Chains, { deployment }: Chain): number[] {
  return [...chains.values()]
    .filter((other) => other.deployment.chainId === deployment.chainId)
    .map((other) => other.deployment.id);
}

/** One question for each chain; a silent one counts only where no other has it. */
async function askNodes(
  { chains, nodeBudget }: FindDeps,
  { txHash, network }: { txHash: `0x${string}`; network: string },
): Promise<Inclusion | undefined> {
  const firsts = new Map<number, Chain>();
  for (const chain of [...chains.values()].reverse()) firsts.set(chain.deployment.chainId, chain);
  if (!nodeBudget.take(firsts.size, network)) return undefined;
  const answers = await Promise.allSettled([...firsts.values()].map((each) => ask(each, txHash)));
  for (const [at, answer] of answers.entries()) {
    const chain = [...firsts.values()][at];
    if (answer.status === "rejected" || answer.value === null || chain === undefined) continue;
    const { blockNumber, blockHash } = answer.value;
    return { deployments: besides(chains, chain), blockNumber: BigInt(blockNumber), blockHash };
  }
  const silent = answers.find((answer) => answer.status === "rejected");
  if (silent !== undefined) throw silent.reason;
  return undefined;
}

function ask({ client }: Chain, txHash: `0x${string}`) {
  return onChain(() =>
    client.request({ method: "eth_getTransactionReceipt", params: [txHash] as const }),
  );
}

async function readState(
  db: Sql,
  { deployments, blockNumber, blockHash }: Inclusion,
): Promise<{ mirrored: boolean; replaced: boolean; final: boolean }> {
  const { rows } = await db.query<{ shown: boolean; same: boolean; final: boolean }>({
    name: "mirror-has-block",
    // A block that is final may have been forgotten since; nothing can have replaced it.
    text: `SELECT block_number >= $2 AS shown, coalesce(block.hash = $3, true) AS same,
                  final_number >= $2 AS final
           FROM mirror.cursor LEFT JOIN mirror.block
             ON block.deployment = cursor.deployment AND block.number = $2
           WHERE cursor.deployment = ANY($1)`,
    values: [deployments, blockNumber, blockHash],
  });
  return {
    mirrored: rows.length === deployments.length && rows.every(({ shown, same }) => shown && same),
    replaced: rows.some(({ same }) => !same),
    final: rows.every(({ final }) => final),
  };
}

async function readMoved(db: Sql, moved: readonly Move[]): Promise<Ticket[]> {
  const ids = new Map<number, bigint[]>();
  for (const { deployment, ticket_id } of moved) {
    ids.set(deployment, [...(ids.get(deployment) ?? []), ticket_id]);
  }
  const lists = [...ids].map(([deployment, list]) => readTickets(db, deployment, list));
  return (await Promise.all(lists)).flat();
}
