// What a process has cost so far, as the kernel counts it.
import { readFileSync } from "node:fs";

export interface Cost {
  cpuSeconds: number;
  rssMiB: number;
}

/** Linux counts a process' time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
const USER_AT = 11;
const SYSTEM_AT = 12;
const KIB_PER_MIB = 1_024;

/** Of all its threads; the memory is the most that it ever had. */
export function costOf(pid: number): Cost {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    cpuSeconds: (Number(fields[USER_AT]) + Number(fields[SYSTEM_AT])) / TICKS_PER_SECOND,
    rssMiB: Number(peak) / KIB_PER_MIB,
  };
}
