// Says so when the map is older than it looks.
import { useEffect, useState } from "react";
import type { Loaded } from "../api/use-loaded.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { countOf } from "../page/format.ts";
import { Notice } from "../page/notice.tsx";
import type { SeatStates } from "./seat-states.ts";

const TICK_MS = 1_000;
const MS_PER_SECOND = 1_000;

export function MapFreshness({ states }: { states: Loaded<SeatStates> }) {
  const isStale = states.failure !== undefined;
  const nowMs = useNowMs(isStale);
  if (states.failure === undefined) return null;
  if (states.freshAtMs === undefined) {
    return <FailureNotice failure={states.failure} onRetry={states.reload} />;
  }
  const seconds = Math.max(1, Math.round((nowMs - states.freshAtMs) / MS_PER_SECOND));
  return (
    <Notice tone="warn" title="Reconnecting…">
      {/* Counting out loud would drown everything else. */}
      <p aria-live="off">The map shows the seats of {countOf(seconds, "second")} ago.</p>
    </Notice>
  );
}

function useNowMs(isTicking: boolean): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    if (!isTicking) return;
    setNowMs(performance.now());
    const timer = setInterval(() => setNowMs(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isTicking]);
  return nowMs;
}
