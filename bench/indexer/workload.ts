// The events of a busy year: for fifty tickets minted twenty sales, eight moves and four check-ins.

const BLOCKS = 1_000;
/** Three times the proportion: a node hashes its whole state for each block. */
const PER_BLOCK = { batches: 3, sales: 60, moves: 24, checkIns: 12 };
const TICKETS_PER_BATCH = 50;
const WALLETS = 20_000;
/** Resellers: of every ten buyers three are one of these. */
const RESELLERS = 50;
const RESELLER_SHARE = 0.3;
export const EVENT_ID = 7;
const ROW_SIZE = 2 ** 12;

type Hex = `0x${string}`;

export interface Sale {
  kind: "sale";
  id: bigint;
  nonce: number;
  to: Hex;
  price: bigint;
}

export interface Move {
  kind: "move";
  id: bigint;
  from: Hex;
  to: Hex;
}

export interface CheckIn {
  kind: "check-in";
  id: bigint;
}

export interface Mint {
  ticketId: bigint;
  owner: Hex;
}

export interface Block {
  /** One transaction each. */
  batches: Mint[][];
  acts: (Sale | Move | CheckIn)[];
}

export function walletAt(index: number): Hex {
  return `0x${(0xa1_1c_e0_00_00_00n + BigInt(index)).toString(16).padStart(40, "5")}`;
}

export const wallets: readonly Hex[] = Array.from({ length: WALLETS }, (_, at) => walletAt(at));

/** The same blocks each time: the generator is seeded, and knows who holds what. */
export function* generateBlocks(blocks = BLOCKS): Generator<Block> {
  const random = seeded(42);
  const pick = (): Hex =>
    walletAt(Math.floor(random() * (random() < RESELLER_SHARE ? RESELLERS : WALLETS)));
  const owners: Hex[] = [];
  const nonces: number[] = [];
  let checkedIn = 0;
  /** Whoever was let in keeps the ticket: only those behind them are moved. */
  const unused = () => checkedIn + Math.floor(random() * (owners.length - checkedIn));
  for (let block = 0; block < blocks; block += 1) {
    const acts: Block["acts"] = [];
    if (block > 0) {
      for (let at = 0; at < PER_BLOCK.checkIns; at += 1, checkedIn += 1) {
        acts.push({ kind: "check-in", id: ticketAt(checkedIn) });
      }
      for (let at = 0; at < PER_BLOCK.sales + PER_BLOCK.moves; at += 1) {
        const index = unused();
        const [id, nonce, from, to] = [ticketAt(index), nonces[index] ?? 0, owners[index], pick()];
        if (at < PER_BLOCK.sales) {
          acts.push({ kind: "sale", id, nonce, to, price: priceOf(random()) });
        } else {
          acts.push({ kind: "move", id, from: from as Hex, to });
        }
        owners[index] = to;
        nonces[index] = nonce + 1;
      }
    }
    const mint = (): Mint => {
      const owner = pick();
      owners.push(owner);
      nonces.push(0);
      return { ticketId: ticketAt(owners.length - 1), owner };
    };
    const batch = () => Array.from({ length: TICKETS_PER_BATCH }, mint);
    const batches = Array.from({ length: PER_BLOCK.batches }, batch);
    yield { batches, acts };
  }
}

/** In wei; the face is a hundred thousand gwei, and no sale may cost more than twice that. */
export const FACE_GWEI = 100_000;
const GWEI = 10n ** 9n;

function priceOf(random: number): bigint {
  return BigInt(1 + Math.floor(random * 2 * (FACE_GWEI - 1))) * GWEI;
}

/** Seats of one section, row by row; the first of a row is 1. */
function ticketAt(index: number): bigint {
  const seat = 2 ** 24 + Math.floor(index / (ROW_SIZE - 1)) * ROW_SIZE + (index % (ROW_SIZE - 1));
  return (BigInt(EVENT_ID) << 40n) | BigInt(seat + ROW_SIZE + 1);
}

/** In a section of their own, for what is minted after all of the above. */
export function lateTicketAt(index: number): bigint {
  return (BigInt(EVENT_ID) << 40n) | BigInt(2 * 2 ** 24 + ROW_SIZE + 1 + index);
}

/** Mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
