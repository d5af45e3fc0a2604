// What the nemesis will do, and when: the same for the same seed, whatever the machine makes of it.
import { type Chance, chanceOf } from "../support/seeded.ts";
import { type PartName, PROCESSES, type ProcessName, SERVICES, type ServiceName } from "./rig.ts";

export type WireFault = "cut" | "hush" | "deafen" | "slow";

export type Fault =
  | { kind: "kill"; part: PartName }
  | { kind: "stop"; part: PartName; forMs: number }
  | { kind: "flush" }
  | { kind: "wire"; process: ProcessName; service: ServiceName; how: WireFault; forMs: number }
  /** Blackhole: every process loses the chain at once. */
  | { kind: "chain-gone"; forMs: number }
  | { kind: "reorg"; depth: number }
  | { kind: "fees"; gwei: number; forMs: number };

export interface Planned {
  atMs: number;
  fault: Fault;
}

export interface PlanOptions {
  seed: number;
  kills: number;
  overMs: number;
}

/** The chain forgets everything when it dies, as no chain does: it is stopped instead. */
const KILLED: readonly PartName[] = [...PROCESSES, "redis", "postgres"];
const STOPPED: readonly PartName[] = [...PROCESSES, "redis", "postgres", "chain"];
const OTHERS = ["stop", "wire", "reorg", "flush", "wire", "chain-gone", "fees", "wire"] as const;
/** To each two that are killed one of the other faults. */
const KILLS_PER_OTHER = 2;
const WIRE_FAULTS: readonly WireFault[] = ["cut", "hush", "deafen", "slow"];
const STOP_MS = { min: 1_000, max: 12_000 };
const WIRE_MS = { min: 1_000, max: 10_000 };
const GONE_MS = { min: 2_000, max: 10_000 };
const FEES_MS = { min: 5_000, max: 45_000 };
/** Above the cap for a ticket, and below it: one is waited out, the other outbid. */
const GWEI: readonly number[] = [600, 12];
const DEPTH_MAX = 6;
/** A fault lasts for a fifth of a short run at most, so that it is over with it. */
const SHARE_MAX = 0.2;

export function planFaults({ seed, kills, overMs }: PlanOptions): Planned[] {
  const chance = chanceOf(seed);
  const others = Math.ceil(kills / KILLS_PER_OTHER);
  const killed = dealer(KILLED, chance);
  const kinds = dealer(OTHERS, chance);
  const lastsMs = ({ min, max }: { min: number; max: number }) =>
    Math.min(min + chance(max - min), Math.round(overMs * SHARE_MAX));
  const parts = { stopped: dealer(STOPPED, chance), wires: dealer(WIRE_FAULTS, chance) };
  // Within its share of the time, so that none of it is quiet and none is all of it.
  const spread = (count: number) =>
    Array.from({ length: count }, (_, at) => {
      const share = overMs / count;
      return Math.round(at * share + chance(Math.max(1, Math.floor(share))));
    });
  const deaths = spread(kills).map((atMs) => ({
    atMs,
    fault: { kind: "kill" as const, part: killed() },
  }));
  const rest = spread(others).map((atMs) => ({
    atMs,
    fault: other(kinds(), { ...parts, chance, lastsMs }),
  }));
  return [...deaths, ...rest].sort((one, next) => one.atMs - next.atMs);
}

function other(
  kind: (typeof OTHERS)[number],
  dealt: {
    stopped: () => PartName;
    wires: () => WireFault;
    chance: Chance;
    lastsMs: (range: { min: number; max: number }) => number;
  },
): Fault {
  const { chance, lastsMs } = dealt;
  const one = <T>(of: readonly T[]) => of[chance(of.length)] as T;
  switch (kind) {
    case "stop":
      return { kind, part: dealt.stopped(), forMs: lastsMs(STOP_MS) };
    case "wire": {
      const process = one(PROCESSES);
      const services = process === "indexer" ? (["postgres", "chain"] as const) : SERVICES;
      return { kind, process, service: one(services), how: dealt.wires(), forMs: lastsMs(WIRE_MS) };
    }
    case "chain-gone":
      return { kind, forMs: lastsMs(GONE_MS) };
    case "reorg":
      return { kind, depth: 1 + chance(DEPTH_MAX) };
    case "fees":
      return { kind, gwei: one(GWEI), forMs: lastsMs(FEES_MS) };
    default:
      return { kind };
  }
}

/** Each in turn, in another order each time round: chance alone would spare some for long. */
function dealer<T>(all: readonly T[], chance: Chance): () => T {
  let deck: T[] = [];
  return () => {
    if (deck.length === 0) deck = [...all];
    return deck.splice(chance(deck.length), 1)[0] as T;
  };
}

export function describeFault(fault: Fault): string {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  switch (fault.kind) {
    case "kill":
      return `kill -9 ${fault.part}`;
    case "stop":
      return `SIGSTOP ${fault.part} for ${seconds(fault.forMs)}`;
    case "flush":
      return "FLUSHALL";
    case "wire": {
      const words = { cut: "reset", hush: "blackhole", deafen: "half open", slow: "latency" };
      const { process, service, how, forMs } = fault;
      return `${words[how]} between ${process} and ${service} for ${seconds(forMs)}`;
    }
    case "chain-gone":
      return `blackhole of the chain for ${seconds(fault.forMs)}`;
    case "reorg":
      return `anvil_reorg of ${fault.depth}`;
    case "fees":
      return `base fee of ${fault.gwei} gwei for ${seconds(fault.forMs)}`;
  }
}
