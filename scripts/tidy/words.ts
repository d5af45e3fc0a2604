// How files begin and what they must not hold: the first sentence, leftovers, and tests left out.
import { fileRule, isTest, type Rule, type Source } from "./source.ts";

const COMMENTED: readonly [RegExp, RegExp][] = [
  [/\.(ts|tsx|mjs|sol)$/, /^\/\/ (.+)$/],
  [/\.css$/, /^\/\* (.+) \*\/$/],
  [/\.(lua|sql)$/, /^-- (.+)$/],
  [/^stagedoor$|^\.ci\/|\.sh$/, /^# (.+)$/],
];
/** A capital or a name to begin with, at least two words, and an end. */
const SENTENCE = /^["`/.\w].*\s.*[.!?]$/;

export const firstLine: Rule = fileRule("first-line", function* (source) {
  const comment = COMMENTED.find(([name]) => name.test(source.path))?.[1];
  if (comment === undefined) return;
  const index = source.lines[0]?.startsWith("#!") === true ? 1 : 0;
  const words = comment.exec(source.lines[index] ?? "")?.[1] ?? "";
  if (SENTENCE.test(words)) return;
  const sentence = "begins without a comment of one sentence that says what the file is for.";
  yield { line: index + 1, sentence };
});

const LEFTOVER = /\b(TODO|FIXME|XXX|HACK)\b/;
const WITHOUT_SYNTAX = /\.(lua|sol|sql|css|prisma|html|ya?ml)$|^stagedoor$|^\.ci\//;

export const leftovers: Rule = fileRule("leftovers", function* (source) {
  for (const { text, line } of commentsOf(source)) {
    const marker = LEFTOVER.exec(text)?.[1];
    if (marker === undefined) continue;
    yield {
      line,
      sentence: `${marker} is a promise to nobody: do it, or write it down elsewhere.`,
    };
  }
});

/** Files that no parser of ours reads are taken whole; the words are in none of their languages. */
function commentsOf({ path, lines, syntax }: Source): Iterable<{ text: string; line: number }> {
  if (syntax !== undefined) return syntax.comments;
  if (!WITHOUT_SYNTAX.test(path)) return [];
  return lines.map((text, index) => ({ text, line: index + 1 }));
}

const ONLY = /^(describe|it|context|specify|test)\.only$/;
const SKIP = /^(describe|it|context|specify|test|this)\.skip$/;

/** What a machine may lack; CI has it, and there a skipped test is a failure. */
const MAY_SKIP: Record<string, string> = {
  "test/e2e/account.test.ts": "needs a Chromium",
  "test/e2e/web.test.ts": "needs a Chromium",
  "test/e2e/live-map.test.ts": "needs a Chromium",
  "test/e2e/wallet-payment.test.ts": "needs a Chromium",
  "test/long/full-disk.test.ts": "needs to mount a disk",
  "test/server/checkout/card-page.test.ts": "needs a Chromium",
  "test/server/checkout/token-page.test.ts": "needs a Chromium",
};

export const testsLeftOut: Rule = fileRule("tests-left-out", function* ({ path, syntax }) {
  if (!isTest(path)) return;
  for (const { name, line } of syntax?.uses ?? []) {
    if (ONLY.test(name)) yield { line, sentence: `${name} leaves all other tests out.` };
    if (SKIP.test(name) && !(name === "this.skip" && path in MAY_SKIP)) {
      yield { line, sentence: `${name} leaves tests out: repair or delete them.` };
    }
  }
});
