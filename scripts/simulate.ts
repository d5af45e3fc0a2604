// Runs the seeded simulation of the mint pipeline, which lives with the tests, as a command.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { repositoryRoot } from "./services/packages.ts";

const simulation = join(repositoryRoot, "test/sim/simulate.ts");
const args = [...process.execArgv, simulation, ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
process.exit(status ?? 1);
