// Holds each rule of the house style to one text that it must refuse and one that it must let pass.
import { expect } from "chai";
import { explained, hostless, lockFile, pinned } from "#scripts/tidy/dependencies.ts";
import { importCycles, importEdges } from "#scripts/tidy/imports.ts";
import { luaHeader } from "#scripts/tidy/lua.ts";
import { barrels, defaultExports, drawers } from "#scripts/tidy/names.ts";
import { reach, staleExceptions } from "#scripts/tidy/reach.ts";
import { fileLength, functionLength, lineLength } from "#scripts/tidy/size.ts";
import { createSource, type Rule } from "#scripts/tidy/source.ts";
import { wholeRows } from "#scripts/tidy/statements.ts";
import { firstLine, leftovers, testsLeftOut } from "#scripts/tidy/words.ts";
import { readSources, tidy } from "#scripts/tidy.ts";

type Files = Record<string, string>;

function violations(rule: Rule, files: Files): string[] {
  const sources = Object.entries(files).map(([path, text]) => createSource(path, text));
  return tidy(sources, [rule]);
}

/** Each pair differs in the one thing that the rule is about. */
function holds(rule: Rule, title: string, refused: Files, allowed: Files): void {
  it(`${rule.name} ${title}`, () => {
    const found = violations(rule, refused);
    expect(found, "the text to refuse").to.have.lengthOf(1);
    expect(found[0]).to.match(new RegExp(`^\\S+:\\d+ ${rule.name}: .+\\.$`));
    expect(violations(rule, allowed), "the text to let pass").to.deep.equal([]);
  });
}

const lines = (count: number, line: string) => `${line}\n`.repeat(count);

describe("tidy: imports", () => {
  const imports = (path: string, specifier: string) => ({ [path]: `import "${specifier}";` });
  const pair = (title: string, path: string, refused: string, allowed: string) =>
    holds(importEdges, title, imports(path, refused), imports(path, allowed));

  pair("keeps rules pure", "server/domain/a.ts", "../platform/clock.ts", "./b.ts");
  pair("keeps rules without I/O", "server/domain/a.ts", "node:fs", "viem");
  pair("keeps wire schemas fit for browsers", "server/api/a.ts", "express", "zod");
  pair("keeps the platform free of stages", "server/platform/a.ts", "../hold/a.ts", "node:fs");
  pair("lets only payments use holds", "server/gate/a.ts", "../hold/a.ts", "../queue/a.ts");
  pair("lets stages use sign-in", "server/hold/a.ts", "../pay/a.ts", "../auth/a.ts");
  pair(
    "keeps the indexer off the stages",
    "indexer/a.ts",
    "#server/mint/a.ts",
    "#server/domain/a.ts",
  );
  pair("keeps the page off the platform", "web/a.ts", "#server/platform/a.ts", "#server/api/a.ts");
  pair("keeps the page off Node", "web/a.ts", "node:fs", "react");
  pair("keeps scripts off the tests", "scripts/a.ts", "#test/a.ts", "#server/mint/a.ts");
  pair("lets nobody build on a bench", "test/a.ts", "#bench/gas/a.ts", "#scripts/a.ts");
  pair("lets a bench use anything", "bench/gas/a.ts", "../../scripts/a.ts", "#scripts/a.ts");
  pair("keeps scripts out of the product", "server/main.ts", "#scripts/a.ts", "./mint/a.ts");
  pair("crosses top folders by # names", "test/a.ts", "../server/app.ts", "#server/app.ts");
  pair("stays relative inside a top folder", "server/app.ts", "#server/api/a.ts", "./api/a.ts");
  holds(
    importEdges,
    "keeps replicas of the database to lookups",
    imports("server/hold/a.ts", "../platform/db/replica.ts"),
    imports("server/lookup/a.ts", "../platform/db/replica.ts"),
  );
  holds(
    importEdges,
    "wants a row for every folder",
    imports("server/lottery/a.ts", "zod"),
    imports("server/pay/a.ts", "zod"),
  );

  holds(
    importEdges,
    "sees types, re-exports and late imports",
    { "server/domain/a.ts": 'export type { A } from "../hold/a.ts";' },
    { "server/domain/a.ts": '// import "../hold/a.ts"\nexport const a = \'import "node:fs"\';' },
  );
  holds(
    importEdges,
    "sees an import inside a function",
    { "web/a.ts": 'const a = () => import("#server/mint/a.ts");' },
    { "web/a.ts": 'const a = () => import("./b.ts");' },
  );
  holds(
    importCycles,
    "refuses a circle",
    { "a/a.ts": 'import "./b.ts";', "a/b.ts": 'import "./c.ts";', "a/c.ts": 'import "./a.ts";' },
    { "a/a.ts": 'import "./b.ts"; import "./c.ts";', "a/b.ts": 'import "./c.ts";', "a/c.ts": "" },
  );
});

describe("tidy: reach", () => {
  const pair = (title: string, path: string, refused: string, allowed: string) =>
    holds(reach, title, { [path]: refused }, { [path]: allowed });

  pair("keeps the environment to its reader", "server/hold/a.ts", "process.env.A;", "env.a;");
  pair("keeps the clock to its reader", "server/hold/a.ts", "Date.now();", "new Date(0);");
  pair("knows a date without an argument", "indexer/a.ts", "new Date();", "clock.now();");
  pair("keeps chance to its reader", "test/a.ts", "Math.random();", "Math.round(1);");
  pair(
    "keeps ids to their maker",
    "server/pay/a.ts",
    'import { randomUUID } from "node:crypto";',
    'import { createHash } from "node:crypto";',
  );
  pair(
    "knows a sleep from a deadline",
    "server/mint/a.ts",
    "await new Promise((done) => setTimeout(done, 5));",
    "new Promise((resolve, reject) => setTimeout(reject, 5));",
  );
  pair("keeps the console to scripts", "server/a.ts", "console.log(1);", "log.info(1);");
  holds(
    reach,
    "is about places",
    { "web/a.ts": "console.log(process);" },
    {
      "scripts/a.ts": "console.log(process.env);",
      "server/platform/parts.ts": "readEnv(process.env);",
    },
  );
  it("exceptions that are no longer needed are named", () => {
    const clock = { "server/platform/clock.ts": "export const nothing = 0;" };
    const found = violations(staleExceptions, clock);
    expect(found.some((line) => line.includes("server/platform/clock.ts"))).to.equal(true);
  });
});

describe("tidy: size", () => {
  const body = (count: number) => `function a() {\n${lines(count - 2, "  b();")}}\n`;
  holds(
    fileLength,
    "stops at 400",
    { "server/a.ts": lines(401, "") },
    { "server/a.ts": lines(400, "") },
  );
  holds(
    fileLength,
    "stops tests at 500",
    { "test/a.ts": lines(501, "") },
    { "test/a.ts": lines(500, "") },
  );
  holds(fileLength, "stops Lua at 80", { "a/a.lua": lines(81, "") }, { "a/a.lua": lines(80, "") });
  holds(
    fileLength,
    "stops contracts at 300, and nothing that is generated",
    { "contracts/A.sol": lines(301, "") },
    { "contracts/A.sol": lines(300, ""), "server/b.ts": `// Generated by a.\n${lines(500, "")}` },
  );
  holds(functionLength, "stops at 70", { "web/a.ts": body(71) }, { "web/a.ts": body(70) });
  holds(
    functionLength,
    "knows a chapter of tests",
    { "test/a.test.ts": `it("a", () => {\n${lines(70, "b();")}});\n` },
    { "test/a.test.ts": `describe("a", () => {\n${lines(70, "b();")}});\n` },
  );
  const words = (chars: number) => `\n// ${"w".repeat(chars - 3)}\n`;
  holds(lineLength, "stops at 100", { "web/a.ts": words(101) }, { "web/a.ts": words(100) });
  holds(
    lineLength,
    "lets literals be as long as they are",
    { "web/a.ts": `\nconst ${"a".repeat(120)} = 1;\n` },
    {
      "web/a.ts": `\nconst a = "${"a".repeat(120)}";\n// https://example.org/${"a".repeat(120)}\n`,
    },
  );
});

describe("tidy: words", () => {
  const text = "Holds seats for a while.";
  for (const [path, comment] of Object.entries({
    "server/a.ts": `// ${text}`,
    "server/a.lua": `-- ${text}`,
    "contracts/A.sol": `// ${text}`,
    "web/a.css": `/* ${text} */`,
    stagedoor: `#!/bin/sh\n# ${text}`,
  })) {
    holds(firstLine, `begins ${path}`, { [path]: "local x" }, { [path]: `${comment}\n` });
  }
  holds(firstLine, "wants a sentence", { "a/a.ts": "// Seats" }, { "a/a.ts": `// ${text}` });
  const marker = "TO".concat("DO");
  holds(
    leftovers,
    "refuses promises",
    { "a/a.ts": `// ${marker}: later.` },
    { "a/a.ts": `const a = "${marker}";` },
  );
  holds(leftovers, "reads contracts", { "a/A.sol": `// ${marker}` }, { "a/A.sol": "// Done." });
  holds(
    testsLeftOut,
    "refuses a favourite",
    { "test/a.test.ts": 'it.only("a", b);' },
    { "test/a.test.ts": 'it("a", b); const c = "it.only";' },
  );
  holds(
    testsLeftOut,
    "lets a test skip itself where a machine may lack something",
    { "test/server/a.test.ts": 'it("a", function () { this.skip(); });' },
    { "test/e2e/web.test.ts": 'it("a", function () { this.skip(); });' },
  );
});

describe("tidy: names", () => {
  holds(drawers, "refuses drawers", { "server/utils/a.ts": "" }, { "server/seat/a.ts": "" });
  holds(drawers, "reads files too", { "web/helpers.ts": "" }, { "web/shared-seats.ts": "" });
  holds(
    barrels,
    "refuses a file of other files",
    { "web/a.ts": 'export * from "./b.ts";\nexport { c } from "./c.ts";' },
    { "web/a.ts": 'export * from "./b.ts";\nexport const c = 1;' },
  );
  holds(
    defaultExports,
    "lets configuration have one",
    { "web/a.ts": "export default 1;" },
    { "web/vite.config.ts": "export default 1;" },
  );
});

describe("tidy: Lua headers", () => {
  const script = (header: string, body: string) => ({ "a/a.lua": `-- A.\n${header}\n${body}\n` });
  const header = "-- KEYS[1] seats\n-- ARGV[1] owner   ARGV[2..] seats\n-- Returns the count";
  const body = "for i = 2, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], ARGV[1]) end\nreturn 1";
  const pair = (title: string, refused: Files) =>
    holds(luaHeader, title, refused, script(header, body));
  pair("finds what is not listed", script(header, `${body} + KEYS[2]`));
  pair("finds what is not used", script(header.replace("owner", "owner ARGV[3]"), body));
  pair("finds a list that is fixed", script(header, "return {KEYS[1], ARGV[1]}"));
  pair("wants to know what comes back", script(header.replace("Returns", "Gives"), body));
});

describe("tidy: dependencies", () => {
  const manifest = (rest: object) => ({ "package.json": JSON.stringify(rest) });
  const page = (name: string) => ({ "docs/dependencies.md": `# Why\n\n- \`${name}\`: needed.` });
  const lock = (entry: object) => ({
    "package-lock.json": JSON.stringify({ packages: { "node_modules/a": entry } }),
  });
  holds(
    pinned,
    "wants one version",
    manifest({ dependencies: { a: "^1.0.0" } }),
    manifest({ dependencies: { a: "1.0.0" }, devDependencies: { b: "2.0.0-beta.1" } }),
  );
  const one = manifest({ dependencies: { a: "1.0.0" } });
  holds(
    explained,
    "wants a reason",
    { ...one, "docs/dependencies.md": "# Why" },
    { ...one, ...page("a") },
  );
  holds(
    explained,
    "wants no more than there is",
    { ...manifest({}), ...page("a") },
    { ...one, ...page("a") },
  );
  const peers = { ...manifest({}), "bench/a/peers/package.json": one["package.json"] };
  holds(
    explained,
    "wants a reason for the peers of a bench",
    { ...peers, "docs/dependencies.md": "# Why" },
    { ...peers, ...page("a") },
  );
  const peersLock = (entry: object) => ({
    "bench/a/peers/package-lock.json": JSON.stringify({ packages: { "node_modules/a": entry } }),
  });
  holds(
    hostless,
    "keeps lock files free of hosts, those of peers too",
    peersLock({ resolved: "https://example.org/a.tgz" }),
    { ...peersLock({ version: "1.0.0" }), ...lock({ version: "1.0.0" }) },
  );
  holds(
    lockFile,
    "judges install scripts",
    { ...one, ...lock({ hasInstallScript: true }) },
    { ...manifest({ allowScripts: { a: false } }), ...lock({ hasInstallScript: true }) },
  );
  holds(
    lockFile,
    "judges nothing that is gone",
    { ...manifest({ allowScripts: { a: false } }), ...lock({}) },
    { ...manifest({}), ...lock({}) },
  );
});

describe("tidy: statements", () => {
  const statement = (sql: string, name = 'name: "orders",\n') => ({
    "server/a.ts": `query({\n${name}  text: \`${sql}\`,\n});`,
  });
  const pairs = [
    ["SELECT o.*, 1 AS a\nFROM sale.order o", "SELECT o.id\nFROM sale.order o"],
    ["SELECT paid.* FROM mirror.paid AS paid", "SELECT a.* FROM (SELECT id FROM sale.order) AS a"],
    ["SELECT * FROM sale.payment", "SELECT * FROM unnest($1::text[])"],
    ["INSERT INTO sale.a VALUES (1) RETURNING *", "INSERT INTO sale.a VALUES (1) RETURNING id"],
  ] as const;
  for (const [refused, allowed] of pairs) {
    holds(wholeRows, `refuses ${refused}`, statement(refused), statement(allowed));
  }
  const whole = "SELECT sale.* FROM mirror.sale";
  holds(wholeRows, "is for what is prepared", statement(whole), statement(whole, ""));
});

describe("tidy over the repository", () => {
  it("reads what git knows and nothing that was built", () => {
    const paths = readSources(process.cwd()).map(({ path }) => path);
    expect(paths).to.include("server/main.ts").and.include("package-lock.json");
    expect(paths.filter((path) => /node_modules|generated\/|dist\//.test(path))).to.deep.equal([]);
  });
});
