// Tells how far a backfill is: a live line on a terminal, a log line every few seconds elsewhere.
import type { Clock } from "#server/platform/clock.ts";
import type { Log } from "#server/platform/log.ts";
import type { Range } from "./range.ts";

export interface Progress {
  onRange(step: { range: Range; head: bigint }): void;
}

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** Nearer than this the mirror follows; there is nothing to wait for. */
const BEHIND_BLOCKS_MIN = 200n;
const LINE_EVERY_MS = 5_000;
const FRAME_EVERY_MS = 200;
const BAR_WIDTH = 24;
const CLEAR_LINE = "\r\u001b[2K";

export function createProgress(given: {
  deployment: number;
  log: Log;
  clock: Clock;
  output: Output;
}): Progress {
  const { deployment, log, clock, output } = given;
  const live = output.isTTY === true;
  let begun: { atMs: number; block: bigint; facts: number } | undefined;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return {
    onRange({ range, head }) {
      const first = range.headers[0]?.number ?? head;
      const last = range.headers.at(-1)?.number ?? head;
      const nowMs = clock.monotonicMs();
      begun ??= { atMs: nowMs, block: first, facts: 0 };
      begun.facts += range.facts.length;
      const left = head - last;
      if (left < BEHIND_BLOCKS_MIN) {
        if (toldAtMs > begun.atMs) {
          if (live) output.write(CLEAR_LINE);
          log.info({ deployment, block: last, facts: begun.facts }, "the mirror has caught up");
        }
        begun = undefined;
        toldAtMs = Number.NEGATIVE_INFINITY;
        return;
      }
      if (nowMs - toldAtMs < (live ? FRAME_EVERY_MS : LINE_EVERY_MS)) return;
      toldAtMs = nowMs;
      const rate = rateOf({ begun, nowMs, last });
      const etaSeconds = rate.blocks === 0 ? undefined : Math.ceil(Number(left) / rate.blocks);
      if (live) {
        output.write(
          CLEAR_LINE + frame({ deployment, last, head, first: begun.block, ...rate, etaSeconds }),
        );
      } else {
        const per = { blocksPerSecond: rate.blocks, factsPerSecond: rate.facts };
        log.info({ deployment, block: last, head, ...per, etaSeconds }, "catching up");
      }
    },
  };
}

function rateOf(given: {
  begun: { atMs: number; block: bigint; facts: number };
  nowMs: number;
  last: bigint;
}): { blocks: number; facts: number } {
  const { begun, nowMs, last } = given;
  const seconds = (nowMs - begun.atMs) / 1_000;
  if (seconds === 0) return { blocks: 0, facts: 0 };
  return {
    blocks: Math.round(Number(last - begun.block) / seconds),
    facts: Math.round(begun.facts / seconds),
  };
}

function frame(given: {
  deployment: number;
  first: bigint;
  last: bigint;
  head: bigint;
  blocks: number;
  facts: number;
  etaSeconds: number | undefined;
}): string {
  const { deployment, first, last, head, blocks, facts, etaSeconds } = given;
  const share = Number(last - first) / Math.max(1, Number(head - first));
  const full = Math.round(share * BAR_WIDTH);
  const bar = "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
  const eta = etaSeconds === undefined ? "" : `  ${etaSeconds} s left`;
  return (
    `mirror ${deployment}  ${bar} ${(share * 100).toFixed(1)} %  block ${last} of ${head}` +
    `  ${blocks} blocks/s  ${facts} facts/s${eta}`
  );
}
