// Writes the contracts' interfaces and code as TypeScript, so that nothing compiles at run time.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const ROOT = path.join(import.meta.dirname, "..");
/** What is deployed, and under which name TypeScript knows it. */
const CONTRACTS = {
  Tickets: "tickets",
  Splits: "splits",
  Resale: "resale",
  BoxOffice: "box-office",
} as const;
/** Made by the constructor of Tickets: only the code that then lies on the chain is of interest. */
const INNER = {
  TermsReader: "terms-reader",
  PassReader: "pass-reader",
  Renderer: "renderer",
} as const;
const COMPILER = "contracts/abi/compiler.ts";

type Name = keyof typeof CONTRACTS | keyof typeof INNER;

type Compiled = {
  contract: Name;
  abi: readonly unknown[];
  bytecode: string;
  deployedBytecode: string;
  /** Where each immutable stands in the code, in bytes; each takes a word. */
  immutables: Record<string, number[]>;
};

type Build = { settings: Settings; solcLongVersion: string; nodes: Map<string, string> };

type Settings = {
  evmVersion: string;
  viaIR?: boolean;
  optimizer: { enabled: boolean; runs: number };
};

/**
 * Compiles the contracts and writes the generated files; with `check` it only compares.
 * Returns the files, relative to the repository, that differed.
 */
export async function generateAbi({ check }: { check: boolean }): Promise<string[]> {
  const differing: string[] = [];
  for (const [file, text] of await renderAll()) {
    const target = path.join(ROOT, file);
    if (existsSync(target) && readFileSync(target, "utf8") === text) continue;
    differing.push(file);
    if (check) continue;
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  return differing;
}

async function renderAll(): Promise<[path: string, text: string][]> {
  // Loaded here, because importing the build system takes longer than everything else in this file.
  const { createHardhatRuntimeEnvironment, importUserConfig } = await import("hardhat/hre");
  const config = path.join(ROOT, "hardhat.config.ts");
  const hre = await createHardhatRuntimeEnvironment(
    await importUserConfig(config),
    { config },
    ROOT,
  );
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const builds = new Map<string, Build>();
  const files: [path: string, text: string][] = [];
  for (const contract of Object.keys({ ...CONTRACTS, ...INNER }) as Name[]) {
    const name = `contracts/${contract}.sol:${contract}`;
    const artifact = await hre.artifacts.readArtifact(name);
    const id = await hre.artifacts.getBuildInfoId(name);
    if (id === undefined) throw new Error(`${name} has no build`);
    const build = builds.get(id) ?? (await readBuild(hre.artifacts, id));
    builds.set(id, build);
    const { abi, bytecode, deployedBytecode, immutableReferences = {} } = artifact;
    const immutables = namedImmutables(immutableReferences, build.nodes);
    files.push(...render({ contract, abi, bytecode, deployedBytecode, immutables }));
  }
  const compilers = new Set([...builds.values()].map(renderCompiler));
  if (compilers.size !== 1) throw new Error("the contracts were not all compiled alike");
  return [...files, ...[...compilers].map((text): [string, string] => [COMPILER, text])];
}

type Artifacts = {
  getBuildInfoPath(id: string): Promise<string | undefined>;
  getBuildInfoOutputPath(id: string): Promise<string | undefined>;
};

/** The compiler names immutables by the number of their node in the syntax tree. */
async function readBuild(artifacts: Artifacts, id: string): Promise<Build> {
  const read = (file: string | undefined) => JSON.parse(readFileSync(file ?? "", "utf8"));
  const { input, solcLongVersion } = read(await artifacts.getBuildInfoPath(id));
  const { output } = read(await artifacts.getBuildInfoOutputPath(id));
  const nodes = new Map<string, string>();
  for (const { ast } of Object.values(output.sources) as { ast: { nodes: AstNode[] } }[]) {
    for (const { nodes: members = [] } of ast.nodes) {
      for (const node of members) {
        if (node.mutability === "immutable") nodes.set(String(node.id), node.name);
      }
    }
  }
  return { settings: input.settings, solcLongVersion, nodes };
}

type AstNode = { id: number; name: string; mutability?: string; nodes?: AstNode[] };

function namedImmutables(
  references: Record<string, readonly { start: number }[]>,
  nodes: ReadonlyMap<string, string>,
): Record<string, number[]> {
  const named = Object.entries(references).map(([id, places]): [string, number[]] => {
    const name = nodes.get(id);
    if (name === undefined) throw new Error(`no immutable has the number ${id}`);
    return [name, places.map(({ start }) => start).sort((a, b) => a - b)];
  });
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One entry per line, so that a change of the interface is a readable diff. */
function render(compiled: Compiled): [path: string, text: string][] {
  const { contract, abi, bytecode, deployedBytecode, immutables } = compiled;
  const file = { ...CONTRACTS, ...INNER }[contract];
  const name = contract[0]?.toLowerCase() + contract.slice(1);
  const header = `// Generated by scripts/generate-abi.ts from contracts/${contract}.sol; do not edit.\n`;
  const places = Object.entries(immutables)
    .map(([immutable, starts]) => `    ${immutable}: ${JSON.stringify(starts)},\n`)
    .join("");
  const runtimeText =
    `export const ${name}Runtime = {\n  code: "${deployedBytecode}",\n` +
    `  /** Byte offsets of the words that the constructor fills in. */\n` +
    `  immutables: {\n${places}  },\n} as const;\n`;
  const runtime: [string, string] = [
    `contracts/abi/${file}-runtime.ts`,
    `${header}${runtimeText}`.replace("{\n  }", "{}"),
  ];
  if (contract in INNER) return [runtime];
  const entries = abi.map((entry) => `  ${JSON.stringify(entry)},\n`).join("");
  const abiText = `export const ${name}Abi = [\n${entries}] as const;\n`;
  const bytecodeText = `export const ${name}Bytecode = "${bytecode}" as const;\n`;
  return [
    [`contracts/abi/${file}.ts`, `${header}${abiText}`],
    [`contracts/abi/${file}-bytecode.ts`, `${header}${bytecodeText}`],
    runtime,
  ];
}

function renderCompiler({ settings, solcLongVersion }: Build): string {
  const { evmVersion, viaIR = false, optimizer } = settings;
  const facts = { version: solcLongVersion, evmVersion, viaIR, optimizer };
  return (
    `// Generated by scripts/generate-abi.ts from hardhat.config.ts; do not edit.\n` +
    `export const compiler = ${JSON.stringify(facts)} as const;\n`
  );
}

if (import.meta.main) {
  const check = process.argv.includes("--check");
  const files = await generateAbi({ check });
  for (const file of files) console.log(check ? `differs: ${file}` : `wrote: ${file}`);
  if (check && files.length > 0) process.exitCode = 1;
}
