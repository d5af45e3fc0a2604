// A chain that is what a test says it is: its blocks hold payouts, and it may go to any block it ever had.
import type { Ahead } from "#indexer/ahead.ts";
import type { Fact } from "#indexer/facts.ts";
import type { Header } from "#indexer/header.ts";
import { type SyncDeps, syncStep } from "#indexer/sync.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Db } from "#server/platform/db/client.ts";
import type { Log } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";

export interface ScriptedBlock extends Header {
  parent: ScriptedBlock | undefined;
  facts: number;
}

const HASH_DIGITS = 64;
const ADDRESS = `0x${"7a".repeat(20)}` as const;
const MINED_AT = new Date("2026-01-01T00:00:00Z");
/** Of some block and payout: nobody looks one up by it. */
const NONE = `0x${"0".repeat(HASH_DIGITS)}` as const;
const STEPS_MAX = 100;

export class ScriptedChain {
  head: ScriptedBlock;
  final: ScriptedBlock;
  readonly #chainId: number;
  readonly #startBlock: number;
  #made = 0;

  constructor({ chainId = 1, startBlock = 1 } = {}) {
    this.#chainId = chainId;
    this.#startBlock = startBlock;
    this.head = this.child(undefined, 0);
    this.final = this.head;
  }

  /** Not of the chain until it goes there. */
  child(parent: ScriptedBlock | undefined, facts: number): ScriptedBlock {
    this.#made += 1;
    return {
      number: parent === undefined ? BigInt(this.#startBlock) : parent.number + 1n,
      hash: `0x${String(this.#made).padStart(HASH_DIGITS, "0")}`,
      parentHash: parent?.hash ?? NONE,
      minedAt: MINED_AT,
      logsBloom: "0x",
      parent,
      facts,
    };
  }

  /** Loses all that it was: from here on it has nothing but another first block. */
  restart(): void {
    this.head = this.child(undefined, 0);
    this.final = this.head;
  }

  /** So many blocks on top of one another, the first of them on `parent`; answers the last. */
  branch(parent: ScriptedBlock, facts: readonly number[]): ScriptedBlock {
    return facts.reduce((at, count) => this.child(at, count), parent);
  }

  /** From the first block on. */
  blocks(head: ScriptedBlock = this.head): ScriptedBlock[] {
    const found: ScriptedBlock[] = [];
    for (let at: ScriptedBlock | undefined = head; at !== undefined; at = at.parent) found.push(at);
    return found.reverse();
  }

  /** The ids of its facts after that block, as the feed says them. */
  factIds(after = -1n): string[] {
    return this.blocks()
      .filter(({ number }) => number > after)
      .flatMap(({ number, hash, facts }) =>
        Array.from({ length: facts }, (_, log) => `1.${number}.${hash}.${log}.0`),
      );
  }

  /** The indexer's own steps, until it has come as far. */
  async mirror(db: Db, log: Log): Promise<void> {
    const deps: SyncDeps = { ...{ db, log }, ...this.#asked() };
    for (let steps = 0; steps < STEPS_MAX; steps += 1) if (await syncStep(deps)) return;
    throw new Error("The mirror never came as far as the chain.");
  }

  #asked(): Omit<SyncDeps, "db" | "log"> {
    const [chainId, startBlock] = [this.#chainId, this.#startBlock];
    const deployment = { ...{ id: 1, chainId, rpcUrl: "", tickets: ADDRESS, startBlock } };
    const request = async ({ params }: { params: [string] }) => this.#header(params[0]);
    const chain = { deployment, client: { request } } as unknown as Chain;
    const ahead: Ahead = {
      begin: () => undefined,
      drop: () => undefined,
      takeMore: () => undefined,
      take: async (from, limit) => {
        const headers = this.blocks().filter(({ number }) => number >= from && number <= limit);
        return { headers, facts: headers.flatMap(factsOf), logs: 0 };
      },
    };
    return { chain, ahead, metrics: createMetrics("scripted") };
  }

  #header(tag: string) {
    const named: Record<string, ScriptedBlock> = { latest: this.head, finalized: this.final };
    const found = named[tag] ?? this.blocks().find(({ number }) => number === numberOf(tag));
    if (found === undefined) return null;
    const { hash, parentHash } = found;
    const logsBloom = `0x${"0".repeat(512)}`;
    const timestamp = `0x${(MINED_AT.getTime() / 1_000).toString(16)}`;
    return { number: `0x${found.number.toString(16)}`, hash, parentHash, timestamp, logsBloom };
  }
}

const numberOf = (tag: string) => (tag.startsWith("0x") ? BigInt(tag) : -1n);

function factsOf(block: ScriptedBlock): Fact[] {
  return Array.from({ length: block.facts }, (_, logIndex) => ({
    ...{ kind: "payout-credited", account: ADDRESS, currency: ADDRESS, amount: 1n },
    ...{ block, txHash: NONE, logIndex, emitter: ADDRESS },
  }));
}
