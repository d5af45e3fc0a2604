// Finds the folders of installed packages that ship programs for one platform.
import { join } from "node:path";

export const repositoryRoot = join(import.meta.dirname, "../..");

/** Not resolved through Node: these packages export no path to their binaries. */
export function packageFolder(name: string): string {
  return join(repositoryRoot, "node_modules", name);
}
