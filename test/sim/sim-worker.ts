// A worker process in the simulation: the product's own minting, settling and sweeping, as server/worker.ts runs them.
import { Bug } from "#server/domain/failure.ts";
import type { EventRef } from "#server/domain/ticket-id.ts";
import { createMinter } from "#server/mint/mint-event.ts";
import type { MintStore } from "#server/mint/mint-store.ts";
import { reopenVanished, settleLines } from "#server/mint/settle-lines.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Clock } from "#server/platform/clock.ts";
import type { Log } from "#server/platform/log.ts";
import type { Metrics } from "#server/platform/metrics.ts";
import { repeat, serialise } from "#server/platform/repeat.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import type { Signer } from "#server/platform/tx/signer.ts";

export interface Worker {
  /** A wake-up of the queue. */
  wake(event: EventRef): void;
  /** A word of the mirror. */
  hear(): void;
}

const MINT_SWEEP_MS = 2_000;

export function startWorker(given: {
  store: MintStore;
  chain: Chain;
  signers: readonly [Signer, ...Signer[]];
  holder: string;
  clock: Clock;
  log: Log;
  onBug: (bug: unknown) => void;
}): Worker {
  const { store, chain, signers, holder, clock, log, onBug } = given;
  const chains = new Map([[chain.deployment.id, chain]]);
  const minter = createMinter({ ...{ store, chains, signers, holder, log }, metrics: UNREAD });
  const settle = serialise(async () => {
    await settleLines({ store, log });
    await minter.mintWaiting();
  });
  const context = { clock, log, signal: new AbortController().signal };
  repeat("mint sweep", MINT_SWEEP_MS, context, async () => {
    await settle();
    await reopenVanished({ store, log });
    await recoverTransactions({ store, chains, log });
    await minter.keepMoving();
  }).catch(onBug);
  const unlessBug = (error: unknown) => {
    if (error instanceof Bug) onBug(error);
  };
  return {
    wake: (event) => void minter.mintEvent(event).catch(unlessBug),
    hear: () => void settle().catch(unlessBug),
  };
}

/** Nobody looks at the numbers of a simulated worker. */
const UNREAD = new Proxy({}, { get: () => ({ inc() {}, observe() {}, set() {} }) }) as Metrics;
