// Decides when the embedded chain gets its next block.

export type MinerOptions = {
  /** Between blocks while there is something to do. */
  blockTimeMs: number;
  pendingCount: () => Promise<number>;
  mine: () => Promise<void>;
  /** Told after every block, so that the state can be saved. */
  onBlock?: () => void;
  onError: (error: unknown) => void;
  now?: () => number;
};

export type Miner = {
  /** One decision; the timer calls it every block period, tests call it directly. */
  tick(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
};

/** Empty blocks after the last full one, for readers who wait until theirs is deep enough. */
const TRAILING_BLOCKS = 4;
/** The chain's clock only moves with a block; sale windows and passes look at it. */
export const IDLE_BLOCK_MS = 15_000;
/**
 * An empty block costs 1.8 KB on disk for ever: after ten minutes without a transaction the pace
 * falls to a block in five minutes, half a megabyte a day where 15 s would be ten.
 */
const SLEEPY_AFTER_MS = 10 * 60_000;
export const SLEEPY_BLOCK_MS = 5 * 60_000;

/**
 * Manual mining, because automine strands the second of two transactions that a sender sends
 * without waiting, and a fixed block time fills the disk of an idle machine.
 */
export function createMiner(options: MinerOptions): Miner {
  const now = options.now ?? (() => performance.now());
  let trailing = 0;
  let lastBlockAt = Number.NEGATIVE_INFINITY;
  let lastTransactionAt = now();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  async function tick(): Promise<void> {
    const pending = await options.pendingCount();
    const at = now();
    if (pending > 0) {
      trailing = TRAILING_BLOCKS;
      lastTransactionAt = at;
    } else if (trailing > 0) {
      trailing -= 1;
    } else {
      const idleMs = at - lastTransactionAt < SLEEPY_AFTER_MS ? IDLE_BLOCK_MS : SLEEPY_BLOCK_MS;
      if (at - lastBlockAt < idleMs) return;
    }
    await options.mine();
    lastBlockAt = at;
    options.onBlock?.();
  }

  function schedule(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      const startedAt = now();
      running = tick()
        .catch(options.onError)
        .finally(() => schedule(Math.max(0, options.blockTimeMs - (now() - startedAt))));
    }, delayMs);
    timer.unref();
  }

  return {
    tick,
    start: () => schedule(0),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
