// The end of a turn of the event loop, for what is cheaper when it is done for many at once.

let waiting: (() => void)[] = [];

/**
 * Runs the step once everything that arrived in this turn was looked at. What a step adds, such as
 * the write of a command, is done in the same pass: a turn more costs time and has no work of its
 * own. A step must not throw.
 */
export function atEndOfTurn(step: () => void): void {
  if (waiting.length === 0) setImmediate(runAll);
  waiting.push(step);
}

function runAll(): void {
  // The list grows while it is walked through.
  for (const step of waiting) step();
  waiting = [];
}

/** Lets everything else that has arrived have its turn: for long work that is done in parts. */
export function turnOver(): Promise<void> {
  return new Promise(atEndOfTurn);
}
