// Writes all mutants into one source, each behind a switch: compiled once, then changed by one word.
import type { Mutant } from "./find-mutants.ts";
import { childOf, childrenOf, type Node, rangeOf, type Source } from "./syntax-tree.ts";

/** The mutant n is on while blocks are mined for this address plus n. */
export const SWITCH = 0xc0de_0000_0000n;
export const SWITCH_SOURCE = "__mutants.sol";

/** Where EDR listens for what was reached: see Hardhat's own coverage. */
const REACHED = "0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE";

/** A pure function may not look at the block: a pointer to one that may is passed off as pure. */
export const SWITCH_TEXT = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;
function isMutant_(uint256 n) pure returns (bool) {
  function(uint256) view returns (bool) look = _look;
  function(uint256) pure returns (bool) pretended;
  assembly { pretended := look }
  return pretended(n);
}
function _look(uint256 n) view returns (bool on) {
  assembly ("memory-safe") {
    mstore(0, n)
    pop(staticcall(gas(), ${REACHED}, 0, 32, 0, 0))
    on := eq(coinbase(), add(${SWITCH}, n))
  }
}
`;

type Numbered = { number: number; mutant: Mutant };

/** The source with a switch for each of its mutants; `numberOf` starts with 1. */
export function withSwitches(source: Source, mutants: readonly Numbered[]): string {
  const at = new Map<Node, Numbered[]>();
  for (const one of mutants) at.set(one.mutant.node, [...(at.get(one.mutant.node) ?? []), one]);
  const text = new Renderer(source, at).render(source.tree);
  const [start] = rangeOf(source.tree);
  const whole = source.bytes.subarray(0, start).toString() + text;
  const end = source.bytes.subarray(rangeOf(source.tree)[1]).toString();
  const line = `import {isMutant_} from "${SWITCH_SOURCE}";`;
  return (whole + end).replace(/^pragma [^;]+;/m, (pragma) => `${pragma} ${line}`);
}

class Renderer {
  readonly #source: Source;
  readonly #mutants: Map<Node, Numbered[]>;

  constructor(source: Source, mutants: Map<Node, Numbered[]>) {
    this.#source = source;
    this.#mutants = mutants;
  }

  /** The node's text, with switches in it and around it. */
  render(node: Node): string {
    if (node.nodeType === "FunctionDefinition" && this.#modifiersOf(node).length > 0) {
      return this.#withoutModifiers(node);
    }
    const mutants = this.#mutants.get(node) ?? [];
    if (node.nodeType.startsWith("Yul")) return this.#inAssembly(node, mutants);
    let text = this.#ownText(node, mutants);
    for (const { number, mutant } of mutants) {
      const on = `isMutant_(${number})`;
      if (mutant.change === "never true") text = `(!${on} && (${text}))`;
      if (mutant.change === "always true") text = `(${on} || (${text}))`;
      if (mutant.change === "call removed") text = `if (!${on}) ${text}`;
    }
    return text;
  }

  #ownText(node: Node, mutants: readonly Numbered[]): string {
    if (mutants.length === 0) return this.#plain(node);
    if (node.nodeType === "UnaryOperation") return this.#withoutNot(node, mutants);
    if (node.nodeType !== "BinaryOperation") return this.#plain(node);
    const operator = String(node.operator);
    const left = this.render(childOf(node, "leftExpression"));
    const right = this.render(childOf(node, "rightExpression"));
    const on = (change: string) => {
      const found = mutants.find(({ mutant }) => mutant.change === change);
      return found === undefined ? "false" : `isMutant_(${found.number})`;
    };
    if (operator === "&&" || operator === "||") {
      const [dropLeft, dropRight] = [on("left side dropped"), on("right side dropped")];
      if (operator === "&&") return `((${dropLeft} || (${left})) && (${dropRight} || (${right})))`;
      return `((!${dropLeft} && (${left})) || (!${dropRight} && (${right})))`;
    }
    let text = `(${left}) ${operator} (${right})`;
    for (const { number, mutant } of mutants) {
      const other = / instead of /.test(mutant.change) ? mutant.change.split(" ")[0] : undefined;
      if (other === undefined) continue;
      text = `(isMutant_(${number}) ? (${left}) ${other} (${right}) : ${text})`;
    }
    return text;
  }

  #withoutNot(node: Node, mutants: readonly Numbered[]): string {
    const found = mutants.find(({ mutant }) => mutant.change === "not removed");
    if (found === undefined) return this.#plain(node);
    return `(isMutant_(${found.number}) == ${this.render(childOf(node, "subExpression"))})`;
  }

  /** In assembly the switch is read directly; a pure function has no branch there so far. */
  #inAssembly(node: Node, mutants: readonly Numbered[]): string {
    let text = this.#plain(node);
    for (const { number, mutant } of mutants) {
      const on = `eq(coinbase(), add(${SWITCH}, ${number}))`;
      if (mutant.change === "never true") text = `and(${text}, iszero(${on}))`;
      if (mutant.change === "always true") text = `or(${text}, ${on})`;
    }
    return text;
  }

  #modifiersOf(node: Node): Numbered[] {
    return childrenOf(node).flatMap((child) =>
      child.nodeType === "ModifierInvocation" ? (this.#mutants.get(child) ?? []) : [],
    );
  }

  /** Each modifier guards a function of its own, which is passed by while its mutant is on. */
  #withoutModifiers(node: Node): string {
    const { bytes } = this.#source;
    const modifiers = this.#modifiersOf(node);
    const body = childOf(node, "body");
    const [start, end] = rangeOf(node);
    const name = String(node.name);
    let head = bytes.subarray(start, rangeOf(body)[0]).toString();
    for (const { mutant } of modifiers) {
      head = head.replace(bytes.subarray(...rangeOf(mutant.node)).toString(), "");
    }
    const parameters = childrenOf(childOf(node, "parameters")).map((one) => String(one.name));
    const answers = childrenOf(childOf(node, "returnParameters")).length > 0;
    const call = (to: string) => `${answers ? "return " : ""}${to}(${parameters.join(", ")});`;
    const inner = (to: string) =>
      head
        .replace(`function ${name}`, `function ${to}`)
        .replace(/\b(external|public|internal)\b/, "private")
        .replace(/\b(payable|virtual|override)\b/g, "");
    const layers = modifiers.map(({ number, mutant }, index) => {
      const next = index + 1 < modifiers.length ? `${name}_${index + 1}` : `${name}_body`;
      const guard = bytes.subarray(...rangeOf(mutant.node)).toString();
      const guarded = `${name}_${index}_guarded`;
      const entry = index === 0 ? head : inner(`${name}_${index}`);
      const withGuard = inner(guarded).replace(/(\breturns\b|$)/, ` ${guard} $1`);
      return (
        `${entry} { if (isMutant_(${number})) { ${call(next)} } else { ${call(guarded)} } }\n` +
        `${withGuard} { ${call(next)} }`
      );
    });
    const rest = bytes.subarray(rangeOf(body)[1], end).toString();
    return `${layers.join("\n")}\n${inner(`${name}_body`)} ${this.render(body)}${rest}`;
  }

  /** The text as it is, but for the nodes below that have switches. */
  #plain(node: Node): string {
    const { bytes } = this.#source;
    const [start, end] = rangeOf(node);
    let at = start;
    let text = "";
    for (const child of this.#nearest(node)) {
      const [from, to] = rangeOf(child);
      // names that are written once can be two nodes
      if (from < at) continue;
      text += bytes.subarray(at, from).toString() + this.render(child);
      at = to;
    }
    return text + bytes.subarray(at, end).toString();
  }

  #nearest(node: Node): Node[] {
    return childrenOf(node).flatMap((child) =>
      this.#isSite(child) ? [child] : this.#nearest(child),
    );
  }

  #isSite(node: Node): boolean {
    if (this.#mutants.has(node)) return true;
    return node.nodeType === "FunctionDefinition" && this.#modifiersOf(node).length > 0;
  }
}
