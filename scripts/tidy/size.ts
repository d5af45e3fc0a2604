// How long files, functions and lines may be.
import { fileRule, isTest, type Rule, type Source } from "./source.ts";

const FILE_LINES_MAX = 400;
const TEST_LINES_MAX = 500;
const CONTRACT_LINES_MAX = 300;
const LUA_LINES_MAX = 80;
const FUNCTION_LINES_MAX = 70;
const LINE_CHARS_MAX = 100;
/** The first line is a sentence that stands on one line by our own rule. */
const FIRST_LINE_CHARS_MAX = 120;

const READ_TOP_DOWN = /\.(ts|tsx|mjs|lua|sol|css)$|^stagedoor$|^\.ci\//;
const URL_PATTERN = /\bhttps?:\/\/\S+/g;
const QUOTED = /"[^"]*"|'[^']*'/g;

export const fileLength: Rule = fileRule("file-length", function* (source) {
  const limit = fileLinesMax(source);
  if (limit === undefined || source.lines.length <= limit) return;
  const sentence = `has ${source.lines.length} lines, and ${limit} is the limit: split it.`;
  yield { line: limit + 1, sentence };
});

function fileLinesMax({ path, isGenerated }: Source): number | undefined {
  if (isGenerated || !READ_TOP_DOWN.test(path)) return undefined;
  if (isTest(path)) return TEST_LINES_MAX;
  if (path.endsWith(".lua")) return LUA_LINES_MAX;
  return path.endsWith(".sol") ? CONTRACT_LINES_MAX : FILE_LINES_MAX;
}

/** Solidity's functions are measured by solhint. */
export const functionLength: Rule = fileRule("function-length", function* (source) {
  if (source.isGenerated) return;
  for (const { line, lines } of source.syntax?.functions ?? []) {
    if (lines <= FUNCTION_LINES_MAX) continue;
    const sentence = `is a function of ${lines} lines, and ${FUNCTION_LINES_MAX} is the limit.`;
    yield { line, sentence };
  }
});

/** Text that cannot be broken does not count: strings, templates and addresses. */
export const lineLength: Rule = fileRule("line-length", function* (source) {
  if (source.isGenerated || !READ_TOP_DOWN.test(source.path)) return;
  for (const [index, line] of source.lines.entries()) {
    const limit = index === 0 ? FIRST_LINE_CHARS_MAX : LINE_CHARS_MAX;
    if (line.length <= limit) continue;
    const chars = line.length - literalChars(source, index + 1, line);
    if (chars <= limit) continue;
    yield {
      line: index + 1,
      sentence: `has ${line.length} characters, and ${limit} is the limit.`,
    };
  }
});

function literalChars({ syntax }: Source, number: number, line: string): number {
  const sum = (pattern: RegExp) =>
    Array.from(line.matchAll(pattern)).reduce((chars, [text]) => chars + text.length, 0);
  const quoted = syntax === undefined ? sum(QUOTED) : (syntax.literalChars.get(number) ?? 0);
  return quoted + sum(URL_PATTERN);
}
