// The middle of several rounds: one noisy round moves it less than it moves a mean.

export function medianOf<T>(rounds: readonly T[], of: (round: T) => number): number {
  const sorted = rounds.map(of).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
