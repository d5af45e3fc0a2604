// Prepared statements say which columns they want: after an update that adds one, a star is an error.
import { fileRule, type Rule } from "./source.ts";

/** A statement of ours with a name, which the database prepares, up to the end of its text. */
const NAMED = /\bname: "[\w-]+",\n(?:\s*\/\/[^\n]*\n)*\s*text: (?:`([^`]*)`|"([^"]*)")/g;
const BARE_STAR = /(?:SELECT|RETURNING)\s+\*(?:\s+FROM\s+(\w+\.)?)?/g;
const STAR_OF = /\b(\w+)\.\*/g;

export const wholeRows: Rule = fileRule("whole-rows", function* ({ path, text }) {
  if (!/^(server|indexer)\/.*\.ts$/.test(path)) return;
  for (const { 0: found, 1: long, 2: short, index } of text.matchAll(NAMED)) {
    if (!hasStarOfTable(long ?? short ?? "")) continue;
    const line = text.slice(0, index + found.indexOf("text:")).split("\n").length;
    yield { line, sentence: "takes whole rows: name the columns, which an update may add to." };
  }
});

function hasStarOfTable(sql: string): boolean {
  const bare = [...sql.matchAll(BARE_STAR)];
  // What a list was opened into, or a subquery has named, does not grow.
  if (bare.some(([star, schema]) => star.startsWith("RETURNING") || schema !== undefined)) {
    return true;
  }
  return [...sql.matchAll(STAR_OF)].some(([, name]) =>
    new RegExp(`\\b(mirror|sale)\\.("?\\w+"?( AS)? ${name}|${name})\\b`).test(sql),
  );
}
