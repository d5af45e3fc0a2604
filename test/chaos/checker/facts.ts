// What the checker knows of a house: rows, Stripe's books, the chain, and what fans were told; nothing derived.

export interface Order {
  id: string;
  buyer: string;
  state: string;
  total: bigint;
  /** So long ago its time was over; below zero while it is not. */
  overForMs: number;
}

export interface Line {
  orderId: string;
  seat: bigint;
  ticketId: bigint;
}

export interface MintLine {
  orderId: string;
  ticketId: bigint;
  state: string;
  reason: string | null;
}

/** Signed bytes of ours, whether or not a block took them. */
export interface Bid {
  chainId: number;
  signer: string;
  nonce: bigint;
  raw: `0x${string}`;
}

export interface AuditRow {
  id: bigint;
  /** As it is hashed. */
  text: string;
  previous: string;
  hash: string;
}

export interface Intent {
  id: string;
  orderId: string;
  status: string;
  received: bigint;
  capturable: bigint;
  /** What was given back of it. */
  refunded: bigint;
}

export interface Ticket {
  ticketId: bigint;
  owner: string;
  isVoid: boolean;
}

export interface Told {
  orderId: string;
  buyer: string;
  /** As the API writes them: tkt_<deployment>_<id>. */
  tickets: readonly string[];
}

export interface Facts {
  orders: Order[];
  lines: Line[];
  /** Tickets that are on their way back, or are: their seats may be sold again. */
  takenBack: Line[];
  mintLines: MintLine[];
  bids: Bid[];
  audit: AuditRow[];
  postings: { posting: string; currency: string; sum: bigint }[];
  mirrored: Ticket[];
  intents: Intent[];
  /** By the logs. */
  tickets: Ticket[];
  /** By asking the contract, ticket by ticket. */
  owners: Map<bigint, string>;
  told: readonly Told[];
}
