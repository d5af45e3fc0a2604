// Reads the contracts' syntax trees, as the compiler that builds them makes them.

import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** A node of solc's tree; which fields it has depends on its type. */
export type Node = {
  nodeType: string;
  src: string;
  [field: string]: unknown;
};

export type Source = { path: string; bytes: Buffer; tree: Node };

type Compiler = {
  compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
};
type Output = {
  errors?: { severity: string; formattedMessage: string }[];
  sources: Record<string, { ast: Node }>;
};

/** Every contract of the product, its types resolved and nothing compiled. */
export function readSources(root: string): Source[] {
  const paths = globSync("contracts/**/*.sol", { cwd: root }).sort();
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(paths.map((path) => [path, { content: read(path) }])),
    settings: { evmVersion: "osaka", outputSelection: { "*": { "": ["ast"] } } },
  };
  const solc = createRequire(import.meta.url)("solc") as Compiler;
  const text = solc.compile(JSON.stringify(input), {
    import: (path) => ({
      contents: read(path.startsWith("@") ? join("node_modules", path) : path),
    }),
  });
  const { errors = [], sources } = JSON.parse(text) as Output;
  const failed = errors.filter(({ severity }) => severity === "error");
  if (failed.length > 0) throw new Error(failed.map((one) => one.formattedMessage).join("\n"));
  return paths.map((path) => {
    const tree = sources[path]?.ast;
    if (tree === undefined) throw new Error(`The compiler has no tree of ${path}.`);
    return { path, bytes: Buffer.from(read(path)), tree };
  });
}

/** Where a node's text is, in bytes. */
export function rangeOf({ src }: Node): [start: number, end: number] {
  const [start = 0, length = 0] = src.split(":").map(Number);
  return [start, start + length];
}

export function textOf({ bytes }: Source, node: Node): string {
  return bytes.subarray(...rangeOf(node)).toString();
}

/** The nodes directly below one, in the order of the text. */
export function childrenOf(node: Node): Node[] {
  const below = Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]));
  const nodes = below.filter(isNode).filter(({ src }) => !src.startsWith("-1"));
  return nodes.sort((left, right) => rangeOf(left)[0] - rangeOf(right)[0]);
}

export function childOf(node: Node, field: string): Node {
  const child = node[field];
  if (!isNode(child)) throw new Error(`A ${node.nodeType} without ${field}.`);
  return child;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}
