// The way between a worker and its node, below the client: silence, late arrivals, doubled requests, old answers.
import { createPublicClient, custom, HttpRequestError, TimeoutError } from "viem";
import type { Chain } from "#server/platform/chain.ts";
import type { Deployment } from "#server/platform/env.ts";
import type { Node } from "./chain-node.ts";
import { exchange, type Life, type Outcome, type Weather } from "./wire.ts";

/** As server/platform/chain.ts waits. */
const RPC_TIMEOUT_MS = 5_000;
const LATE_MS_MAX = 30_000;
const LAG_BLOCKS_MAX = 3;

export interface Listener {
  /** Bytes leave a worker: nobody can take them back. */
  onSend(raw: `0x${string}`, life: Life): void;
}

export function nodeWire(
  weather: Weather,
  node: Node,
  listener: Listener,
  { life, deployment }: { life: Life; deployment: Deployment },
): Chain {
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    const given = (params ?? []) as unknown[];
    if (method === "eth_sendRawTransaction") listener.onSend(given[0] as `0x${string}`, life);
    return askNode(weather, node, { life, method, given });
  };
  const client = createPublicClient({
    cacheTime: 0,
    transport: custom({ request }, { retryCount: 0 }),
  });
  return { deployment, client };
}

function askNode(
  { ...weather }: Weather,
  node: Node,
  { life, method, given }: { life: Life; method: string; given: readonly unknown[] },
): Promise<unknown> {
  const { timeline, dice, faults } = weather;
  const bad = dice.permille(faults().chain)
    ? dice.pick(["refused", "lost", "late", "twice", "slow"])
    : undefined;
  if (bad !== undefined) timeline.tally(`node: ${bad}`);
  const isRead = method !== "eth_sendRawTransaction";
  const lag = isRead && dice.permille(faults().lag) ? dice.between(1, LAG_BLOCKS_MAX) : 0;
  const answer = (): Outcome<unknown> => {
    try {
      return { value: node.answer(method, given, lag) };
    } catch (error) {
      return { error };
    }
  };
  const backMs = { lost: RPC_TIMEOUT_MS, late: RPC_TIMEOUT_MS, slow: dice.between(100, 4_900) };
  return exchange(weather, life, {
    what: `node ${method}`,
    outMs: dice.between(0, 5),
    backMs: backMs[bad as keyof typeof backMs] ?? dice.between(0, 5),
    act: (tell) => {
      const silence = () => tell({ error: new TimeoutError({ body: {}, url: "sim" }) });
      switch (bad) {
        case "refused":
          return tell({ error: new HttpRequestError({ url: "sim" }) });
        case "lost":
          answer();
          return silence();
        case "late":
          timeline.after(dice.between(RPC_TIMEOUT_MS, LATE_MS_MAX), answer);
          return silence();
        case "twice":
          answer();
          return tell(answer());
        default:
          return tell(answer());
      }
    },
  });
}
