// Stops the running instance, or what a crashed one left behind.
import { createProgress, type Progress, progressMode } from "./progress.ts";
import { endProcess } from "./services/process-table.ts";
import { endStrays, isRunning, readRun } from "./services/strays.ts";
import { Stop, sentenceOf } from "./stop.ts";
import { DOWN_USAGE, parseDownOptions, UsageError } from "./up-options.ts";

/** The instance has 15 s for its stop; the rest is room for a slow machine. */
const STOP_WAIT_MS = 20_000;
const KILL_WAIT_MS = 2_000;

/** Answers what was stopped; nothing to stop is a success as well. */
export async function down(home: string, progress: Progress): Promise<string> {
  const record = readRun(home);
  let said = "Stagedoor is not running.";
  const running = isRunning(record);
  if (running) {
    const { pid } = record.supervisor;
    said = `Stopped Stagedoor (process ${pid}).`;
    await progress.step("Stop the running instance", async () => {
      const ended = await endProcess(record.supervisor, [
        { signal: "SIGTERM", waitMs: STOP_WAIT_MS },
        { signal: "SIGKILL", waitMs: KILL_WAIT_MS },
      ]);
      if (!ended) throw new Stop(`Process ${pid} cannot be stopped.`, "Restart the machine.");
    });
  }
  const strays = await endStrays(home);
  if (strays.length === 0) return said;
  const who = running ? `${said} It` : "A crashed run";
  return `${who} left these behind, now ended: ${strays.join(", ")}.`;
}

async function main(args: string[]): Promise<number> {
  try {
    const options = parseDownOptions(args);
    if (options.help) {
      process.stdout.write(DOWN_USAGE);
      return 0;
    }
    const progress = createProgress(progressMode(options.json));
    const said = await down(options.home, progress);
    progress.result({ type: "down", message: said }, [said]);
    return 0;
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
