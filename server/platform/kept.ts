// Answers kept for a moment: made once for all who ask meanwhile, and never more than a fixed number.
import type { Clock } from "./clock.ts";

interface Entry<T> {
  value: Promise<T>;
  endsMs: number;
}

/** A failure is not kept: the next one who asks tries again. */
export function keepFor<T>(
  { clock, keptMs, entriesMax }: { clock: Clock; keptMs: number; entriesMax: number },
  make: (key: string) => Promise<T>,
): (key: string) => Promise<T> {
  const entries = new Map<string, Entry<T>>();
  return (key) => {
    const nowMs = clock.monotonicMs();
    const kept = entries.get(key);
    if (kept !== undefined && kept.endsMs > nowMs) return kept.value;
    const entry = { value: make(key), endsMs: nowMs + keptMs };
    // Last in a Map is newest: the first one goes when there are too many.
    entries.delete(key);
    entries.set(key, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= entriesMax) break;
      entries.delete(oldest);
    }
    entry.value.catch(() => {
      if (entries.get(key) === entry) entries.delete(key);
    });
    return entry.value;
  };
}
