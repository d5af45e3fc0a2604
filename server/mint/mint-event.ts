// Mints what events owe: the events of a chain in turn, each signing key in a lane of its own.
import { Bug } from "../domain/failure.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Chain } from "../platform/chain.ts";
import { createKeyTurns, type KeyDeps, type KeyTurns } from "../platform/tx/key-turns.ts";
import type { Lane } from "../platform/tx/lane.ts";
import type { Signer } from "../platform/tx/signer.ts";
import type { LinesInHand } from "./choose-lines.ts";
import { type MintDeps, sendBatch } from "./send-batch.ts";
import { createEventTurns, type EventTurns } from "./take-turns.ts";

export interface Minter {
  mintEvent(event: EventRef): Promise<void>;
  /** Events that have paid lines waiting, whoever should have woken us for them. */
  mintWaiting(): Promise<void>;
  keepMoving(): Promise<void>;
  /** For what else goes by the first key: one lane, one turn at a time. */
  onLane: KeyTurns["onLane"];
}

type MinterDeps = Omit<MintDeps & KeyDeps, "signer"> & { signers: readonly [Signer, ...Signer[]] };

/** What one key does: its turns, and what it signs with. */
interface Hand {
  deps: MintDeps;
  turns: KeyTurns;
}

const EVENTS_PER_ROUND = 100;

export function createMinter({ signers, ...deps }: MinterDeps): Minter {
  const hands = signers.map((signer): Hand => {
    const key = { ...deps, signer };
    return { deps: key, turns: createKeyTurns(key) };
  });
  const turns = createEventTurns();
  const inHand: LinesInHand = new Set();

  const mintAll = async (chain: Chain, events: readonly EventRef[], kept: Kept) => {
    // Side by side: each key has its own nonces, and none waits for what another has under way.
    const ended = await Promise.allSettled(
      hands.map((hand) =>
        hand.turns.onLane(chain, (lane) =>
          mintInTurn(hand.deps, { chain, lane, events, turns, inHand, kept }),
        ),
      ),
    );
    for (const each of ended) if (each.status === "rejected") throw each.reason;
  };

  /** Tells what kept events from being minted, each for itself. */
  const mintWaiting = async (): Promise<Kept> => {
    const kept: Kept = new Map();
    const waiting = await readWaiting(deps);
    for (const [deployment, events] of Map.groupBy(waiting, (event) => event.deployment)) {
      const chain = deps.chains.get(deployment);
      if (chain !== undefined) await mintAll(chain, events, kept);
      else deps.log.error({ deployment }, "paid tickets wait for a deployment without settings");
    }
    return kept;
  };
  const warn = (id: string, err: unknown) => deps.log.warn({ err, eventId: id }, "minting waits");

  return {
    mintWaiting: async () => {
      for (const [id, err] of await mintWaiting()) warn(id, err);
    },
    // Whoever is woken for one event looks at all: a large one must not take every free place.
    mintEvent: async (event) => {
      const own = formatEventId(event);
      const kept = await mintWaiting();
      for (const [id, err] of kept) if (id !== own) warn(id, err);
      if (kept.has(own)) throw kept.get(own);
    },
    onLane: (hands[0] as Hand).turns.onLane,
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

/** One batch for each event in turn, until the lane is full or nobody waits. */
async function mintInTurn(deps: MintDeps, round: Round): Promise<void> {
  const { chain, lane, events, turns, inHand, kept } = round;
  const waiting = [...events];
  for (let event = turns.next(waiting); event !== undefined; event = turns.next(waiting)) {
    try {
      const outcome = await sendBatch(deps, { chain, lane, event, inHand });
      if (outcome === "full") return;
      if (outcome === "more") waiting.push(event);
    } catch (err) {
      if (err instanceof Bug) throw err;
      // One event that cannot be minted must not keep the others waiting.
      kept.set(formatEventId(event), err);
    }
  }
}

async function readWaiting({ db }: Pick<MintDeps, "db">): Promise<EventRef[]> {
  const { rows } = await db.query<{ deployment: number; event_id: number }>({
    text: `SELECT deployment, event_id FROM sale.mint_line WHERE state = 'queued'
           GROUP BY deployment, event_id ORDER BY min(id) LIMIT $1`,
    values: [EVENTS_PER_ROUND],
  });
  return rows.map(({ deployment, event_id: eventId }) => ({ deployment, eventId }));
}
