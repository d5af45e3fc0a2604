// Shows the steps of the launcher with their time, under any Node.

const FRAME_MS = 100;

/** The same lines as scripts/progress.ts, which an old Node cannot read. */
export function display(json) {
  const live = !json && process.stdout.isTTY && process.env.TERM !== "dumb";
  const write = (text) => process.stdout.write(text);
  const time = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  const line = (sign, name, since) => `${sign} ${name.padEnd(26)} ${time(since).padStart(7)}`;
  return async (name, work) => {
    const since = performance.now();
    if (json) write(`${JSON.stringify({ type: "step", step: name, state: "started" })}\n`);
    const draw = () => write(`\r\u001b[2K${line("…", name, since)}`);
    const timer = live ? setInterval(draw, FRAME_MS) : undefined;
    let state = "failed";
    // `stop` ends the process inside the work: the line is finished by the exit handler then.
    const finish = () => {
      clearInterval(timer);
      process.removeListener("exit", finish);
      if (json) {
        write(
          `${JSON.stringify({ type: "step", step: name, state, ms: Math.round(performance.now() - since) })}\n`,
        );
      } else
        write(`${(live ? "\r\u001b[2K" : "") + line(state === "done" ? "✓" : "✗", name, since)}\n`);
    };
    process.on("exit", finish);
    try {
      await work();
      state = "done";
    } finally {
      finish();
    }
  };
}
