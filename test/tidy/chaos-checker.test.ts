// Keeps the checker of the chaos rig independent: it shares no line with the product that it judges.
import { expect } from "chai";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { createSource, type Source } from "#scripts/tidy/source.ts";
import { readSources } from "#scripts/tidy.ts";

const FOLDER = "test/chaos/checker/";
const ALLOWED = /^(node:[\w/]+|pg|viem|\.\/[\w-]+\.ts)$/;

function strangersIn(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith(FOLDER))
    .flatMap(({ path, syntax }) =>
      (syntax?.imports ?? [])
        .filter(({ specifier }) => !ALLOWED.test(specifier))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
}

describe("the checker of the chaos rig", () => {
  it("imports Node, pg, viem and its own files, and nothing else", () => {
    const sources = readSources(repositoryRoot);
    expect(sources.filter(({ path }) => path.startsWith(FOLDER))).to.have.lengthOf.above(3);
    expect(strangersIn(sources)).to.deep.equal([]);
  });

  it("would be found to import the product or the tests' own tools", () => {
    for (const specifier of ["#server/domain/money.ts", "../plan.ts", "../../support/ask.ts"]) {
      const source = createSource(`${FOLDER}a.ts`, `import { a } from "${specifier}";`);
      expect(strangersIn([source]), specifier).to.have.lengthOf(1);
    }
  });
});
