// How things are named and handed on: no drawers, no barrels, no default exports.
import { fileRule, type Rule } from "./source.ts";

const DRAWER = /(^|\/)(utils?|common|shared|helpers?|misc)(\/|\.\w+$)/;

export const drawers: Rule = fileRule("drawers", function* ({ path }) {
  const name = DRAWER.exec(path)?.[2];
  if (name === undefined) return;
  yield { line: 1, sentence: `${name} says nothing about what is inside: name it by its subject.` };
});

export const barrels: Rule = fileRule("barrels", function* ({ syntax }) {
  if (syntax?.isBarrel !== true) return;
  yield { line: 1, sentence: "only passes on what other files export: import from those." };
});

export const defaultExports: Rule = fileRule("default-exports", function* ({ path, syntax }) {
  if (syntax?.defaultExportLine === undefined || path.endsWith(".config.ts")) return;
  const sentence = "a default export has no name of its own: export it by name.";
  yield { line: syntax.defaultExportLine, sentence };
});
