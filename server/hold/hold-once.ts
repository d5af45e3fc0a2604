// Holds the best seats once per Idempotency-Key, though the first try may have taken the last of them.
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { Hold } from "./hold.ts";
import type { HoldDeps } from "./lease.ts";
import { findByKey } from "./read-holds.ts";

export type HoldOnce = (
  wish: { event: EventRef; owner: `0x${string}`; id: string },
  make: () => Promise<Hold>,
) => Promise<Hold>;

/**
 * The script knows a key again whenever it is asked; this is for the choice before it, which would
 * find nothing left.
 */
export function createHoldOnce(deps: Pick<HoldDeps, "redis" | "readSale">): HoldOnce {
  /** As many as there are requests in this process. */
  const running = new Map<string, Promise<Hold>>();

  async function run(...[wish, make]: Parameters<HoldOnce>): Promise<Hold> {
    const made = await findByKey(deps, wish);
    if (made !== undefined) return made;
    return make().catch(async (error: unknown) => {
      // Another process may have made it meanwhile.
      const late = error instanceof Refusal ? await findByKey(deps, wish) : undefined;
      if (late !== undefined) return late;
      throw error;
    });
  }

  return (wish, make) => {
    const found = running.get(wish.id);
    if (found !== undefined) return found;
    const begun = run(wish, make).finally(() => running.delete(wish.id));
    running.set(wish.id, begun);
    return begun;
  };
}
