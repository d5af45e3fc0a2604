// How an event's royalties are shared: the rule of the shares, and what each payee signs.

export interface Payee {
  address: `0x${string}`;
  /** In hundredths of a percent; all together 10,000. */
  shareBps: number;
}

export const SHARES_SUM_BPS = 10_000;
/** As the contract has it. */
export const PAYEES_MAX = 32;

/** What is wrong with a split, as a sentence; undefined where nothing is. */
export function splitProblem(payees: readonly Payee[]): string | undefined {
  if (payees.length > PAYEES_MAX) return `A split has up to ${PAYEES_MAX} payees.`;
  const addresses = new Set(payees.map(({ address }) => address.toLowerCase()));
  if (addresses.size < payees.length) return "A payee is there twice.";
  if (payees.some(({ address }) => /^0x0{40}$/.test(address))) return "The zero address is nobody.";
  if (payees.some(({ shareBps }) => !Number.isInteger(shareBps) || shareBps < 1)) {
    return "Each share is at least a hundredth of a percent.";
  }
  const sum = payees.reduce((total, { shareBps }) => total + shareBps, 0);
  if (payees.length === 0 || sum === SHARES_SUM_BPS) return undefined;
  return `The shares add up to ${sum / 100} %, not to 100 %.`;
}

/** The message of Splits.lockSplit: every payee signs the whole split. */
export function splitMessage(split: {
  chainId: number;
  splits: `0x${string}`;
  eventId: number;
  payees: readonly Payee[];
}) {
  const { chainId, splits, eventId, payees } = split;
  return {
    domain: { name: "Stagedoor Splits", version: "1", chainId, verifyingContract: splits },
    types: SPLIT_TYPES,
    primaryType: "Split" as const,
    message: {
      eventId: BigInt(eventId),
      payees: payees.map(({ address }) => address),
      shares: payees.map(({ shareBps }) => shareBps),
    },
  };
}

const SPLIT_TYPES = {
  Split: [
    { name: "eventId", type: "uint256" },
    { name: "payees", type: "address[]" },
    { name: "shares", type: "uint16[]" },
  ],
} as const;
