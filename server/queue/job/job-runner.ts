// One signing key's jobs: looked for, sent and closed, round by round; safe in any number of processes.
import { Bug } from "../../domain/failure.ts";
import { createKeyTurns, type KeyDeps } from "../../platform/tx/key-turns.ts";
import type { Signer } from "../../platform/tx/signer.ts";
import { openTxStore } from "../../platform/tx/sql-tx-store.ts";
import type { JobKind } from "./job-kind.ts";
import { sendJobs } from "./send-jobs.ts";
import { settleJobs } from "./settle-jobs.ts";

export interface JobRunner {
  /** One round of everything that is due. */
  run(): Promise<void>;
  keepMoving(): Promise<void>;
}

/** A kind, and how its jobs come to be where no other transaction asks for them. */
export type AddKind = <P>(kind: JobKind<P>, ask?: () => Promise<unknown>) => void;

type RunnerDeps = Omit<KeyDeps, "signer"> & {
  /** Without it nothing is sent; what others do is still seen. */
  signer: Signer | undefined;
};

export function createJobRunner(deps: RunnerDeps, make: (add: AddKind) => void): JobRunner {
  const { signer, ...rest } = deps;
  const key = signer === undefined ? undefined : { ...rest, signer };
  const store = openTxStore(deps.db);
  const turns = key === undefined ? undefined : createKeyTurns({ ...key, store });
  const steps: { name: string; step: () => Promise<unknown> }[] = [];
  make((kind, ask) => {
    const { name } = kind;
    if (ask !== undefined && key !== undefined) steps.push({ name, step: ask });
    steps.push({ name, step: () => settleJobs(rest, kind) });
    if (key !== undefined && turns !== undefined) {
      steps.push({ name, step: () => sendJobs(key, turns.onLane, kind) });
    }
  });
  return {
    run: async () => {
      for (const { name, step } of steps) {
        try {
          await step();
        } catch (err) {
          if (err instanceof Bug) throw err;
          // One kind that cannot go on must not keep the others waiting.
          deps.log.warn({ err, kind: name }, "jobs wait");
        }
      }
    },
    keepMoving: async () => turns?.keepMoving(),
  };
}
