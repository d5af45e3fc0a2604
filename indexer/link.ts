// Tells facts of one transaction of each other: which Transfers a mint call made, and which a sale.
import { unpackTicketId } from "#server/domain/ticket-id.ts";
import { type Fact, type FactOf, type MintTerms, NOBODY } from "./facts.ts";
import { NodeFault } from "./node-fault.ts";

/**
 * Fills in what only the neighbours of a fact know. The contracts fix their order, so a
 * neighbour that is missing was left out by whoever answered (F21): nothing is then mirrored.
 */
export function linkFacts(facts: readonly Fact[]): void {
  let txHash = "";
  let minted: FactOf<"transfer">[] = [];
  // By ticket: a token that is paid with may call back and move other tickets in between.
  let moved = new Map<bigint, FactOf<"transfer">>();
  let terms: MintTerms | undefined;
  for (const fact of facts) {
    if (fact.txHash !== txHash) {
      requireAll(minted);
      txHash = fact.txHash;
      minted = [];
      moved = new Map();
      terms = undefined;
    }
    switch (fact.kind) {
      case "transfer":
        if (fact.from === NOBODY) minted.push(fact);
        else moved.set(fact.ticketId, fact);
        break;
      case "batch-minted":
        if (minted.length !== fact.count) throw incomplete(fact, "Transfers of a mint");
        terms = { class: fact.class, unitPrice: fact.unitPrice, funded: false };
        fact.units = minted.filter(({ ticketId }) => isFirstIssue(ticketId)).length;
        for (const transfer of minted) transfer.mint = terms;
        minted = [];
        break;
      case "order-paid":
        // The box office says so right after its mint; free tickets have nothing in escrow.
        if (terms === undefined) throw incomplete(fact, "the mint of a paid order");
        terms.funded = terms.unitPrice > 0n;
        break;
      case "sold": {
        const transfer = moved.get(fact.ticketId);
        if (transfer === undefined) throw incomplete(fact, "the Transfer of a sale");
        transfer.sold = true;
        break;
      }
    }
  }
  requireAll(minted);
}

function requireAll(minted: readonly FactOf<"transfer">[]): void {
  const [first] = minted;
  if (first !== undefined) throw incomplete(first, "the BatchMinted of a mint");
}

function isFirstIssue(ticketId: bigint): boolean {
  return unpackTicketId(ticketId).issue === 0;
}

function incomplete(fact: Fact, what: string): NodeFault {
  return new NodeFault("left-out", `The node left out logs: ${what}.`, {
    data: { block: fact.block.number, txHash: fact.txHash },
  });
}
