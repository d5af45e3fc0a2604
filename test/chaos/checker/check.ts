// The independent checker: reads Postgres, the fake Stripe and the chain, and says what is wrong there.
import type { Facts, Told } from "./facts.ts";
import { readBooks } from "./read-books.ts";
import { type ChainPlace, readChain } from "./read-chain.ts";
import { readStripe } from "./read-stripe.ts";
import { findViolations, type Violation } from "./rules.ts";

export interface CheckGiven extends ChainPlace {
  databaseUrl: string;
  stripeUrl: string;
  /** What fans were told, by the fans. */
  told: readonly Told[];
}

async function readFacts(given: CheckGiven): Promise<Facts> {
  const [books, intents, chain] = await Promise.all([
    readBooks(given.databaseUrl),
    readStripe(given.stripeUrl),
    readChain(given),
  ]);
  return { ...books, ...chain, intents, told: given.told };
}

export async function check(given: CheckGiven): Promise<{ facts: Facts; wrong: Violation[] }> {
  const facts = await readFacts(given);
  return { facts, wrong: findViolations(facts) };
}
