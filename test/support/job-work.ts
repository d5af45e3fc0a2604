// The worker's side of jobs that the chain is told of, round by round, and what became of them.
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { askAnchor, auditAnchors } from "#server/audit/anchor-log.ts";
import { checkIns } from "#server/gate/check-in.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Db } from "#server/platform/db/client.ts";
import type { PayoutTerms } from "#server/platform/env.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { createJobRunner, type JobRunner } from "#server/queue/job/job-runner.ts";
import { addPayouts } from "#server/royalty/add-payouts.ts";
import type { House } from "./house.ts";
import { finalise, hasten } from "./refund-work.ts";

const gateSigner = createLocalSigner(anvilAccount(ANVIL_ROLES.gate).privateKey);
export const payoutSigner = createLocalSigner(anvilAccount(ANVIL_ROLES.payout).privateKey);

const ROUNDS_MAX = 8;

type Given = { db?: Db; holder?: string; chains?: House["chains"] };

/** What is stored is not sent: as by one that dies in between. */
export function mute(chain: Chain): Chain {
  const sendRawTransaction = async () => {
    throw new Error("the worker is dead");
  };
  return { ...chain, client: { ...chain.client, sendRawTransaction } };
}

export function openGateJobs(house: House, given: Given = {}) {
  const deps = { ...house, holder: "gate", ...given, signer: gateSigner };
  return createJobRunner(deps, (add) => add(checkIns));
}

/** Tickets of suites cost less than a transaction, so whatever is due is paid. */
const TERMS = { everyMinutes: 60, gasPercentMax: 10 ** 9, anchorEveryMinutes: 1_440 };

export function openPayoutJobs(house: House, given: Given & { terms?: PayoutTerms } = {}) {
  const deps = { ...house, holder: "payout", terms: TERMS, ...given, signer: payoutSigner };
  return createJobRunner(deps, (add) => {
    addPayouts(add, deps);
    add(auditAnchors, () => askAnchor(deps.db, 1, deps.terms));
  });
}

/** As if all that was put off, or gathers, were due. */
export async function bringForward({ db }: House): Promise<void> {
  await db.query({ text: "UPDATE sale.chain_job SET due_at = now() WHERE state = 'waiting'" });
}

/** Rounds of a worker until nothing is on its way any more. */
export async function workJobs(house: House, runner: JobRunner): Promise<void> {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    await hasten(house);
    await runner.run();
    await recoverTransactions(house);
    await finalise(house);
    await runner.run();
    const { rowCount } = await house.db.query({
      text: `SELECT 1 FROM sale.chain_job
             WHERE state IN ('sent', 'included') OR state = 'waiting' AND due_at <= now()`,
    });
    if (rowCount === 0) return;
  }
}

export interface JobRow {
  key: string;
  state: string;
  reason: string | null;
  tx_id: bigint | null;
  tx_hash: string | null;
  tries: number;
}

export async function readJobs({ db }: House, kind: string): Promise<JobRow[]> {
  const { rows } = await db.query<JobRow>({
    text: `SELECT key, state, reason, tx_id, tx_hash, tries FROM sale.chain_job
           WHERE kind = $1 ORDER BY id`,
    values: [kind],
  });
  return rows;
}
