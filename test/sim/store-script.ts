// What is asked of two mint stores at random: mostly what the product asks, with its waits hit to the millisecond.
import type { MintLine } from "#server/mint/choose-lines.ts";
import type { Lane } from "#server/platform/tx/lane.ts";
import type { Dice } from "./dice.ts";
import { EVENT, type Rig } from "./store-rig.ts";

const HOLDERS = ["one", "two"];
const KEYS = ["a", "b"].map((digit) => `0x${digit.repeat(40)}` as const);
const OWNER = `0x${"f".repeat(40)}` as const;
/** Around every wait of the product: leases, unheard and stuck transactions, hours of fees. */
/** The last of them twice: what was within an hour, and what was not. */
const TIMES_MS = [1, 500, 1_000, 2_000, 3_000, 4_000, 26_000, 30_000, 3_600_000];

/** Without these there would be nothing to ask about. */
const OFTEN = ["send", "send", "show", "close", "take", "owe"];

const LANES: Omit<Lane, "fence">[] = KEYS.flatMap((signer) =>
  HOLDERS.map((holder) => ({ chainId: 31_337, signer, holder })),
);

/** One store, and what the test remembers of it by intents and seats, since ids differ. */
export interface Side {
  rig: Rig;
  txs: Map<string, bigint>;
  /** Of each key the lane as it was taken last. */
  taken: Map<string, Lane>;
  lines: Map<bigint, MintLine>;
}

export type Step = (side: Side) => Promise<unknown>;

type Kinds = Record<string, () => Step>;

/** What the script knows of before it is played: the same for both sides. */
interface Draw {
  dice: Dice;
  made: number;
  seats: number;
  /** What would mint a seat, as far as anybody has sent it. */
  sentWith: Map<bigint, `0x${string}`>;
  /** Mostly the one that holds, else one that does not or never did. */
  someLane(): (side: Side) => Lane;
  someNonce(): bigint;
  someTx(): string;
  someSeat(): bigint;
}

export function writeScript(dice: Dice): { next(): { name: string; step: Step } } {
  const draw = openDraw(dice);
  const kinds = {
    ...changing(draw),
    ...askingLanes(draw),
    ...ofTransactions(draw),
    ...ofLines(draw),
  };
  return {
    next: () => {
      const name = dice.permille(500) ? dice.pick(OFTEN) : dice.pick(Object.keys(kinds));
      return { name, step: (kinds[name] as () => Step)() };
    },
  };
}

function openDraw(dice: Dice): Draw {
  const draw: Draw = {
    ...{ dice, made: 0, seats: 0, sentWith: new Map() },
    someLane: () => {
      const other = { ...dice.pick(LANES), fence: BigInt(dice.between(1, 3)) };
      const isOther = dice.permille(150);
      return ({ taken }) => (isOther ? other : (taken.get(other.signer) ?? other));
    },
    someNonce: () => BigInt(dice.between(0, Math.max(2, Math.ceil(draw.made / 4)))),
    someTx: () => `tx ${dice.between(1, Math.max(1, draw.made))}`,
    someSeat: () => BigInt(dice.between(1, Math.max(1, draw.seats))),
  };
  return draw;
}

const hashOf = (at: number) => `0x${at.toString(16).padStart(64, "0")}` as const;

const idOf = ({ txs }: Side, intent: string) => ({ id: txs.get(intent) ?? 0n });

const linesOf = ({ lines }: Side, of: readonly bigint[]) =>
  of.flatMap((ticketId) => lines.get(ticketId) ?? []);

function owe(draw: Draw): Step {
  const count = draw.dice.between(1, 3);
  const kind = draw.dice.between(0, 1);
  const first = draw.seats + 1;
  draw.seats += count;
  return async ({ rig, lines }) => {
    const places = Array.from({ length: count }, (_, at) => ({
      ...{ ticketId: BigInt(first + at), owner: OWNER, class: kind, unitPrice: 4_500n },
    }));
    const owed = await rig.owe({ orderId: `ord_${first}`, lines: places });
    for (const line of owed) lines.set(line.ticketId, line);
  };
}

/** A batch as the product stores it, or as it fails half way. */
function send(draw: Draw): Step {
  draw.made += 1;
  const at = draw.made;
  const laneOf = draw.someLane();
  const feeMax = BigInt(draw.dice.between(1, 9));
  const odd = draw.dice.permille(150) ? draw.someNonce() : undefined;
  const of = [draw.someSeat(), draw.someSeat()].filter(
    (seat, index, all) => all.indexOf(seat) === index,
  );
  const fails = draw.dice.permille(100);
  return async (side) => {
    const { rig, txs } = side;
    const lane = laneOf(side);
    const stored = await rig.store.transaction(async (rows) => {
      const lines = linesOf(side, of);
      const nextNonce = await rows.lockLane(lane);
      if (nextNonce === undefined || !(await rows.claimLines(lines))) return undefined;
      const bytes = { raw: `0x0${at % 10}` as const, hash: hashOf(at), intent: `tx ${at}` };
      const nonce = odd ?? nextNonce;
      const id = await rows.insertTx({ ...bytes, nonce, feeMax, lane, deployment: 1 });
      await rows.setNextNonce(lane, nonce + 1n);
      await rows.markLinesSent(lines, id);
      if (fails) throw new Error("dead");
      return id;
    });
    if (stored === undefined) return false;
    txs.set(`tx ${at}`, stored);
    for (const seat of of) draw.sentWith.set(seat, hashOf(at));
    return true;
  };
}

function bid(draw: Draw): Step {
  draw.made += 1;
  const hash = hashOf(draw.made);
  const [intent, feeMax] = [draw.someTx(), BigInt(draw.dice.between(1, 9))];
  return async (side) => {
    if (!side.txs.has(intent)) return;
    const stored = { ...idOf(side, intent), raw: "0x77" as const, hash };
    await side.rig.store.transaction((rows) => rows.insertBid(stored, feeMax));
  };
}

function show(draw: Draw): Step {
  const seat = draw.someSeat();
  const hash = draw.dice.permille(600)
    ? draw.sentWith.get(seat)
    : draw.dice.pick([undefined, hashOf(draw.dice.between(1, draw.made + 2))]);
  return ({ rig }) => rig.show(seat, hash);
}

function onTx(draw: Draw, act: (side: Side, tx: { id: bigint }) => Promise<unknown>): Step {
  const intent = draw.someTx();
  return async (side) => (side.txs.has(intent) ? act(side, idOf(side, intent)) : undefined);
}

function onLane(
  draw: Draw,
  ask: (side: Side, lane: Lane, nonce: bigint) => Promise<unknown>,
): Step {
  const [laneOf, nonce] = [draw.someLane(), draw.someNonce()];
  return (side) => ask(side, laneOf(side), nonce);
}

/** What makes rows, and lets time pass. */
function changing(draw: Draw): Kinds {
  return {
    owe: () => owe(draw),
    send: () => send(draw),
    bid: () => bid(draw),
    show: () => show(draw),
    pass: () => {
      const ms = draw.dice.pick(TIMES_MS);
      return ({ rig }) => rig.passTime(ms);
    },
    take: () => {
      const lane = draw.dice.pick(LANES);
      return async ({ rig, taken }) => {
        const now = await rig.store.takeLane(lane);
        if (now !== undefined) taken.set(lane.signer, now);
        return now;
      };
    },
  };
}

/** What is asked of a lane. */
function askingLanes(draw: Draw): Kinds {
  return {
    lock: () =>
      onLane(draw, ({ rig }, lane) => rig.store.transaction((rows) => rows.lockLane(lane))),
    spent: () => {
      const intent = draw.dice.pick([undefined, draw.someTx()]);
      return onLane(draw, (side, lane) =>
        side.rig.store.sumSpent(lane, intent === undefined ? undefined : side.txs.get(intent)),
      );
    },
    open: () => onLane(draw, ({ rig }, lane) => rig.store.sumOpen(lane)),
    room: () => onLane(draw, ({ rig }, lane) => rig.store.countInFlight(lane)),
    gap: () => onLane(draw, ({ rig }, lane, nonce) => rig.store.isGap(lane, nonce)),
    stored: () => onLane(draw, ({ rig }, lane, nonce) => rig.store.findStored(lane, nonce)),
    stuck: () => onLane(draw, ({ rig }, lane) => rig.store.findStuck(lane)),
    "stuck at": () => onLane(draw, ({ rig }, lane, nonce) => rig.store.findStuck(lane, nonce)),
  };
}

/** What becomes of transactions. */
function ofTransactions(draw: Draw): Kinds {
  return {
    sent: () => onTx(draw, ({ rig }, tx) => rig.store.markSent(tx)),
    empty: () => onTx(draw, ({ rig }, tx) => rig.store.closeIfEmpty(tx)),
    adopt: () => {
      const taken = { hash: hashOf(1_000 + draw.dice.below(1_000_000)), raw: "0x99" as const };
      return onTx(draw, ({ rig }, tx) => rig.store.adopt(tx, taken));
    },
    free: () => {
      const state = draw.dice.pick(["reverted", "replaced"] as const);
      return onTx(draw, ({ rig }, tx) => rig.store.freeWaiting(tx, state));
    },
    unheard: () => async (side) => {
      // Nonces of two keys, and bids of one moment, come in any order.
      const found = await side.rig.store.readUnheard();
      return found.map(({ hash, bids }) => [hash, bids.map((one) => one.hash).sort()]).sort();
    },
  };
}

/** What becomes of paid lines. */
function ofLines(draw: Draw): Kinds {
  return {
    waiting: () => (side) => side.rig.store.readWaiting(),
    choose: () => {
      const seat = draw.someSeat();
      return (side) => {
        const inHand = new Set(linesOf(side, [seat]).map(({ id }) => id));
        return side.rig.store.chooseLines(EVENT, inHand);
      };
    },
    aside: () => {
      const seat = draw.someSeat();
      return (side) => {
        const bad = linesOf(side, [seat]).map((line) => ({ line, reason: "bad" }));
        return side.rig.store.setAside(bad);
      };
    },
    close: () => (side) => side.rig.store.closeMinted(),
    bought: () => (side) => side.rig.store.closeBought(),
    strange: () => (side) => side.rig.store.setAsideStrange(),
    reopen: () => (side) => side.rig.store.reopenMinted(),
    move: () => (side) => side.rig.store.transaction((rows) => rows.moveOrders()),
  };
}
