// What the chain is told of an event, step by step, and how it is asked whether it knows already.
import { encodeAbiParameters, encodeFunctionData, type Hex, keccak256, zeroAddress } from "viem";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { POLICIES, type PublishStepName } from "../../domain/event.ts";
import { Bug } from "../../domain/failure.ts";
import { CLASSES } from "../../domain/stock.ts";
import { type Chain, onChain } from "../../platform/chain.ts";
import type { Deployment } from "../../platform/env.ts";
import { readRefused } from "../../platform/tx/refused.ts";
import type { PublishFacts } from "./read-facts.ts";

export interface ChainStep {
  name: PublishStepName;
  to: `0x${string}`;
  data: Hex;
}

/** In the order in which the chain takes them: a market and a split are of an event that exists. */
export function chainStepsOf(facts: PublishFacts, deployment: Deployment): ChainStep[] {
  const eventId = BigInt(facts.ref.eventId);
  const { tickets, modules } = deployment;
  const steps: ChainStep[] = [
    {
      name: "create",
      to: tickets,
      data: encodeFunctionData({
        abi: ticketsAbi,
        functionName: "createEvent",
        args: [eventId, termsOnChain(facts, deployment)],
      }),
    },
  ];
  if (modules !== undefined) {
    const args = [eventId, modules.resale, true] as const;
    const data = encodeFunctionData({ abi: ticketsAbi, functionName: "setMarket", args });
    steps.push({ name: "market", to: tickets, data });
  }
  if (facts.payees.length > 0 && modules !== undefined) {
    const args = [eventId, ...splitArgs(facts), signatures(facts)] as const;
    const data = encodeFunctionData({ abi: splitsAbi, functionName: "lockSplit", args });
    steps.push({ name: "split", to: modules.splits, data });
  }
  return steps;
}

function termsOnChain({ draft }: PublishFacts, deployment: Deployment) {
  const { planHash, organiser } = draft;
  if (planHash === null || organiser === null)
    throw new Bug("An event without places or organiser.");
  const caps = CLASSES.map((name) => draft.stock[name]);
  const seconds = (time: string) => Math.floor(Date.parse(time) / 1_000);
  return {
    organiser: organiser as Hex,
    doorsAt: seconds(draft.doorsAt),
    freezeAt: draft.freezeAt === null ? 0 : seconds(draft.freezeAt),
    policy: POLICIES.indexOf(draft.policy),
    maxGifts: draft.maxGifts,
    resaleCapBps: draft.resaleCapBps,
    royaltyBps: draft.royaltyBps,
    // What markets other than ours send arrives here; ours fills the pot that the split shares out.
    royaltyReceiver: organiser as Hex,
    planHash: planHash as Hex,
    caps: caps as unknown as readonly [number, number, number, number, number],
    currency: deployment.currencies?.[draft.currency] ?? zeroAddress,
    boxOffice: deployment.modules?.boxOffice ?? zeroAddress,
    feeCapBps: draft.feeCapBps,
    lockMinutes: draft.lockMinutes,
    cooldownMinutes: draft.cooldownMinutes,
  };
}

function splitArgs({ payees }: PublishFacts): [Hex[], number[]] {
  return [payees.map(({ address }) => address), payees.map(({ shareBps }) => shareBps)];
}

function signatures({ payees }: PublishFacts): Hex[] {
  return payees.map(({ signature }) => signature ?? "0x");
}

/** conflict: the chain has something else in this place, which nobody can take away. */
export type Standing = "done" | "open" | "conflict";

export async function standingOf(
  chain: Chain,
  facts: PublishFacts,
  step: PublishStepName,
): Promise<Standing> {
  const { tickets, modules } = chain.deployment;
  const eventId = BigInt(facts.ref.eventId);
  if (step === "create") {
    const onChainHash = await planHashOnChain(chain, eventId);
    if (onChainHash === undefined) return "open";
    return onChainHash === facts.draft.planHash ? "done" : "conflict";
  }
  if (step === "market") {
    if (modules === undefined) return "done";
    const call = { address: tickets, abi: ticketsAbi, functionName: "isMarket" } as const;
    const allowed = await onChain(() =>
      chain.client.readContract({ ...call, args: [eventId, modules.resale] }),
    );
    return allowed ? "done" : "open";
  }
  if (modules === undefined) return "conflict";
  const call = { address: modules.splits, abi: splitsAbi, functionName: "splitHashOf" } as const;
  const locked = await onChain(() => chain.client.readContract({ ...call, args: [eventId] }));
  return locked === splitHash(facts) ? "done" : "open";
}

async function planHashOnChain(chain: Chain, eventId: bigint): Promise<string | undefined> {
  const { tickets } = chain.deployment;
  const call = { address: tickets, abi: ticketsAbi, functionName: "eventOf" } as const;
  try {
    const event = await onChain(() => chain.client.readContract({ ...call, args: [eventId] }));
    return event.planHash.toLowerCase();
  } catch (error) {
    if (readRefused(error)?.refusal === "TicketsEventUnknown") return undefined;
    throw error;
  }
}

/** As the contract hashes a split that nobody has redirected yet. */
function splitHash(facts: PublishFacts): Hex {
  const [payees, shares] = splitArgs(facts);
  const split = {
    type: "tuple",
    components: [
      { name: "version", type: "uint256" },
      { name: "payees", type: "address[]" },
      { name: "shares", type: "uint16[]" },
    ],
  } as const;
  return keccak256(encodeAbiParameters([split], [{ version: 0n, payees, shares }]));
}
