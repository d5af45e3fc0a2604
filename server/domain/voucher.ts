// What the box office's key signs for an order, so that its buyer pays and mints it in one transaction.
import { hashStruct, keccak256, toBytes, zeroAddress } from "viem";
import { encodeRuns, type MintSeat } from "./mint-runs.ts";
import { isCoin } from "./money.ts";

type Hex = `0x${string}`;

/** In the contract's order and of its types: the wallet sends it as it is. */
export interface Voucher {
  eventId: bigint;
  class: number;
  unitPrice: number;
  /** The last second in which it counts, by the chain's clock. */
  deadline: number;
  payer: Hex;
  orderId: Hex;
  runs: Hex;
}

export const VOUCHER_TYPES = {
  Voucher: [
    { name: "eventId", type: "uint256" },
    { name: "class", type: "uint8" },
    { name: "unitPrice", type: "uint48" },
    { name: "deadline", type: "uint40" },
    { name: "payer", type: "address" },
    { name: "orderId", type: "bytes32" },
    { name: "runs", type: "bytes" },
  ],
} as const;

/** Of an authorisation that a worker takes to the contract; refused: the buyer may try again. */
export const RELAY_STATES = ["waiting", "sent", "refused"] as const;
/** Each costs the minter's coin, also one that its payer makes revert. */
export const RELAYS_PER_ORDER = 3;
export type RelayState = (typeof RELAY_STATES)[number];

/** The nonce of the authorisation that pays for it (EIP-3009). */
export function voucherHash(voucher: Voucher): Hex {
  return hashStruct({ types: VOUCHER_TYPES, primaryType: "Voucher", data: voucher });
}

export function voucherDomain({ chainId, boxOffice }: { chainId: number; boxOffice: Hex }) {
  return { name: "Stagedoor BoxOffice", version: "1", chainId, verifyingContract: boxOffice };
}

/** As the order is called on chain, where its own id would be no number. */
export function orderKeyOf(orderId: string): Hex {
  return keccak256(toBytes(orderId));
}

export interface VoucherLine {
  ticketId: bigint;
  class: number;
  unitPrice: bigint;
}

/** Undefined where places differ in class or price: a voucher has one of each. */
export function voucherOf(order: {
  orderId: string;
  eventId: number;
  buyer: Hex;
  expiresAt: Date;
  lines: readonly VoucherLine[];
}): Voucher | undefined {
  const { orderId, eventId, buyer, expiresAt, lines } = order;
  const [first] = lines;
  if (first === undefined) return undefined;
  const isOfOneKind = lines.every(
    (line) => line.class === first.class && line.unitPrice === first.unitPrice,
  );
  if (!isOfOneKind) return undefined;
  const seats: MintSeat[] = lines.map(({ ticketId }) => ({ ticketId, owner: buyer }));
  return {
    ...{ eventId: BigInt(eventId), class: first.class, unitPrice: Number(first.unitPrice) },
    // Rounded down: the chain counts in seconds, and never longer than the order lives.
    deadline: Math.floor(expiresAt.getTime() / 1_000),
    ...{ payer: buyer, orderId: orderKeyOf(orderId), runs: encodeRuns(seats) },
  };
}

/** A coin has no token and everything else has one, or amounts would be of another unit. */
export function fitsCurrency(currency: string, token: Hex): boolean {
  return isCoin(currency) === (token === zeroAddress);
}
