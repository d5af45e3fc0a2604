// The mirror in the simulation: follows the chain some way behind, rolls back to the common ancestor, and tells.
import type { Block } from "./chain-state.ts";
import { ticketKey } from "./mint-statements.ts";
import type { View } from "./rows.ts";
import type { World } from "./world.ts";

const STEP_MS_MIN = 100;
const STEP_MS_MAX = 1_500;
const PAUSE_PERMILLE = 20;
const PAUSE_MS_MAX = 10_000;
const BLOCKS_PER_STEP = 16;

export function runMirror(world: World, tell: () => void): void {
  const { timeline, dice, rows, chain, weather, deployment } = world;
  /** Blocks that are in the mirror, oldest first. */
  const mirrored: Block[] = [];

  const step = (view: View): boolean => {
    let isChanged = false;
    for (let last = mirrored.at(-1); last !== undefined; last = mirrored.at(-1)) {
      if (chain.blocks[last.number]?.hash === last.hash) break;
      mirrored.pop();
      isChanged = true;
      for (const ticketId of ticketsOf(last)) {
        view.put("ticket", ticketKey({ deployment: deployment.id, ticketId }), undefined);
      }
    }
    for (let count = 0; count < BLOCKS_PER_STEP; count += 1) {
      const next = chain.blocks[(mirrored.at(-1)?.number ?? -1) + 1];
      if (next === undefined) break;
      mirrored.push(next);
      isChanged = true;
      for (const { tx, ok } of next.txs) {
        if (!ok) continue;
        for (const { ticketId } of tx.mints) {
          const ticket = { deployment: deployment.id, ticketId, mintTx: tx.hash };
          view.put("ticket", ticketKey(ticket), ticket);
        }
      }
    }
    return isChanged;
  };

  const go = () => {
    const session = rows.begin(timeline.nowMs());
    const isChanged = rows.run(session, step);
    rows.commit(session);
    if (isChanged) tell();
    const isSlow = weather.faults() === world.scenario.faults && dice.permille(PAUSE_PERMILLE);
    const limitMs = isSlow ? PAUSE_MS_MAX : STEP_MS_MAX;
    timeline.after(dice.between(STEP_MS_MIN, limitMs), go);
  };
  timeline.after(0, go);
}

function ticketsOf({ txs }: Block): bigint[] {
  return txs.flatMap(({ tx, ok }) => (ok ? tx.mints.map(({ ticketId }) => ticketId) : []));
}
