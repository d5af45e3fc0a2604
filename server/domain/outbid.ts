// What a transaction offers next when no block has taken it, and what it may cost at most.

export interface Fees {
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
}

/** In the chain's own coin, its smallest unit. */
export interface FeeCaps {
  perTicket: bigint;
  perHour: bigint;
}

/** Nodes take the place of a transaction for 10 % more; some of them want an eighth. */
const RAISE_DIVISOR = 8n;
/** What mints nothing (publishing, an empty transfer) may cost as much as a small order. */
const TICKETS_WITHOUT_MINT = 10n;

/** The market's fees where they are higher: an eighth more of too little is still too little. */
export function outbid(before: Fees, market: Fees): Fees {
  return {
    maxFeePerGas: larger(raise(before.maxFeePerGas), market.maxFeePerGas),
    maxPriorityFeePerGas: larger(raise(before.maxPriorityFeePerGas), market.maxPriorityFeePerGas),
  };
}

/** Rounded up: a fee of one must rise as well. */
function raise(fee: bigint): bigint {
  return fee + (fee + RAISE_DIVISOR - 1n) / RAISE_DIVISOR;
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

/** Which cap a transaction would break; undefined when it breaks none. */
export function brokenCap(
  { feeMax, tickets, spent }: { feeMax: bigint; tickets: number; spent: bigint },
  caps: FeeCaps,
): keyof FeeCaps | undefined {
  const shares = tickets === 0 ? TICKETS_WITHOUT_MINT : BigInt(tickets);
  if (feeMax > caps.perTicket * shares) return "perTicket";
  if (spent + feeMax > caps.perHour) return "perHour";
  return undefined;
}
