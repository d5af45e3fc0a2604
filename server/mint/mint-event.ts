// Mints what events owe: the events of a chain in turn, each signing key in a lane of its own.
import { Bug } from "../domain/failure.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Chain } from "../platform/chain.ts";
import {
  createKeyTurns,
  type KeyLane,
  type KeyTurns,
  type TurnDeps,
} from "../platform/tx/key-turns.ts";
import type { Lane } from "../platform/tx/lane.ts";
import type { Signer } from "../platform/tx/signer.ts";
import type { LinesInHand } from "./choose-lines.ts";
import { createWaitLog } from "./say-waits.ts";
import { hasRoom, type MintDeps, sendBatch } from "./send-batch.ts";
import { createEventTurns, type EventTurns } from "./take-turns.ts";

export interface Minter {
  mintEvent(event: EventRef): Promise<void>;
  /** Events that have paid lines waiting, whoever should have woken us for them. */
  mintWaiting(): Promise<void>;
  keepMoving(): Promise<void>;
  /** For what else goes by these keys: in each lane one turn at a time. */
  lanes: readonly KeyLane[];
}

type MinterDeps = Omit<MintDeps & TurnDeps, "signer"> & { signers: readonly [Signer, ...Signer[]] };

/** What one key does: its turns, and what it signs with. */
interface Hand {
  deps: MintDeps;
  turns: KeyTurns;
}

export function createMinter({ signers, ...deps }: MinterDeps): Minter {
  const hands = signers.map((signer): Hand => {
    const key = { ...deps, signer };
    return { deps: key, turns: createKeyTurns(key) };
  });
  const turns = createEventTurns();
  const inHand: LinesInHand = new Set();
  const [waits, keyWaits] = [createWaitLog(deps.log), createWaitLog(deps.log)];

  const mintWith = (some: readonly Hand[], chain: Chain, events: readonly EventRef[]) =>
    // Side by side: each key has its own nonces, and none waits for what another has under way.
    Promise.allSettled(
      some.map(async (hand) => {
        const kept: Kept = new Map();
        await hand.turns.onLane(chain, (lane) =>
          mintInTurn(hand.deps, { chain, lane, events, turns, inHand, kept }),
        );
        return { hand, kept };
      }),
    );

  const mintAll = async (chain: Chain, events: readonly EventRef[]): Promise<Kept> => {
    const { done, kept } = endOf(await mintWith(hands, chain, events));
    if (kept.size === 0) return kept;
    // One key's coin or role is not the others': while it tried, they had to leave its lines alone.
    const able = done.flatMap((one) => (one.kept.size === 0 ? [one.hand] : []));
    if (able.length === 0) return kept;
    for (const [id, err] of kept) keyWaits.say(id, err, "one key could not mint");
    const again = events.filter((event) => kept.has(formatEventId(event)));
    return endOf(await mintWith(able, chain, again)).kept;
  };

  /** Tells what kept events from being minted, each for itself. */
  const mintEvents = async (events: readonly EventRef[]): Promise<Kept> => {
    const all: Kept = new Map();
    for (const [deployment, those] of Map.groupBy(events, (event) => event.deployment)) {
      const chain = deps.chains.get(deployment);
      if (chain === undefined) {
        deps.log.error({ deployment }, "paid tickets wait for a deployment without settings");
        continue;
      }
      for (const [id, err] of await mintAll(chain, those)) all.set(id, err);
    }
    return all;
  };

  return {
    mintWaiting: async () => {
      const kept = await mintEvents(await deps.store.readWaiting());
      for (const [id, err] of kept) waits.say(id, err, "minting waits");
      waits.sayWhoGoesOn(kept);
    },
    // Whoever is woken for one event looks at all: a large one must not take every free place.
    mintEvent: async (event) => {
      const own = formatEventId(event);
      const kept = await mintEvents(await deps.store.readWaiting());
      for (const [id, err] of kept) if (id !== own) waits.say(id, err, "minting waits");
      if (kept.has(own)) throw kept.get(own);
    },
    lanes: hands.map(({ deps: { signer }, turns: { onLane } }) => ({ signer, onLane })),
    keepMoving: async () => {
      await Promise.all(hands.map((hand) => hand.turns.keepMoving()));
    },
  };
}

/** What keeps an event from being minted, by its id. */
type Kept = Map<string, unknown>;

interface Round {
  chain: Chain;
  lane: Lane;
  events: readonly EventRef[];
  turns: EventTurns;
  inHand: LinesInHand;
  kept: Kept;
}

/** Throws what kept a lane from its turn; a bug before anything else, since it ends the process. */
function endOf(ended: PromiseSettledResult<{ hand: Hand; kept: Kept }>[]) {
  const reasons = ended.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  if (reasons.length > 0) throw reasons.find((reason) => reason instanceof Bug) ?? reasons[0];
  const done = ended.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  return { done, kept: new Map(done.flatMap((one) => [...one.kept])) };
}

/** One batch for each event in turn, until the lane is full or nobody waits. */
async function mintInTurn(deps: MintDeps, round: Round): Promise<void> {
  const { chain, lane, events, turns, inHand, kept } = round;
  const waiting = [...events];
  // Asked before a turn is taken: an event must not lose its turn to a lane without room.
  while (waiting.length > 0 && (await hasRoom(deps.store, lane))) {
    const event = turns.next(waiting) as EventRef;
    try {
      const outcome = await sendBatch(deps, { chain, lane, event, inHand });
      if (outcome === "lost") return;
      if (outcome === "more") waiting.push(event);
    } catch (err) {
      if (err instanceof Bug) throw err;
      // One event that cannot be minted must not keep the others waiting.
      kept.set(formatEventId(event), err);
    }
  }
}
