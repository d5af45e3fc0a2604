// Writes one generated file, or only says whether it differs from what is there.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repositoryRoot } from "./services/packages.ts";

export type GeneratedFile = { path: string; text: string };

/** Answers the path when the file differed. */
export function writeGenerated({ path, text }: GeneratedFile, check: boolean): string[] {
  const target = join(repositoryRoot, path);
  if (existsSync(target) && readFileSync(target, "utf8") === text) return [];
  if (!check) {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  return [path];
}
