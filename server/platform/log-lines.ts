// Gathers lines of the log for a moment, so that many of them cost one write.
import type { pino } from "pino";

type Destination = ReturnType<typeof pino.destination>;

/** What a killed process may take with it, and what nobody who reads along notices. */
const WAIT_MS = 100;
const LINES_MAX = 64;

/** What to do when the process ends; one listener for all logs. */
const atExit: (() => void)[] = [];

/**
 * The destination's own buffer measures all of its text again with every line; kept as a list
 * until it is written, a line costs half. The process' end waits for what is gathered.
 */
export function gatherLines(destination: Destination) {
  let lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (lines.length > 0) destination.write(lines.join(""));
    lines = [];
  };
  const flushSync = () => {
    flush();
    destination.flushSync();
  };
  if (atExit.length === 0) process.once("exit", () => atExit.map((end) => end()));
  atExit.push(flushSync);
  return {
    write(line: string): void {
      lines.push(line);
      if (lines.length >= LINES_MAX) flush();
      else timer ??= setTimeout(flush, WAIT_MS);
    },
    /** Before a process dies of what it says last. */
    flushSync,
  };
}
