// What a bench hands back, and whether a table that was measured again still says the same.
import type { Progress } from "./progress.ts";

/** One line of `--json`; names and units stay as they are, because others keep the figures. */
export type Metric = {
  metric: string;
  value: number;
  unit: string;
  /** From the same run: the peer or the limit that the value is held against. */
  baseline: number;
  /** Every other contract, server or loop that did the same work in this run. */
  baselines?: Record<string, number>;
};

export type BenchResult = {
  metrics: Metric[];
  /** In Markdown, for people. */
  table: string;
};

export type BenchTools = { progress: Progress; signal: AbortSignal };

/** What bench/<name>/bench.ts exports as `bench`. */
export type Bench = (tools: BenchTools) => Promise<BenchResult>;

/** A patch of the compiler moves gas by less; whatever moves it more is worth a look. */
export const DRIFT_MAX = 0.005;
const PERCENT_POINTS_MAX = 0.5;

const NUMBER = /-?\d[\d,]*(?:\.\d+)?(?: %)?/g;

export function jsonLine(bench: string, { metric, value, unit, baseline, baselines }: Metric) {
  const ratio = Number((value / baseline).toFixed(4));
  return JSON.stringify({ bench, metric, value, unit, baseline, ratio, baselines });
}

/** Where two tables differ: in words at all, in a number by more than the drift allowed. */
export function driftOf(kept: string, measured: string): string[] {
  const before = linesOf(kept);
  const now = linesOf(measured);
  if (before.length !== now.length) return [`${before.length} lines became ${now.length}.`];
  return before.flatMap((line, index) => {
    const other = now[index] ?? "";
    return isSame(line, other) ? [] : [`- ${line}`, `+ ${other}`];
  });
}

function linesOf(text: string): string[] {
  return text.trim().split("\n");
}

function isSame(line: string, other: string): boolean {
  if (line.replace(NUMBER, "0") !== other.replace(NUMBER, "0")) return false;
  const numbers = other.match(NUMBER) ?? [];
  return (line.match(NUMBER) ?? []).every((text, index) => isNear(text, numbers[index] ?? ""));
}

function isNear(text: string, other: string): boolean {
  const [before, now] = [numberOf(text), numberOf(other)];
  const isShare = text.endsWith("%");
  return Math.abs(now - before) <= (isShare ? PERCENT_POINTS_MAX : Math.abs(before) * DRIFT_MAX);
}

function numberOf(text: string): number {
  return Number(text.replace(/[,%\s]/g, ""));
}
