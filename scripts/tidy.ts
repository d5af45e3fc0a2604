// The house style as a test: every rule over every file of the repository.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "./services/packages.ts";
import { explained, hostless, lockFile, pinned } from "./tidy/dependencies.ts";
import { importCycles, importEdges } from "./tidy/imports.ts";
import { luaHeader } from "./tidy/lua.ts";
import { barrels, defaultExports, drawers } from "./tidy/names.ts";
import { reach, staleExceptions } from "./tidy/reach.ts";
import { fileLength, functionLength, lineLength } from "./tidy/size.ts";
import { createSource, type Rule, type Source } from "./tidy/source.ts";
import { wholeRows } from "./tidy/statements.ts";
import { firstLine, leftovers, testsLeftOut } from "./tidy/words.ts";

const RULES: readonly Rule[] = [
  importEdges,
  importCycles,
  reach,
  staleExceptions,
  fileLength,
  functionLength,
  lineLength,
  firstLine,
  leftovers,
  testsLeftOut,
  drawers,
  barrels,
  defaultExports,
  luaHeader,
  pinned,
  explained,
  lockFile,
  hostless,
  wholeRows,
];

const TEXT =
  /\.(ts|tsx|mjs|lua|sol|sql|css|prisma|html|ya?ml|json|md)$|^stagedoor$|^\.ci\/|^\.env\.example$/;
const GIT_OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** One line per violation, as editors and terminals make links of it. */
export function tidy(sources: readonly Source[], rules: readonly Rule[] = RULES): string[] {
  return rules.flatMap(({ name, check }) =>
    check(sources).map(({ path, line, sentence }) => `${path}:${line} ${name}: ${sentence}`),
  );
}

/** What git knows or would add: neither dependencies nor anything built. */
export function readSources(root: string): Source[] {
  const listed = execFileSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: GIT_OUTPUT_BYTES_MAX,
  });
  return listed
    .split("\0")
    .filter((path) => TEXT.test(path) && existsSync(join(root, path)))
    .map((path) => createSource(path, readFileSync(join(root, path), "utf8")));
}

if (import.meta.main) {
  const lines = tidy(readSources(repositoryRoot));
  for (const line of lines) console.log(line);
  if (lines.length > 0) process.exitCode = 1;
}
