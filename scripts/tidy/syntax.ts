// Reads a module's syntax and picks out what the rules of tidy ask about.
import { type ESTree, parseSync, Visitor } from "vite";

// Regular expressions would lie here: tests hold forbidden words in strings, comments speak of
// imports, and no pattern finds the end of a function. TypeScript 7 has no interface for programs;
// Vite hands out the parser that it builds the web app with.

export interface Import {
  specifier: string;
  line: number;
}

export interface Syntax {
  imports: Import[];
  /** `process.env`, `new Date()`, `it.only`, `node:crypto#randomBytes`, and `sleep`. */
  uses: { name: string; line: number }[];
  functions: { line: number; lines: number }[];
  comments: { text: string; line: number }[];
  /** Characters of strings, templates, expressions and page text on each line. */
  literalChars: ReadonlyMap<number, number>;
  defaultExportLine: number | undefined;
  /** Nothing but other files' exports. */
  isBarrel: boolean;
}

type Span = { start: number; end: number };

export function readSyntax(path: string, text: string): Syntax {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`);
  const lineAt = lineFinder(text);
  const found: Omit<Syntax, "literalChars" | "isBarrel"> = {
    imports: [],
    uses: [],
    functions: [],
    comments: comments.map(({ value, start }) => ({ text: value, line: lineAt(start) })),
    defaultExportLine: undefined,
  };
  const literals: Span[] = [];
  new Visitor({
    ...importVisitor(found, lineAt),
    ...reachVisitor(found, lineAt),
    ...functionVisitor(found, lineAt),
    ...literalVisitor(literals),
    ExportDefaultDeclaration(node) {
      found.defaultExportLine = lineAt(node.start);
    },
  }).visit(program);
  return {
    ...found,
    literalChars: charsPerLine(literals, text, lineAt),
    isBarrel: isBarrel(program.body),
  };
}

type Found = Pick<Syntax, "imports" | "uses" | "functions">;
type LineAt = (offset: number) => number;

function importVisitor({ imports, uses }: Found, lineAt: LineAt) {
  const add = (source: ESTree.Expression | null | undefined) => {
    if (source?.type !== "Literal" || typeof source.value !== "string") return;
    imports.push({ specifier: source.value, line: lineAt(source.start) });
  };
  return {
    ImportDeclaration(node: ESTree.ImportDeclaration) {
      add(node.source);
      if (node.importKind === "type") return;
      for (const { type, ...specifier } of node.specifiers) {
        const imported = "imported" in specifier ? specifier.imported : undefined;
        const name = imported?.type === "Identifier" ? imported.name : "*";
        uses.push({ name: `${node.source.value}#${name}`, line: lineAt(node.start) });
      }
    },
    ExportNamedDeclaration({ source }: ESTree.ExportNamedDeclaration) {
      add(source);
    },
    ExportAllDeclaration({ source }: ESTree.ExportAllDeclaration) {
      add(source);
    },
    ImportExpression({ source }: ESTree.ImportExpression) {
      add(source);
    },
  };
}

function reachVisitor({ uses }: Found, lineAt: LineAt) {
  // The first parameter of a promise's executor: handing it to setTimeout is a sleep.
  const resolvers = new Set<string>();
  return {
    MemberExpression(node: ESTree.MemberExpression) {
      const { object, property } = node;
      if (property.type !== "Identifier" || node.computed) return;
      const owner = object.type === "ThisExpression" ? "this" : identifier(object);
      if (owner === undefined) return;
      uses.push({ name: `${owner}.${property.name}`, line: lineAt(node.start) });
    },
    NewExpression({ callee, arguments: args, start }: ESTree.NewExpression) {
      const name = identifier(callee);
      if (name === "Date" && args.length === 0) {
        uses.push({ name: "new Date()", line: lineAt(start) });
      }
      const [executor] = args;
      if (name !== "Promise" || executor === undefined || !("params" in executor)) return;
      const [first] = executor.params;
      const resolver = first === undefined ? undefined : identifier(first);
      if (resolver !== undefined) resolvers.add(resolver);
    },
    CallExpression({ callee, arguments: [action], start }: ESTree.CallExpression) {
      const called = action === undefined ? undefined : identifier(action);
      if (identifier(callee) !== "setTimeout" || called === undefined) return;
      if (resolvers.has(called)) uses.push({ name: "sleep", line: lineAt(start) });
    },
  };
}

function functionVisitor({ functions }: Found, lineAt: LineAt) {
  const containers = new Set<number>();
  const add = ({ start, end }: Span) => {
    if (containers.has(start)) return;
    functions.push({ line: lineAt(start), lines: lineAt(end) - lineAt(start) + 1 });
  };
  return {
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
    ExpressionStatement({ expression }: ESTree.ExpressionStatement) {
      // The body of `describe` is a chapter of tests and not a function that is read as a whole.
      if (expression.type !== "CallExpression") return;
      if (identifier(expression.callee) !== "describe") return;
      for (const argument of expression.arguments) containers.add(argument.start);
    },
  };
}

function literalVisitor(literals: Span[]) {
  const add = ({ start, end }: Span) => void literals.push({ start, end });
  return {
    Literal(node: Span & { value?: unknown; regex?: unknown }) {
      if (typeof node.value === "string" || node.regex !== undefined) add(node);
    },
    TemplateLiteral: add,
    JSXText: add,
  };
}

function identifier(node: { type: string; name?: unknown }): string | undefined {
  return node.type === "Identifier" && typeof node.name === "string" ? node.name : undefined;
}

function isBarrel(body: ESTree.Program["body"]): boolean {
  const statements = body.filter(({ type }) => type !== "ImportDeclaration");
  const isPassedOn = (node: ESTree.Program["body"][number]) =>
    node.type === "ExportAllDeclaration" ||
    (node.type === "ExportNamedDeclaration" && node.declaration === null);
  return statements.length > 0 && statements.every(isPassedOn);
}

function lineFinder(text: string): LineAt {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

function charsPerLine(spans: Span[], text: string, lineAt: LineAt): Map<number, number> {
  const chars = new Map<number, number>();
  for (const { start, end } of spans) {
    const parts = text.slice(start, end).split("\n");
    const first = lineAt(start);
    for (const [at, part] of parts.entries()) {
      chars.set(first + at, (chars.get(first + at) ?? 0) + part.length);
    }
  }
  return chars;
}
