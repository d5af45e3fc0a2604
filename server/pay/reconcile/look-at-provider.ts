// One look at what the payment provider itself says that it has of our payments.
import { Fault } from "../../domain/failure.ts";
import type { Sql } from "../../platform/db/client.ts";
import type { PaymentProvider, ProviderMoney } from "../provider.ts";

export interface ProviderLook {
  provider: string;
  since: Date;
  /** By the database's clock: what is written there later, the list may not have yet. */
  askedAt: Date;
  money: ProviderMoney[];
}

const DAY_MS = 24 * 60 * 60_000;
/** Some thousand bytes each at most; a provider refuses to list more than it should as well. */
const PAYMENTS_MAX = 1_000_000;

/** The last so many days, or everything there ever was. */
export async function lookAtProvider(
  { db, provider }: { db: Sql; provider: Pick<PaymentProvider, "name" | "list"> },
  days: number | undefined,
): Promise<ProviderLook> {
  const { rows } = await db.query<{ now: Date }>({ text: "SELECT now() AS now" });
  const { now: askedAt } = rows[0] as { now: Date };
  const since = new Date(days === undefined ? 0 : askedAt.getTime() - days * DAY_MS);
  // One that is listed as a refund's comes again, and later: the last word on it counts.
  const byRef = new Map<string, ProviderMoney>();
  for await (const page of provider.list({ since, until: askedAt })) {
    for (const money of page) byRef.set(money.ref, money);
    if (byRef.size > PAYMENTS_MAX)
      throw new Fault("server/unavailable", `More than ${PAYMENTS_MAX} payments are listed.`);
  }
  return { provider: provider.name, since, askedAt, money: [...byRef.values()] };
}
