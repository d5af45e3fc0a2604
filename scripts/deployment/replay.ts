// Replays a collection's logs: who holds which role, how fast keys may mint, what is paused.
import type { JsonRpcProvider } from "ethers";
import { interfaceOf } from "./contracts.ts";
import { ADMIN_ROLE, type Hex } from "./duties.ts";
import { scanLogs } from "./scan-logs.ts";

const EVENTS = ["RoleGranted", "RoleRevoked", "MintLimitSet", "EventPaused"] as const;

/** What was done in a stretch of blocks, on top of what was done before it. */
export type Replayed = {
  /**
   * Whether the first log is the constructor's, which gives the admin its role. A hand-over also
   * does, but takes it from the one before first. Undefined before any log.
   */
  isFromConstructor: boolean | undefined;
  /** Holders by role; a role that all were taken from has an empty set. */
  holders: Map<string, Set<Hex>>;
  limits: Map<string, { tickets: bigint; windowSeconds: bigint }>;
  /** The last word on each event, by its id; a pause also ends by itself. */
  pauses: Map<bigint, { actions: bigint; until: bigint }>;
};

export function nothingYet(): Replayed {
  return {
    isFromConstructor: undefined,
    holders: new Map(),
    limits: new Map(),
    pauses: new Map(),
  };
}

/** Adds to what it is given. */
export async function replay(options: {
  provider: JsonRpcProvider;
  tickets: Hex;
  into: Replayed;
  from: number;
  to: number;
  rangeBlocks?: number | undefined;
}): Promise<void> {
  const { tickets: address, rangeBlocks, into: replayed, ...scan } = options;
  const abi = interfaceOf("tickets");
  const topics = EVENTS.map((name) => abi.getEvent(name)?.topicHash ?? "");
  const range = rangeBlocks === undefined ? {} : { rangeBlocks };
  for await (const log of scanLogs({ ...scan, ...range, address, topics })) {
    const parsed = abi.parseLog(log);
    if (parsed === null) continue;
    const { name, args } = parsed;
    replayed.isFromConstructor ??= name === "RoleGranted" && args.role === ADMIN_ROLE;
    if (name === "MintLimitSet") {
      replayed.limits.set(args.role, { tickets: args.tickets, windowSeconds: args.window });
    } else if (name === "EventPaused") {
      replayed.pauses.set(args.eventId, { actions: args.actions, until: args.until });
    } else {
      const holders = replayed.holders.get(args.role) ?? new Set();
      replayed.holders.set(args.role, holders);
      if (name === "RoleGranted") holders.add(args.account);
      else holders.delete(args.account);
    }
  }
}
