// Does the worker's part for one event before there is a worker: until it is on chain, or cannot be.
import { type EventRef, formatEventId } from "#server/domain/ticket-id.ts";
import { readPublishing } from "#server/event/publish/begin.ts";
import { createPublisher } from "#server/event/publish/publisher.ts";
import { reopenSteps } from "#server/event/publish/reopen.ts";
import type { Chain, Chains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { randomUuid } from "#server/platform/random.ts";
import { leaveLanes } from "#server/platform/tx/lane.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { openTxStore } from "#server/platform/tx/sql-tx-store.ts";
import { ANVIL_ROLES, anvilAccount } from "./services/anvil-keys.ts";

/** Three transactions, one after the other, on a chain that makes a block each second. */
const PUBLISH_LIMIT_MS = 60_000;
const POLL_MS = 50;

export async function finishPublishing(
  { db, chains }: { db: Db; chains: Chains },
  event: EventRef,
): Promise<void> {
  const log = createLog({ name: "seed", level: "fatal" });
  const holder = `seed-${randomUuid()}`;
  const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.organiser).privateKey);
  const publisher = createPublisher({ db, chains, log, holder, signer });
  const endMs = systemClock.monotonicMs() + PUBLISH_LIMIT_MS;
  try {
    await reopenSteps({ db, log }, { chain: chains.get(event.deployment) as Chain, event });
    while (systemClock.monotonicMs() < endMs) {
      await publisher.publishEvent(event);
      const { state, steps } = await readPublishing(db, event);
      const stuck = steps.find((step) => step.state === "attention");
      if (stuck !== undefined) {
        throw new Error(`${formatEventId(event)} cannot be published: ${stuck.reason}.`);
      }
      if (state === "published" && steps.every((step) => step.state === "done")) return;
      await recoverTransactions({ store: openTxStore(db), chains, log });
      await publisher.keepMoving();
      await systemClock.sleep(POLL_MS);
    }
    throw new Error(`${formatEventId(event)} was not on chain after ${PUBLISH_LIMIT_MS / 1000} s.`);
  } finally {
    await leaveLanes(db, holder);
  }
}
