// Loaded before a process' own code: its wall clock jumps at each SIGUSR2, as one that is set does.
const HOUR_MS = 3_600_000;
/** From the true time: an hour fast, a day slow, ten years fast, and right again. */
export const JUMPS_MS: readonly number[] = [HOUR_MS, -24 * HOUR_MS, 87_600 * HOUR_MS, 0];

export const CLOCK_SET = "its clock was set";

const Real = Date;
let jumps = 0;

function nowMs(): number {
  return Real.now() + (jumps === 0 ? 0 : (JUMPS_MS[(jumps - 1) % JUMPS_MS.length] as number));
}

class Jumping extends Real {
  constructor(...given: [] | ConstructorParameters<typeof Date>) {
    super(...((given.length === 0 ? [nowMs()] : given) as [number]));
  }

  static override now(): number {
    return nowMs();
  }
}

if (process.env.CLOCK_JUMPS === "1") {
  globalThis.Date = Jumping as DateConstructor;
  process.on("SIGUSR2", () => {
    jumps += 1;
    // Of several signals at once a process may hear one: this is how often it did.
    process.stdout.write(`${JSON.stringify({ msg: CLOCK_SET, jumps })}\n`);
  });
}
