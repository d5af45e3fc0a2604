// Remembers which test noticed which mutant, so that a run that was cut short or repeated is quick.
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

type Result = { noticedBy: string; state: string };

const FILE = "cache/mutants/results.json";

/** Results count while contracts, tests and tool are as they were; later they are a hint. */
export function keptResults(root: string) {
  const path = join(root, FILE);
  const state = stateOf(root);
  const kept: Record<string, Result> = existsSync(path)
    ? JSON.parse(readFileSync(path, "utf8"))
    : {};
  return {
    /** What is certain. */
    of(mutant: string): Result | undefined {
      const result = kept[mutant];
      return result?.state === state ? result : undefined;
    },
    /** The test to try first. */
    hintOf: (mutant: string) => kept[mutant]?.noticedBy,
    keep(mutant: string, noticedBy: string): void {
      kept[mutant] = { noticedBy, state };
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, JSON.stringify(kept, null, 1));
    },
  };
}

function stateOf(root: string): string {
  const hash = createHash("sha256");
  const files = ["contracts/**/*.sol", "test/contracts/**/*.{ts,sol}", "scripts/mutants/*.ts"];
  const paths = globSync(files, { cwd: root }).filter((path) => !path.endsWith("equivalents.ts"));
  for (const path of paths.sort()) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest("hex");
}
