// Compiles what the bench deploys and hands it out by name.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Abi, Hex } from "viem";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { Stop } from "#scripts/stop.ts";
import { runProgram } from "#scripts/test-child.ts";
import { openProjects, type Pipeline, type Projects } from "./projects.ts";

export type Artifact = { abi: Abi; bytecode: Hex; deployedBytecode: Hex };

export type Artifacts = {
  peer(name: string): Promise<Artifact>;
  product(name: string): Promise<Artifact>;
  hasProduct(name: string): boolean;
};

const COMPILE_LIMIT_MS = 5 * 60_000;

export async function compile(
  signal: AbortSignal,
  pipeline: Pipeline = "default",
): Promise<Projects & { artifacts: Artifacts }> {
  const { complaint, output } = await runProgram({
    command: process.execPath,
    args: [
      "--disable-warning=ExperimentalWarning",
      ...[join(import.meta.dirname, "projects.ts"), pipeline],
    ],
    limitMs: COMPILE_LIMIT_MS,
    signal,
  });
  signal.throwIfAborted();
  if (complaint !== undefined) throw new Stop(`The compiler ${complaint}.`, `\n${output}`);
  const projects = await openProjects(pipeline);
  const read = async (project: HardhatRuntimeEnvironment, name: string) =>
    (await project.artifacts.readArtifact(name)) as unknown as Artifact;
  const sourceOf = (name: string) => `contracts/${name}.sol`;
  return {
    ...projects,
    artifacts: {
      peer: (name) => read(projects.peers, name),
      product: (name) => read(projects.product, `${sourceOf(name)}:${name}`),
      hasProduct: (name) => existsSync(join(repositoryRoot, sourceOf(name))),
    },
  };
}
