// Holds the header of a Lua script, which is its contract, to the keys and arguments that it uses.
import { fileRule, type Rule } from "./source.ts";

export const luaHeader: Rule = fileRule("lua-header", function* ({ path, lines }) {
  if (!path.endsWith(".lua")) return;
  const end = lines.findIndex((line) => !line.startsWith("--"));
  const header = lines.slice(0, end).join("\n");
  const body = lines
    .slice(end)
    .map((line) => line.replace(/--.*$/, ""))
    .join("\n");
  for (const list of ["KEYS", "ARGV"]) {
    const listed = numbersOf(list, header);
    const used = numbersOf(list, body);
    for (const number of used.difference(listed)) {
      yield { line: 1, sentence: `uses ${list}[${number}], which the header does not list.` };
    }
    for (const number of listed.difference(used)) {
      yield { line: 1, sentence: `lists ${list}[${number}], which the script does not use.` };
    }
  }
  if (!/^-- Returns /m.test(header)) {
    yield { line: 1, sentence: "has no line `-- Returns …` in its header." };
  }
});

/** The fixed numbers, and `n..` where the rest is taken in a loop or counted. */
function numbersOf(list: string, text: string): Set<string> {
  const numbers = new Set<string>();
  for (const [, index = ""] of text.matchAll(new RegExp(`\\b${list}\\[([^\\]]+)\\]`, "g"))) {
    if (/^\d+$/.test(index)) numbers.add(index);
    else numbers.add("n..");
  }
  if (new RegExp(`#${list}\\b`).test(text)) numbers.add("n..");
  return numbers;
}
