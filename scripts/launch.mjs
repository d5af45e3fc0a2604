// Prepares this checkout for one command, under any Node: installs what is missing, picks the runtime.
//
// This file is plain JavaScript of 2019, so that an old Node prints the sentence below instead of
// a syntax error. It ends by writing the path of the chosen Node to descriptor 3.
import { existsSync, readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MIN = [20, 20];
/** The first Node that runs TypeScript files without a flag. */
const NODE_TYPESCRIPT_MIN = [22, 18];
const RUNTIME_DESCRIPTOR = 3;

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Every command is scripts/<name>.ts; the list shows those that exist. */
const COMMANDS = [
  ["up", "Start everything and keep it running until Ctrl-C"],
  ["down", "Stop the running instance, or what a crashed one left behind"],
  ["demo", "Play a ticket's whole journey against the running instance"],
  ["test", "Run every test; --long adds the long profiles"],
  ["mutate", "Change every guard of the contracts once and see whether a test notices"],
  ["check", "Check types, style, generated files and dead code, without services"],
  ["generate", "Write every generated file again"],
  ["bench", "Measure one part: bench <name>"],
  ["reconcile", "Compare payments, tickets and the chain"],
  ["reindex", "Build the mirror of the chain again"],
  ["verify-log", "Verify the audit log's chain of hashes"],
  ["verify-mirror", "Compare the mirror with the chain"],
  ["verify-ticket", "Verify one ticket against the chain"],
  ["simulate", "Run the seeded simulation of the whole product"],
  ["key-address", "Print the address of a key by its reference"],
  ["deploy", "Deploy the contracts to any chain and hand them to a multisig"],
  ["verify-deployment", "Compare a live deployment with this checkout"],
  ["migrate", "Bring the database in DATABASE_URL to the schema of this checkout"],
].filter(([name]) => existsSync(join(root, "scripts", `${name}.ts`)));

/** Commands that use nothing but Node, so that they work while an installation is broken. */
const WITHOUT_DEPENDENCIES = ["down"];

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${String(error.stack)}\n`);
  process.exit(1);
});

async function main(args) {
  if (isOlder(process.versions.node, NODE_MIN)) {
    stop(
      "Stagedoor needs Node " +
        NODE_MIN.join(".") +
        " or newer and this is " +
        process.versions.node +
        ". Install a current one from https://nodejs.org and run the command again.",
    );
  }
  const name = args[0];
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(help());
    return;
  }
  if (!COMMANDS.some(([known]) => known === name)) {
    process.stderr.write(`There is no command ${name}. ./stagedoor help lists the commands.\n`);
    process.exit(2);
  }
  const ready = existsSync(pinnedNode()) || !isOlder(process.versions.node, NODE_TYPESCRIPT_MIN);
  if (!ready || !WITHOUT_DEPENDENCIES.includes(name)) {
    const { installDependencies } = await import("./launch-install.mjs");
    await installDependencies({ root, json: args.includes("--json"), stop, runtime });
  }
  writeSync(RUNTIME_DESCRIPTOR, runtime());
}

function help() {
  const width = Math.max(...COMMANDS.map(([name]) => name.length));
  const lines = COMMANDS.map(([name, about]) => `  ${name.padEnd(width + 2)}${about}`);
  return [
    "Usage: ./stagedoor <command> [options]",
    "",
    ...lines,
    "",
    "./stagedoor <command> --help explains one command.",
    "",
  ].join("\n");
}

/** The Node from npm when this platform has one, so that everybody runs the same; else this one. */
function runtime() {
  const pinned = pinnedNode();
  if (existsSync(pinned)) return pinned;
  if (!isOlder(process.versions.node, NODE_TYPESCRIPT_MIN)) return process.execPath;
  stop(
    "Stagedoor runs on Node " +
      NODE_TYPESCRIPT_MIN.join(".") +
      " or newer on " +
      process.platform +
      " " +
      process.arch +
      ", and this is " +
      process.versions.node +
      ". Install a current one from https://nodejs.org and run the command again.",
  );
}

function pinnedNode() {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const platform = new RegExp(`^node-(bin-)?${process.platform}-${process.arch}$`);
  const found = Object.keys(manifest.optionalDependencies).find((name) => platform.test(name));
  return join(root, "node_modules", found || "node", "bin/node");
}

function isOlder(version, minimum) {
  const [major, minor] = version.split(".").map(Number);
  return major < minimum[0] || (major === minimum[0] && minor < minimum[1]);
}

function stop(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
