// The thread that reads one plan, so that the API answers everybody else meanwhile.
import { parentPort, workerData } from "node:worker_threads";
import { Refusal } from "../../domain/failure.ts";
import { packPlan } from "./import-plan.ts";
import type { ThreadAnswer } from "./read-in-thread.ts";
import { readPlanFile } from "./read-plan-file.ts";

async function answer(): Promise<ThreadAnswer> {
  try {
    const read = readPlanFile(workerData as Record<string, unknown>);
    const { canonical: _text, ...rest } = read;
    return { plan: { ...rest, packed: await packPlan(read) } };
  } catch (error) {
    // A class does not survive the way between threads.
    if (error instanceof Refusal) return { refused: [error.code, error.message, error.data] };
    throw error;
  }
}

parentPort?.postMessage(await answer());
