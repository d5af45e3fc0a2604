// Who may import whom: one table of the edges between folders, the way to write them, and no circles.
import { posix } from "node:path";
import { fileRule, type Rule, type Source, type Violation } from "./source.ts";

const RULES = ["server/api", "server/domain", "server/platform"];
const STAGE = [...RULES, "server/audit", "server/auth", "contracts"];

/** Every folder with the folders that its files may import; its own files it always may. */
const EDGES: Record<string, readonly string[]> = {
  contracts: [],
  "server/domain": [],
  "server/api": ["server/domain"],
  "server/platform": ["server/domain", "contracts"],
  "server/queue": ["server/platform", "server/domain"],
  "server/audit": ["server/domain", "server/platform", "server/queue"],
  "server/auth": [...RULES, "server/audit", "contracts"],
  "server/edge": [...RULES, "server/auth"],
  "server/docs": RULES,
  "server/event": [...STAGE, "server/queue"],
  "server/hold": STAGE,
  "server/risk": STAGE,
  "server/pay": [...STAGE, "server/hold", "server/queue"],
  "server/mint": [...STAGE, "server/queue"],
  "server/ticket": STAGE,
  "server/lookup": [...STAGE, "server/ticket"],
  "server/gate": [...STAGE, "server/queue"],
  "server/webhook": [...STAGE, "server/queue"],
  "server/notify": STAGE,
  "server/resale": [...STAGE, "server/pay", "server/queue"],
  "server/royalty": [...STAGE, "server/queue"],
  // app.ts, main.ts and worker.ts put the stages together.
  server: ["server/*", "contracts"],
  indexer: ["contracts", "server/domain", "server/platform"],
  web: ["contracts", "server/domain", "server/api"],
  // These may import everything that is product; what is not listed above imports none of them.
  scripts: ["contracts", "server", "server/*", "indexer", "web"],
  bench: ["contracts", "server", "server/*", "indexer", "web", "scripts", "test"],
  test: ["contracts", "server", "server/*", "indexer", "web", "scripts"],
  // Examples for other people know what is published, and nothing of this project.
  docs: [],
  "configuration files": [],
};

/** Files that fewer may import than their folder, each with its reason. */
const KEPT: Record<string, { by: RegExp; because: string }> = {
  "server/platform/db/replica.ts": {
    by: /^(server\/(app|main)\.ts|server\/lookup\/.+|test\/.+)$/,
    because: "a replica is late, and nothing that is for sale may be read there",
  },
};

/** Where only some packages are right; `node:` counts as one. */
const PACKAGES: Record<string, { allows: (name: string) => boolean; because: string }> = {
  contracts: { allows: () => false, because: "everybody imports it, so it imports nothing" },
  "server/domain": {
    allows: (name) => name === "viem",
    because: "its rules are pure: itself and the pure functions of viem",
  },
  "server/api": { allows: (name) => name === "zod", because: "browsers load it: domain and zod" },
  web: { allows: (name) => name !== "node:", because: "it runs in browsers" },
  docs: {
    allows: (name) => name === "node:" || name === "ethers",
    because: "a reader should need nothing else",
  },
};

export const importEdges: Rule = fileRule("imports", function* (source) {
  const from = folderOf(source.path);
  const edges = EDGES[from];
  for (const { specifier, line } of source.syntax?.imports ?? []) {
    const sentence =
      edges === undefined
        ? `${from} has no row in scripts/tidy/imports.ts; decide there what it may import.`
        : judge(source.path, from, edges, specifier);
    if (sentence !== undefined) yield { line, sentence };
  }
});

function judge(path: string, from: string, edges: readonly string[], specifier: string) {
  const target = targetOf(path, specifier);
  if (target === undefined) {
    const name = packageOf(specifier);
    const rule = isConfiguration(path) ? undefined : PACKAGES[from];
    if (rule === undefined || rule.allows(name)) return undefined;
    return `${from} may not import ${specifier}: ${rule.because}.`;
  }
  const kept = KEPT[target];
  if (kept !== undefined && !kept.by.test(path)) {
    return `${path} may not import ${target}: ${kept.because}.`;
  }
  const to = folderOf(target);
  const isCrossing = topOf(target) !== topOf(path);
  if (isCrossing && !specifier.startsWith("#")) {
    return `write #${target}: another top folder is imported by its # name.`;
  }
  if (!isCrossing && specifier.startsWith("#")) {
    return `write a relative path: # names are for other top folders.`;
  }
  if (from === to || edges.some((edge) => matches(edge, to))) return undefined;
  return `${from} may not import ${to}.`;
}

function matches(edge: string, folder: string): boolean {
  return edge.endsWith("/*") ? folder.startsWith(edge.slice(0, -1)) : edge === folder;
}

/** The imported file as a path from the root; undefined for a package. */
function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith("#")) return specifier.slice(1);
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(path), specifier);
}

function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return "node:";
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "");
}

function topOf(path: string): string {
  return path.includes("/") ? (path.split("/")[0] ?? "") : "";
}

function folderOf(path: string): string {
  const [top = "", second = "", third] = path.split("/");
  if (!path.includes("/")) return "configuration files";
  return top === "server" && third !== undefined ? `${top}/${second}` : top;
}

function isConfiguration(path: string): boolean {
  return path.endsWith(".config.ts");
}

/** Types count as well: files that need each other's types cannot be read one after the other. */
export const importCycles: Rule = {
  name: "cycles",
  check(sources) {
    const graph = new Map(sources.map((source) => [source.path, targetsOf(source)]));
    const done = new Set<string>();
    const violations: Violation[] = [];
    const visit = (path: string, trail: string[]) => {
      const at = trail.indexOf(path);
      if (at !== -1) {
        const circle = [...trail.slice(at), path].join(" → ");
        violations.push({ path, line: 1, sentence: `imports go in a circle: ${circle}.` });
        return;
      }
      if (done.has(path)) return;
      for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    return violations;
  },
};

function targetsOf(source: Source): string[] {
  const specifiers = source.syntax?.imports ?? [];
  return specifiers.flatMap(({ specifier }) => targetOf(source.path, specifier) ?? []);
}
