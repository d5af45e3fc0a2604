// Holds the dependencies to their rules: pinned, explained, from no fixed host, and silent at install.
import { fileRule, type Rule, type Source, type Violation } from "./source.ts";

const EXPLAINED = "docs/dependencies.md";
const KINDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;
const EXACT = /^\d+\.\d+\.\d+(-[\w.-]+)?$/;

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  overrides?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
}

interface Lock {
  packages: Record<string, { resolved?: string; hasInstallScript?: boolean }>;
}

export const pinned: Rule = {
  name: "pinned",
  check: (sources) =>
    manifestsOf(sources).flatMap((source) => {
      const manifest = JSON.parse(source.text) as Manifest;
      return [...KINDS, "overrides" as const]
        .flatMap((kind) => Object.entries(manifest[kind] ?? {}))
        .filter(([, version]) => !EXACT.test(version))
        .map(([name, version]) => ({
          ...placeOf(source, `"${name}"`),
          sentence: `${name} is wanted as ${version}: name one exact version.`,
        }));
    }),
};

export const explained: Rule = {
  name: "explained",
  check(sources) {
    const page = sources.find(({ path }) => path === EXPLAINED);
    const manifests = manifestsOf(sources);
    if (page === undefined || manifests.length === 0) {
      return [{ path: EXPLAINED, line: 1, sentence: "is missing." }];
    }
    const named = new Map<string, number>();
    for (const [index, line] of page.lines.entries()) {
      const names = /^- ((`[^`]+`(, )?)+):/.exec(line)?.[1] ?? "";
      for (const [, name = ""] of names.matchAll(/`([^`]+)`/g)) named.set(name, index + 1);
    }
    const wanted = new Map(
      manifests.flatMap((source) => {
        const manifest = JSON.parse(source.text) as Manifest;
        const names = KINDS.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
        return names.map((name) => [name, source] as const);
      }),
    );
    const unexplained = [...wanted].filter(([name]) => !named.has(name));
    const gone = [...named].filter(([name]) => !wanted.has(name));
    return [
      ...unexplained.map(([name, source]) => ({
        ...placeOf(source, `"${name}"`),
        sentence: `${name} has no line in ${EXPLAINED} that says why it is here.`,
      })),
      ...gone.map(([name, line]) => ({
        path: EXPLAINED,
        line,
        sentence: `${name} is no dependency of any package.json.`,
      })),
    ];
  },
};

export const lockFile: Rule = {
  name: "lock-file",
  check(sources) {
    const source = sources.find(({ path }) => path === "package-lock.json");
    const root = sources.find(({ path }) => path === "package.json");
    if (source === undefined || root === undefined) return [];
    const { packages } = JSON.parse(source.text) as Lock;
    const { allowScripts = {} } = JSON.parse(root.text) as Manifest;
    const withScript = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
    const unjudged = withScript
      .filter((name) => !(name in allowScripts))
      .map((name) => ({
        ...placeOf(root, '"allowScripts"'),
        sentence: `${name} has an install script: judge it in allowScripts.`,
      }));
    const gone = Object.keys(allowScripts)
      .filter((name) => !withScript.includes(name))
      .map((name) => ({
        ...placeOf(root, `"${name}"`),
        sentence: `${name} has no install script that allowScripts could judge.`,
      }));
    return [...unjudged, ...gone];
  },
};

export const hostless: Rule = fileRule("hostless", function* (source) {
  if (!/(^|\/)package-lock\.json$/.test(source.path)) return;
  for (const [path, { resolved }] of Object.entries((JSON.parse(source.text) as Lock).packages)) {
    if (resolved === undefined) continue;
    yield {
      line: placeOf(source, `"${resolved}"`).line,
      sentence: `${path} names a host to be fetched from: npm's own setting decides that.`,
    };
  }
});

function manifestsOf(sources: readonly Source[]): Source[] {
  return sources.filter(({ path }) => /(^|\/)package\.json$/.test(path));
}

/** The last line that holds the text: allowScripts stands at the end of package.json. */
function placeOf(source: Source, text: string): Pick<Violation, "path" | "line"> {
  const index = source.lines.findLastIndex((line) => line.includes(text));
  return { path: source.path, line: Math.max(1, index + 1) };
}
