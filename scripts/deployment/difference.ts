// One way in which a deployment is not what this checkout and its record say.

export type Difference = { what: string; expected: string; found: string };

export function lineOf({ what, expected, found }: Difference): string {
  return `${what}: expected ${expected}, found ${found}`;
}

/** Something may show in two places, as a contract's immutable does in its code and its getter. */
export function withoutRepeats(differences: readonly Difference[]): Difference[] {
  const byName = new Map<string, Difference>();
  for (const each of differences) if (!byName.has(each.what)) byName.set(each.what, each);
  return [...byName.values()];
}

/** Empty lists read as nobody. */
export function list(names: readonly string[]): string {
  return names.length === 0 ? "nobody" : [...names].sort().join(" and ");
}
