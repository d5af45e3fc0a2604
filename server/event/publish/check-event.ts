// The dry run: everything that would stop an event from being published, and what the chain would cost.
import type { z } from "zod";
import type { CheckResponse } from "../../api/organiser.ts";
import type { EventProblem } from "../../domain/event-problems.ts";
import { Refusal } from "../../domain/failure.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import { type Chain, type Chains, onChain } from "../../platform/chain.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Sql } from "../../platform/db/client.ts";
import { chainStepsOf, standingOf } from "./chain-steps.ts";
import { estimateSteps, type StepEstimate } from "./estimate.ts";
import { findDraftProblems, type PublishFacts, readPublishFacts } from "./read-facts.ts";

export interface CheckDeps {
  db: Sql;
  chains: Chains;
  clock: Clock;
  /** Whose key sends the transactions; undefined where none is configured. */
  organiser: `0x${string}` | undefined;
}

export async function checkEvent(
  deps: CheckDeps,
  ref: EventRef,
): Promise<z.output<typeof CheckResponse>> {
  const chain = chainOf(deps, ref);
  const facts = await readPublishFacts(deps.db, ref);
  const { deployment } = chain;
  const now = deps.clock.now();
  const problems = await findDraftProblems(deps.db, facts, { deployment, now });
  const { estimates, problems: found } = await askChain(deps, chain, facts);
  problems.push(...found);
  return {
    version: facts.draft.version,
    ready: !problems.some(({ stops }) => stops),
    problems,
    transactions: estimates.map(({ step, gas, costWei }) => ({
      step,
      gas: gas?.toString() ?? null,
      costWei: costWei?.toString() ?? null,
    })),
  };
}

export function chainOf({ chains }: { chains: Chains }, ref: EventRef): Chain {
  const chain = chains.get(ref.deployment);
  if (chain !== undefined) return chain;
  const detail = `${formatEventId(ref)} is of a deployment that is not configured.`;
  throw new Refusal("request/not-found", detail);
}

async function askChain(
  deps: CheckDeps,
  chain: Chain,
  facts: PublishFacts,
): Promise<{ estimates: StepEstimate[]; problems: EventProblem[] }> {
  const { organiser } = deps;
  if (organiser === undefined) {
    const detail = "No key may put events on chain: set ORGANISER_KEY.";
    const code = "organiser-key-missing";
    return { estimates: [], problems: [{ code, place: "organiser", detail, stops: true }] };
  }
  // Without places there is no hash, and so nothing that could be tried.
  if (facts.draft.planHash === null) return { estimates: [], problems: [] };
  const steps = chainStepsOf(facts, chain.deployment);
  const standing = await standingOf(chain, facts, "create");
  if (standing !== "open") return { estimates: [], problems: alreadyThere(standing, facts) };
  // An unsigned split is a problem of its own; its transaction could only fail.
  const signed = facts.payees.every(({ signature }) => signature !== null);
  const tried = steps.filter(({ name }) => name !== "split" || signed);
  const estimates = await estimateSteps(chain, organiser, tried);
  return { estimates, problems: await costProblems(chain, organiser, estimates) };
}

function alreadyThere(standing: "done" | "conflict", { ref }: PublishFacts): EventProblem[] {
  if (standing === "done") return [];
  const detail = `The chain has another event ${ref.eventId}, with another plan.`;
  return [{ code: "event-on-chain", place: "id", detail, stops: true }];
}

async function costProblems(
  chain: Chain,
  organiser: `0x${string}`,
  estimates: readonly StepEstimate[],
): Promise<EventProblem[]> {
  const problems: EventProblem[] = estimates
    .filter(({ refusal }) => refusal !== null)
    .map(({ step, refusal }) => ({
      code: "chain-refuses",
      place: `transactions/${step}`,
      detail: `The contract refuses it: ${refusal}.`,
      stops: true,
    }));
  const cost = estimates.reduce((sum, { costWei }) => sum + (costWei ?? 0n), 0n);
  const balance = await onChain(() => chain.client.getBalance({ address: organiser }));
  if (balance < cost) {
    const detail = `${organiser} has ${balance} wei, and the transactions may cost ${cost}.`;
    problems.push({ code: "organiser-without-coin", place: "organiser", detail, stops: true });
  }
  return problems;
}
