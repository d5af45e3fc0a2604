// The jobs of the payout key: royalties and escrow that are due.
import type { Chains } from "../platform/chain.ts";
import type { Db } from "../platform/db/client.ts";
import type { PayoutTerms } from "../platform/env.ts";
import type { AddKind } from "../queue/job/job-runner.ts";
import { askReleases, escrowReleases } from "./release-escrow.ts";
import { askRoyalties, royaltyPayouts } from "./share-royalties.ts";

export function addPayouts(
  add: AddKind,
  deps: { db: Db; chains: Chains; terms: PayoutTerms },
): void {
  const { terms } = deps;
  const royalties = royaltyPayouts(terms);
  const releases = escrowReleases(terms);
  add(royalties, () => askRoyalties(deps, royalties, terms));
  add(releases, () => askReleases(deps, releases));
}
