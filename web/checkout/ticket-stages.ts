// The stages of a ticket in a fan's words, and what is known of each line by now, also of a step back.
import type { OrderNews } from "../api/order-feed.ts";
import type { Order, OrderLine } from "../api/wire.ts";

export type Stage = OrderLine["stage"];

export interface Step {
  stage: Stage;
  name: string;
  /** What it means to be there. */
  about: string;
}

export const STEPS = [
  {
    stage: "queued",
    name: "In the queue",
    about: "It is next to be made. The seat is yours already.",
  },
  {
    stage: "sent",
    name: "Sent to the chain",
    about: "The chain writes it into one of its next blocks.",
  },
  {
    stage: "included",
    name: "In your wallet",
    about: "You have it. Some more blocks on top of it, and it stays there for good.",
  },
  {
    stage: "safe",
    name: "Safe",
    about: "The chain hardly ever takes back what lies this deep.",
  },
  { stage: "final", name: "Final", about: "Nobody can undo it any more." },
] as const satisfies readonly Step[];

/** -1 for a line that is not on its way: unpaid, withdrawn, or with a person. */
export function rankOf(stage: Stage): number {
  return STEPS.findIndex((step) => step.stage === stage);
}

const IN_WALLET = rankOf("included");

export function isInWallet(stage: Stage): boolean {
  return rankOf(stage) >= IN_WALLET;
}

interface KnownLine {
  stage: Stage;
  txHash: string | null;
  /** It was in the wallet, and the chain took its block back. */
  wentBack: boolean;
}

export type KnownLines = ReadonlyMap<number, KnownLine>;

export function withNews(known: KnownLines, { lines }: Pick<OrderNews, "lines">): KnownLines {
  const next = new Map(known);
  for (const { seat, stage, txHash } of lines) {
    const before = known.get(seat);
    const wasThere = before !== undefined && (isInWallet(before.stage) || before.wentBack);
    next.set(seat, { stage, txHash, wentBack: wasThere && !isInWallet(stage) });
  }
  return next;
}

/** An order that was read a moment ago, with what was told since. */
export function withKnown(order: Order, known: KnownLines): Order {
  const lines = order.lines.map((line) => {
    const { stage, txHash } = known.get(line.seat) ?? line;
    return { ...line, stage, txHash };
  });
  return { ...order, lines };
}
