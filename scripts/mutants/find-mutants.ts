// Finds every guard of the contracts and every single change of it that a test must notice.
import { childOf, childrenOf, type Node, type Source, textOf } from "./syntax-tree.ts";

export type Change =
  | "never true"
  | "always true"
  | "left side dropped"
  | "right side dropped"
  | "not removed"
  | "call removed"
  | "modifier removed"
  | `${string} instead of ${string}`;

/** One change at one place. The name tells it apart from all others, in words. */
export type Mutant = { name: string; path: string; line: number; change: Change; node: Node };

/** The nearest neighbour, and the opposite, of each comparison. */
const BOUNDARY: Record<string, string> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
const OPPOSITE: Record<string, string> = {
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  "==": "!=",
  "!=": "==",
};
const SNIPPET_MAX = 90;

type Place = { scope: string; inLoop: boolean; condition: Node | undefined };

export function findMutants(sources: readonly Source[]): Mutant[] {
  const found = sources.flatMap((source) => {
    const mutants: Omit<Mutant, "name">[] = [];
    const names: string[] = [];
    visit(source.tree, { scope: "", inLoop: false, condition: undefined }, (node, place) => {
      for (const change of changesOf(node, place)) {
        names.push(`${source.path} ${place.scope}: ${snippetOf(source, node)}: ${change}`);
        mutants.push({ path: source.path, line: lineOf(source, node), change, node });
      }
    });
    return mutants.map((mutant, index) => ({ ...mutant, name: names[index] ?? "" }));
  });
  return found.map((mutant, index) => {
    const before = found.slice(0, index).filter(({ name }) => name === mutant.name).length;
    return before === 0 ? mutant : { ...mutant, name: `${mutant.name} (${before + 1})` };
  });
}

function visit(node: Node, place: Place, found: (node: Node, place: Place) => void): void {
  found(node, place);
  const named = ["ContractDefinition", "FunctionDefinition", "ModifierDefinition"];
  const scope = named.includes(node.nodeType)
    ? `${place.scope} ${String(node.name || node.kind)}`.trim()
    : place.scope;
  const isLoop = node.nodeType === "ForStatement" || node.nodeType === "WhileStatement";
  for (const child of childrenOf(node)) {
    const isCondition = child === node.condition;
    visit(
      child,
      { scope, inLoop: isLoop && isCondition, condition: isCondition ? child : undefined },
      found,
    );
  }
}

function changesOf(node: Node, place: Place): Change[] {
  const changes: Change[] = [];
  if (place.condition === node) {
    changes.push("never true");
    // a loop that never ends tells nothing
    if (!place.inLoop) changes.push("always true");
  }
  switch (node.nodeType) {
    case "BinaryOperation":
      return [...changes, ...changesOfOperation(String(node.operator), place.condition === node)];
    case "UnaryOperation":
      return node.operator === "!" ? [...changes, "not removed"] : changes;
    case "ExpressionStatement":
      return isGuardCall(childOf(node, "expression")) ? ["call removed"] : [];
    case "ModifierInvocation":
      return node.kind === "modifierInvocation" ? ["modifier removed"] : [];
    default:
      return changes;
  }
}

/** A condition that is never or always true says more than one that is the other way round. */
function changesOfOperation(operator: string, isCondition: boolean): Change[] {
  if (operator === "&&" || operator === "||") return ["left side dropped", "right side dropped"];
  const changes: Change[] = [];
  const { [operator]: boundary } = BOUNDARY;
  const { [operator]: opposite } = OPPOSITE;
  if (boundary !== undefined) changes.push(`${boundary} instead of ${operator}`);
  if (opposite !== undefined && !isCondition) changes.push(`${opposite} instead of ${operator}`);
  return changes;
}

/** A call that can change nothing and whose answer nobody reads can only revert. */
function isGuardCall(node: Node): boolean {
  if (node.nodeType !== "FunctionCall" || node.kind !== "functionCall") return false;
  const { typeIdentifier = "" } = childOf(node, "expression").typeDescriptions as {
    typeIdentifier?: string;
  };
  return /^t_function_\w*?(view|pure)\$/.test(typeIdentifier);
}

function snippetOf(source: Source, node: Node): string {
  const text = textOf(source, node).replace(/\s+/g, " ");
  return text.length <= SNIPPET_MAX ? text : `${text.slice(0, SNIPPET_MAX)}…`;
}

function lineOf({ bytes }: Source, { src }: Node): number {
  return bytes.subarray(0, Number.parseInt(src, 10)).toString().split("\n").length;
}
