// A part of the rig that is started again whenever it dies, as systemd would, until the rig ends.
import { sentenceOf } from "#scripts/stop.ts";
import { systemClock } from "#server/platform/clock.ts";

/** Something that runs as a process of the system. */
export interface Life {
  pid: number;
  exited: Promise<string>;
  stop(limitMs: number): Promise<void>;
}

export interface Kept {
  name: string;
  pid(): number;
  /** Sent to the process that lives now; false when none does. */
  signal(signal: NodeJS.Signals): boolean;
  /** SIGTERM; how it ended, and after how long. Another one takes its place. */
  end(): Promise<{ how: string; ms: number }>;
  /** Resolves once one runs and is ready. */
  up(): Promise<void>;
  close(): Promise<void>;
}

/** What systemd calls RestartSec. */
const RESTART_MS = 200;
const UP_LIMIT_MS = 120_000;
const POLL_MS = 50;
const STOP_LIMIT_MS = 15_000;

export async function keep(
  name: string,
  { start, say }: { start: () => Promise<Life>; say: (text: string) => void },
): Promise<Kept> {
  let life = await start();
  let isUp = true;
  let isClosing = false;
  /** Told to end, or killed by the nemesis: nothing to wonder about. */
  let isExpected = false;

  async function startAgain(): Promise<void> {
    while (!isClosing) {
      await systemClock.sleep(RESTART_MS);
      if (isClosing) return;
      try {
        life = await start();
        isUp = true;
        say(`${name} is back`);
        return;
      } catch (error) {
        say(`${name} did not start: ${sentenceOf(error).split("\n").at(-1)}`);
      }
    }
  }

  async function watch(): Promise<void> {
    while (!isClosing) {
      const how = await life.exited;
      isUp = false;
      if (isClosing) return;
      if (!isExpected) say(`${name} ended on its own (${how})`);
      isExpected = false;
      await startAgain();
    }
  }
  const watching = watch();

  const signal = (which: NodeJS.Signals): boolean => {
    if (!isUp) return false;
    isExpected ||= which === "SIGKILL" || which === "SIGTERM";
    return send(life.pid, which);
  };
  return {
    name,
    signal,
    pid: () => life.pid,
    end: async () => {
      const { exited } = life;
      const beganMs = systemClock.monotonicMs();
      signal("SIGTERM");
      const ended = new AbortController();
      const late = systemClock.sleep(STOP_LIMIT_MS * 2, ended.signal).then(() => "not at all");
      const how = await Promise.race([exited, late]);
      ended.abort();
      return { how, ms: Math.round(systemClock.monotonicMs() - beganMs) };
    },
    up: () => waitUntil(() => isUp, `${name} did not come back`),
    close: async () => {
      isClosing = true;
      if (isUp) send(life.pid, "SIGCONT");
      await life.stop(STOP_LIMIT_MS);
      await watching;
      await life.stop(STOP_LIMIT_MS);
    },
  };
}

async function waitUntil(holds: () => boolean, otherwise: string): Promise<void> {
  const endMs = systemClock.monotonicMs() + UP_LIMIT_MS;
  while (!holds()) {
    if (systemClock.monotonicMs() > endMs) throw new Error(otherwise);
    await systemClock.sleep(POLL_MS);
  }
}

/** False when it had ended, and nobody has noticed yet. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
