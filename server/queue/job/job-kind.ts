// What differs between the jobs that the chain is told of: everything else is the same for each kind.
import type { z } from "zod";
import type { JobKindName, JobState } from "../../domain/job.ts";
import type { Chain } from "../../platform/chain.ts";
import type { Db } from "../../platform/db/client.ts";

export interface Job<P> {
  id: bigint;
  eventId: number | null;
  state: JobState;
  tries: number;
  /** The newest bid of its transaction. */
  sentHash: `0x${string}` | null;
  payload: P;
}

export interface JobCall {
  to: `0x${string}`;
  data: `0x${string}`;
  intent: string;
}

/** Why all of a call is put off without asking a contract. */
export interface NotYet {
  notYet: string;
}

/** What the mirror, or a receipt where no log tells of it, shows of a job. */
export interface Seen {
  id: bigint;
  /** Whoever sent it: what is done is done. */
  txHash: string;
  /** No reorg reaches its block. */
  final: boolean;
  /** Why it can never be done as it was asked for; then a person must look. */
  lost?: string;
}

/** What a contract's refusal means: all of the call waits, the one that is named, or a person. */
export type RefusalMeaning = "all-wait" | "one-waits" | "attention";

export interface JobDeps {
  db: Db;
  chain: Chain;
}

export interface JobKind<P> {
  name: JobKindName;
  /** Parsed when it is asked for and again when it is done: rows may be an older version's. */
  payload: z.ZodType<P>;
  /** Jobs of one event in one call. */
  perCallMax: number;
  /** How long after it was asked for a job may wait for others of its call. */
  gatherMs: number;
  /** Transactions of the kind under way at once, of one event. */
  inFlightMax: number;
  callOf(
    deps: JobDeps & { signer: `0x${string}` },
    jobs: readonly Job<P>[],
  ): Promise<JobCall | NotYet>;
  meaningOf(refusal: string): RefusalMeaning;
  /** What a refusal names when it is about this job. */
  subjectOf(job: Job<P>): bigint | undefined;
  look(deps: JobDeps, jobs: readonly Job<P>[]): Promise<Seen[]>;
}
