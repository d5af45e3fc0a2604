// Reads a plan in a thread of its own: eighty thousand seats are seconds of work that nobody should wait for.
import { Worker } from "node:worker_threads";
import { Fault, Refusal, type RefusalCode } from "../../domain/failure.ts";
import type { PackedPlan } from "./import-plan.ts";

export type ThreadAnswer =
  | { plan: PackedPlan }
  | { refused: [code: RefusalCode, detail: string, data: Record<string, unknown>] };

/** Ten times what the largest plan takes; then something is wrong with it, or with us. */
const READ_LIMIT_MS = 60_000;
/** Of the largest body that the route takes, with what is made of it. */
const HEAP_MB_MAX = 2_048;
/** Each takes a core; more at once would only take turns. */
const THREADS_MAX = 2;

let running = 0;

export async function readInThread(file: Record<string, unknown>): Promise<PackedPlan> {
  if (running >= THREADS_MAX) {
    throw new Fault("server/unavailable", "Other plans are being read; send yours again.");
  }
  running += 1;
  try {
    const answer = await run(file);
    if ("refused" in answer) throw new Refusal(...answer.refused);
    return answer.plan;
  } finally {
    running -= 1;
  }
}

async function run(file: Record<string, unknown>): Promise<ThreadAnswer> {
  const worker = new Worker(new URL("./plan-thread.ts", import.meta.url), {
    workerData: file,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  const limit = setTimeout(() => void worker.terminate(), READ_LIMIT_MS);
  try {
    return await new Promise<ThreadAnswer>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () =>
        reject(new Fault("server/unavailable", "The plan took too long to read.")),
      );
    });
  } finally {
    clearTimeout(limit);
    await worker.terminate();
  }
}
