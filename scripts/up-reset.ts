// Deletes the data of a stopped instance, after saying what that is.
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "./progress.ts";
import { homeEntries, removeHome } from "./services/home.ts";

const MEBIBYTE = 1024 ** 2;

export async function resetHome(home: string, progress: Progress): Promise<void> {
  const entries = homeEntries(home);
  if (entries.length === 0) {
    progress.note(`Nothing to delete: there is no data in ${home}.`);
    return;
  }
  progress.note(`Deleting the data of this instance in ${home}:`);
  for (const path of entries) {
    progress.note(`  ${path} (${(sizeOf(path) / MEBIBYTE).toFixed(1)} MiB)`);
  }
  if (process.env.DATABASE_URL || process.env.REDIS_URL) {
    progress.note("What DATABASE_URL and REDIS_URL name is yours and stays as it is.");
  }
  await progress.step("Delete", async () => removeHome(home));
}

/** Links are counted as links: what they point to is not deleted. */
function sizeOf(path: string): number {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
