// Restarts processes one after the other under load, as an update does, and ends them while services are gone.
import { systemClock } from "#server/platform/clock.ts";
import { PROCESSES, type ProcessName, type Rig } from "./rig.ts";

export interface Ended {
  part: ProcessName;
  how: string;
  ms: number;
}

/** The next one begins once the one before takes work again. */
const SETTLE_MS = 1_000;

export async function rollOver(rig: Rig, parts: readonly ProcessName[]): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (const name of parts) {
    const part = rig.part(name);
    const end = await part.end();
    ended.push({ part: name, ...end });
    await part.up();
    await systemClock.sleep(SETTLE_MS);
  }
  return ended;
}

export type Absence = (rig: Rig, name: ProcessName) => void;

/** What is gone when a process is told to end: nothing, or a service, refused or silent. */
export const ABSENCES = {
  "with all services": () => undefined,
  "without Redis": (rig, name) => rig.wire(name, "redis")?.cut(),
  "with a silent Redis": (rig, name) => rig.wire(name, "redis")?.hush(),
  "without Postgres": (rig, name) => rig.wire(name, "postgres")?.cut(),
  "with a silent Postgres": (rig, name) => rig.wire(name, "postgres")?.hush(),
  "with a silent chain": (rig, name) => rig.wire(name, "chain")?.hush(),
} satisfies Record<string, Absence>;

/** Ends all processes at once, each with what is gone for it; they come back once it is there. */
export async function endAll(
  rig: Rig,
  absenceOf: (name: ProcessName) => Absence,
  goneForMs: number,
): Promise<Ended[]> {
  for (const name of PROCESSES) absenceOf(name)(rig, name);
  await systemClock.sleep(goneForMs);
  const ended = await Promise.all(
    PROCESSES.map(async (name) => ({ part: name, ...(await rig.part(name).end()) })),
  );
  for (const name of PROCESSES) {
    for (const service of ["postgres", "redis", "chain"] as const) rig.wire(name, service)?.heal();
  }
  return ended;
}
