// One thread of many seeds: runs every so manieth of them and tells how each ended.
import { parentPort, workerData } from "node:worker_threads";
import { runSeed } from "./run-seed.ts";

const { from, below, step } = workerData as { from: number; below: number; step: number };

for (let seed = from; seed < below; seed += step) parentPort?.postMessage(await runSeed(seed));
