// Finds the route of an ordinary address at once, where Express asks each route in turn.

export interface Found<T> {
  target: T;
  params: Record<string, string>;
}

export type FindRoute<T> = (method: string, url: string) => Found<T> | undefined;

interface Entry<T> {
  target: T;
  /** By its place in the path. */
  words: [at: number, word: string][];
  names: [at: number, name: string][];
}

/** What all our ids and words are made of. Express knows what the other addresses mean. */
const ORDINARY = /^(?:\/[\w-]+)+$/;

/** As Express does: of several that fit, the first. */
export function createRouteTable<T>(
  routes: readonly { method: string; path: string; target: T }[],
): FindRoute<T> {
  const shapes = new Map<string, Entry<T>[][]>();
  for (const { method, path, target } of routes) {
    const parts = [...path.split("/").entries()].slice(1);
    const entry: Entry<T> = {
      target,
      words: parts.filter(([, part]) => !part.startsWith(":")),
      names: parts
        .filter(([, part]) => part.startsWith(":"))
        .map(([at, name]) => [at, name.slice(1)]),
    };
    const byLength = shapes.get(method) ?? [];
    shapes.set(method, byLength);
    byLength[parts.length] = [...(byLength[parts.length] ?? []), entry];
  }
  return (method, url) => {
    const end = url.indexOf("?");
    const path = end < 0 ? url : url.slice(0, end);
    if (!ORDINARY.test(path)) return undefined;
    const parts = path.split("/");
    const entries = shapes.get(method)?.[parts.length - 1] ?? [];
    const entry = entries.find(({ words }) => words.every(([at, word]) => parts[at] === word));
    if (entry === undefined) return undefined;
    const params: Record<string, string> = {};
    for (const [at, name] of entry.names) params[name] = parts[at] ?? "";
    return { target: entry.target, params };
  };
}
