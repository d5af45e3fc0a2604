// What the logs of our contracts say, as values: the only thing that the mirror is made of.

/** A block as the facts in it know it; one object for all of them. */
export interface FactBlock {
  number: bigint;
  hash: string;
  minedAt: Date;
}

export interface EventTerms {
  organiser: string;
  doorsAt: bigint;
  freezeAt: bigint;
  policy: number;
  maxGifts: number;
  resaleCapBps: number;
  royaltyBps: number;
  royaltyReceiver: string;
  planHash: string;
  caps: number[];
  currency: string;
  boxOffice: string;
  feeCapBps: number;
  lockMinutes: number;
  cooldownMinutes: number;
}

/** What a mint call sold; on its Transfers it is found by indexer/link.ts. */
export interface MintTerms {
  class: number;
  unitPrice: bigint;
  /** The price lies in escrow; otherwise it was paid off chain. */
  funded: boolean;
}

type Body =
  | {
      kind: "transfer";
      from: string;
      to: string;
      ticketId: bigint;
      /** Of a first Transfer; undefined until linked. */
      mint?: MintTerms;
      /** A market settled a sale, as its Sold says. */
      sold?: true;
    }
  | {
      kind: "batch-minted";
      eventId: number;
      class: number;
      unitPrice: bigint;
      count: number;
      /** Tickets of a first issue: each took a unit of the class. */
      units?: number;
    }
  | { kind: "checked-in"; ticketId: bigint }
  | { kind: "voided"; ticketId: bigint }
  | { kind: "nonce-raised"; ticketId: bigint; nonce: number }
  | { kind: "event-created"; eventId: number; terms: EventTerms }
  | {
      kind: "event-rescheduled";
      eventId: number;
      doorsAt: bigint;
      freezeAt: bigint;
      refundUntil: bigint;
    }
  | { kind: "event-cancelled"; eventId: number }
  | { kind: "event-paused"; eventId: number; actions: number; until: bigint }
  | { kind: "class-released"; eventId: number; class: number; units: number }
  | { kind: "floor-set"; eventId: number; class: number; floor: bigint }
  | { kind: "market-set"; eventId: number; market: string; allowed: boolean }
  | { kind: "artwork-set"; eventId: number; folder: string }
  | { kind: "role-granted"; role: string; account: string }
  | { kind: "role-revoked"; role: string; account: string }
  | {
      kind: "sold";
      ticketId: bigint;
      seller: string;
      buyer: string;
      price: bigint;
      royalty: bigint;
      fee: bigint;
    }
  | { kind: "pot-distributed"; eventId: number; currency: string; amount: bigint }
  | { kind: "payout-sent"; account: string; currency: string; amount: bigint }
  | { kind: "payout-credited"; account: string; currency: string; amount: bigint }
  | { kind: "order-paid"; orderId: string; eventId: number; payer: string; amount: bigint }
  | { kind: "escrow-deposited"; eventId: number; amount: bigint }
  | { kind: "escrow-released"; eventId: number; organiser: string; amount: bigint }
  | { kind: "refunds-funded"; eventId: number; amount: bigint }
  | { kind: "funds-reclaimed"; eventId: number; amount: bigint }
  | { kind: "refunded"; ticketId: bigint; holder: string; amount: bigint }
  | { kind: "split-locked"; eventId: number; payees: string[]; shares: number[] }
  | { kind: "share-redirected"; eventId: number; index: number; to: string; version: number };

export type FactBody = Body;

/** Where in the chain a fact stands. */
export interface FactPlace {
  block: FactBlock;
  txHash: string;
  logIndex: number;
  /** The contract that said so. */
  emitter: string;
}

export type Fact = FactPlace & Body;
export type FactKind = Body["kind"];
export type FactOf<K extends FactKind> = FactPlace & Extract<Body, { kind: K }>;

export const NOBODY = `0x${"0".repeat(40)}`;
