// The workers of a simulated run: each dies at any step, and comes back under another name.
import type { EventRef } from "#server/domain/ticket-id.ts";
import type { MintStore } from "#server/mint/mint-store.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Log } from "#server/platform/log.ts";
import type { Signer } from "#server/platform/tx/signer.ts";
import { openNode } from "./chain-node.ts";
import { dbWire } from "./db-wire.ts";
import type { watch } from "./invariants.ts";
import { openMemoryStore } from "./memory-store.ts";
import { nodeWire } from "./node-wire.ts";
import { simSigner } from "./sim-signer.ts";
import { startWorker, type Worker } from "./sim-worker.ts";
import { clockOf, type Timeline } from "./timeline.ts";
import type { Life } from "./wire.ts";
import type { World } from "./world.ts";

/** What a test puts wrong: ports that do not do what the real ones do. */
export interface Planted {
  store?: (store: MintStore) => MintStore;
  signer?: (signer: Signer, chain: Chain) => Signer;
}

const RESTART_MS_MIN = 200;
const RESTART_MS_MAX = 5_000;
/** So long Postgres may not notice that a process is gone. */
const NOTICED_MS_MAX = 2_000;
const COIN = 10n ** 20n;

export function openCrew(
  world: World,
  judge: ReturnType<typeof watch>,
  { report, planted }: { report: (what: string) => void; planted: Planted },
) {
  const { timeline, dice, scenario, rows, chain, weather, deployment } = world;
  const { finality, knowsFinalized, poorKey } = scenario;
  const coinOf = (account: `0x${string}`) => (account === poorKey ? 1n : COIN);
  const node = openNode(chain, { finality, knowsFinalized, coinOf });
  const workers = new Map<Life, Worker>();
  let signatures = 0;

  const start = (at: number, generation: number) => {
    const name = `w${at}.${generation}`;
    const life: Life = { name, isAlive: true, pausedUntilMs: 0, sessions: new Set() };
    timeline.note(`${name} starts`);
    restarts.set(life, () => start(at, generation + 1));
    const overDb = openMemoryStore(dbWire(weather, rows, judge, life));
    const own = nodeWire(weather, node, judge, { life, deployment });
    const count = () => (signatures += 1);
    const signers = scenario.keys.map((address) => {
      const signer = simSigner(weather, { life, address, count });
      return planted.signer?.(signer, own) ?? signer;
    });
    const worker = startWorker({
      store: planted.store?.(overDb) ?? overDb,
      chain: own,
      signers: signers as [Signer, ...Signer[]],
      holder: name,
      clock: clockOf(timeline, () => life.isAlive),
      log: logOf(timeline, name),
      onBug: (bug) => report(`a bug in ${name}: ${String(bug)}`),
    });
    // It may have died of its first step.
    if (life.isAlive) workers.set(life, worker);
  };
  const restarts = new Map<Life, () => void>();
  for (let at = 1; at <= scenario.workers; at += 1) {
    timeline.after(dice.between(0, RESTART_MS_MAX), () => start(at, 1));
  }

  return {
    kill: (life: Life, where: string) => {
      timeline.note(`${life.name} dies ${where}`);
      timeline.tally("crash");
      life.isAlive = false;
      workers.delete(life);
      timeline.after(dice.between(0, NOTICED_MS_MAX), () => {
        for (const session of life.sessions) if (session.state === "open") rows.abort(session);
      });
      const restart = restarts.get(life);
      if (restart !== undefined) {
        timeline.after(dice.between(RESTART_MS_MIN, RESTART_MS_MAX), restart);
      }
    },
    wake: (event: EventRef) => {
      const all = [...workers.values()];
      if (all.length > 0) dice.pick(all).wake(event);
    },
    hear: () => {
      for (const worker of workers.values()) {
        if (!dice.permille(weather.faults().wake)) worker.hear();
      }
    },
  };
}

function logOf(timeline: Timeline, name: string): Log {
  const say = (_fields: unknown, text: string) => {
    timeline.note(`${name} says ${text}`);
    timeline.tally(text);
  };
  return { debug: () => undefined, info: say, warn: say, error: say } as unknown as Log;
}
