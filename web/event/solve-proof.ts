// Solves a proof of work beside the page, on as many cores as are polite to take.
import { type Challenge, solveChallengeWorkers } from "altcha-lib";
import type { ResponseOf } from "#server/api/routes.ts";

/** A device that is slower than this fails the sale's hardest class. */
const SOLVE_TIMEOUT_MS = 60_000;
const WORKERS_MAX = 4;

type Given = NonNullable<ResponseOf<"createChallenge">["challenge"]>;

export async function solveProof(challenge: Given): Promise<string> {
  const solution = await solveChallengeWorkers({
    challenge: challenge as Challenge,
    concurrency: Math.min(navigator.hardwareConcurrency || 1, WORKERS_MAX),
    createWorker: () =>
      new Worker(new URL("./solve-proof.worker.ts", import.meta.url), { type: "module" }),
    timeout: SOLVE_TIMEOUT_MS,
  });
  if (solution === null) throw new Error("The puzzle took this device too long.");
  return btoa(JSON.stringify({ challenge, solution }));
}
