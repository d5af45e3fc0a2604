// Names the product's own steps between the embedded services and its processes.
import { migrate } from "./migrate.ts";
import { seedDemo } from "./seed.ts";
import { deployOnce } from "./up-deployment.ts";
import { PROCESSES, type Steps } from "./up-instance.ts";
import { buildWeb, isWebStale } from "./up-web.ts";

export const productSteps: Steps = {
  migrate,
  deploy: deployOnce,
  seed: seedDemo,
  isWebStale,
  buildWeb,
  processes: PROCESSES,
};
