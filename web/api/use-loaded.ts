// Something of the server's on a screen: loaded, kept fresh, and honest about its age.
import { useCallback, useEffect, useEffectEvent, useState } from "react";
import { type ApiFailure, toFailure } from "./failure.ts";
import { untilVisible, wait } from "./wait.ts";

export interface Loaded<T> {
  data: T | undefined;
  /**
   * Why the latest try failed. What was known before stays while the server is out of reach; a
   * definite no, such as a hold that has ended, takes its place.
   */
  failure: ApiFailure | undefined;
  /** As performance.now() tells it, for how long ago that was. */
  freshAtMs: number | undefined;
  reload: () => void;
}

type Known<T> = Omit<Loaded<T>, "reload"> & { key: string | null };

/** Doubling from the first to the last: quick after a blip, gentle while a server is down. */
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 10_000;

/** Loads by `key` (null: not yet), and again after `everyMs(data)` unless that is null. */
export function useLoaded<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  everyMs: (data: T) => number | null = () => null,
): Loaded<T> {
  const [known, setKnown] = useState<Known<T>>(() => nothingOf(key));
  const [round, setRound] = useState(0);
  const loadNow = useEffectEvent(load);
  const nextAfterMs = useEffectEvent(everyMs);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is what loads again
  useEffect(() => {
    if (key === null) return;
    return keepLoading({
      load: (signal) => loadNow(signal),
      everyMs: (data) => nextAfterMs(data),
      onData: (data) => setKnown({ key, data, failure: undefined, freshAtMs: performance.now() }),
      onFailure: (failure) =>
        setKnown((last) => {
          const staysKnown = last.key === key && failure.retry === "same";
          return { ...(staysKnown ? last : nothingOf<T>(key)), failure };
        }),
    });
  }, [key, round]);

  const reload = useCallback(() => setRound((last) => last + 1), []);
  const current = known.key === key ? known : nothingOf<T>(key);
  return { ...current, reload };
}

function nothingOf<T>(key: string | null): Known<T> {
  return { key, data: undefined, failure: undefined, freshAtMs: undefined };
}

function keepLoading<T>(options: {
  load: (signal: AbortSignal) => Promise<T>;
  everyMs: (data: T) => number | null;
  onData: (data: T) => void;
  onFailure: (failure: ApiFailure) => void;
}): () => void {
  const stop = new AbortController();
  let failures = 0;

  async function once(): Promise<number | null> {
    try {
      const data = await options.load(stop.signal);
      if (stop.signal.aborted) return null;
      failures = 0;
      options.onData(data);
      return options.everyMs(data);
    } catch (error) {
      if (stop.signal.aborted) return null;
      const failure = toFailure(error);
      failures += 1;
      options.onFailure(failure);
      const backoffMs = Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_LAST_MS);
      return failure.retry === "same" ? Math.max(backoffMs, failure.retryAfterMs ?? 0) : null;
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      const waitMs = await once();
      if (waitMs === null) return;
      await wait(waitMs, stop.signal);
      await untilVisible(stop.signal);
    }
  }

  void run();
  return () => stop.abort();
}
