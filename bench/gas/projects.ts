// Opens the product's contracts and the peers' as two projects with one set of compiler settings.
import { join } from "node:path";
import { createHardhatRuntimeEnvironment, importUserConfig } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { repositoryRoot } from "#scripts/services/packages.ts";

export type Projects = { product: HardhatRuntimeEnvironment; peers: HardhatRuntimeEnvironment };

/** Unlock publishes sources, and nothing of ours imports this one. */
const PEER_SOURCES = ["@unlock-protocol/contracts/dist/PublicLock/PublicLockV15.sol"];

/** A compiler profile of hardhat.config.ts: what is deployed, or the newer pipeline. */
export type Pipeline = "default" | "ir";

/** What is built is kept apart from the product, and below its cache. */
const APART = {
  default: undefined,
  ir: { cache: "cache/gas-ir/cache", artifacts: "cache/gas-ir/artifacts" },
} as const;

/** The product has its own configuration; the peers get the same profile of it. */
export async function openProjects(pipeline: Pipeline): Promise<Projects> {
  const config = join(repositoryRoot, "hardhat.config.ts");
  const settings = await importUserConfig(config);
  const paths = APART[pipeline];
  const product = await createHardhatRuntimeEnvironment(
    { ...settings, paths: { ...settings.paths, ...paths } },
    { config, buildProfile: pipeline },
    repositoryRoot,
  );
  const solidity = profileOf(settings.solidity, pipeline);
  const peers = await createHardhatRuntimeEnvironment(
    { solidity: { ...solidity, npmFilesToBuild: PEER_SOURCES }, ...(paths && { paths }) },
    {},
    join(import.meta.dirname, "peers"),
  );
  return { product, peers };
}

type Solidity = Awaited<ReturnType<typeof importUserConfig>>["solidity"];
type Profiles = Extract<Solidity, { profiles: unknown }>["profiles"];

function profileOf(solidity: Solidity, name: Pipeline): Profiles[string] {
  if (typeof solidity === "object" && "profiles" in solidity) {
    const profile = solidity.profiles[name];
    if (profile !== undefined) return profile;
  }
  throw new Error(`hardhat.config.ts has no compiler profile named ${name}.`);
}

// In a process of its own: the compiler blocks, and says a lot about the peers' code.
if (import.meta.main) {
  const { product, peers } = await openProjects(process.argv[2] === "ir" ? "ir" : "default");
  // With its tests: only a whole build clears away the records of earlier ones, and a record
  // without a contract in it is one that the simulated chain cannot read.
  await product.tasks.getTask("build").run({ quiet: true });
  await peers.tasks.getTask("build").run({ quiet: true, noTests: true });
  process.exit(0);
}
