// Shows each step of a command with its time: a live line on a terminal, plain lines or JSON elsewhere.

export type ProgressMode = "terminal" | "plain" | "json";

export type Progress = {
  /** Runs the work under this name and passes its answer or its error on. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Something worth knowing that is not a step of its own. */
  note(text: string): void;
  /** A finished command's own words; in JSON the record, elsewhere the lines. */
  result(record: Record<string, unknown>, lines: string[]): void;
  elapsedMs(): number;
};

type Output = { write(text: string): unknown; isTTY?: boolean; columns?: number };

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;
const NAME_WIDTH = 26;
const CLEAR_LINE = "\r\u001b[2K";
const COLUMNS_DEFAULT = 80;

export function progressMode(json: boolean, output: Output = process.stdout): ProgressMode {
  if (json) return "json";
  return output.isTTY === true && process.env.TERM !== "dumb" ? "terminal" : "plain";
}

export function createProgress(mode: ProgressMode, output: Output = process.stdout): Progress {
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  const writers = { terminal: terminalWriter, plain: plainWriter, json: jsonWriter };
  const writer = writers[mode](output);
  return {
    elapsedMs,
    note: writer.note,
    result: writer.result,
    async step(name, work) {
      const beganAt = performance.now();
      const took = () => Math.round(performance.now() - beganAt);
      const finish = writer.begin(name, took);
      try {
        const answer = await work();
        finish("done", took());
        return answer;
      } catch (error) {
        finish("failed", took());
        throw error;
      }
    },
  };
}

type Outcome = "done" | "failed";

type Writer = {
  begin(name: string, took: () => number): (outcome: Outcome, ms: number) => void;
  note(text: string): void;
  result(record: Record<string, unknown>, lines: string[]): void;
};

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function finalLine(name: string, outcome: Outcome, ms: number): string {
  const sign = outcome === "done" ? "✓" : "✗";
  return `${sign} ${name.padEnd(NAME_WIDTH)} ${seconds(ms).padStart(7)}\n`;
}

function plainWriter(output: Output): Writer {
  return {
    begin: (name) => (outcome, ms) => output.write(finalLine(name, outcome, ms)),
    note: (text) => output.write(`  ${text}\n`),
    result: (_record, lines) => output.write(`${lines.join("\n")}\n`),
  };
}

function jsonWriter(output: Output): Writer {
  const write = (record: Record<string, unknown>) => output.write(`${JSON.stringify(record)}\n`);
  return {
    begin(step) {
      write({ type: "step", step, state: "started" });
      return (state, ms) => write({ type: "step", step, state, ms });
    },
    note: (text) => write({ type: "note", text }),
    result: (record) => write(record),
  };
}

/** One line with all steps that run is redrawn; a note is printed above it. */
function terminalWriter(output: Output): Writer {
  const live = new Set<{ name: string; took: () => number }>();
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;
  const draw = () => {
    if (live.size === 0) return;
    frame = (frame + 1) % FRAMES.length;
    const steps = [...live].map(
      ({ name, took }) => `${name.padEnd(NAME_WIDTH)} ${seconds(took()).padStart(7)}`,
    );
    const line = `${FRAMES[frame]} ${steps.join("   ")}`;
    // A line that wraps could not be cleared again.
    output.write(`${CLEAR_LINE}${line.slice(0, (output.columns ?? COLUMNS_DEFAULT) - 1)}`);
  };
  return {
    begin(name, took) {
      const step = { name, took };
      live.add(step);
      timer ??= setInterval(draw, FRAME_MS);
      draw();
      return (outcome, ms) => {
        live.delete(step);
        output.write(`${CLEAR_LINE}${finalLine(name, outcome, ms)}`);
        draw();
        if (live.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    note(text) {
      output.write(`${CLEAR_LINE}  ${text}\n`);
      draw();
    },
    result(_record, lines) {
      output.write(`${CLEAR_LINE}${lines.join("\n")}\n`);
      draw();
    },
  };
}
