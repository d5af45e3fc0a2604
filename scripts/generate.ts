// Writes every file that is made from another one, or with --check names those that differ.
import { generateAbi } from "./generate-abi.ts";
import { generateEnvExample } from "./generate-env.ts";
import { generateErrors } from "./generate-errors.ts";
import { writeGenerated } from "./generate-file.ts";
import { generateOpenApi } from "./generate-openapi.ts";
import { sentenceOf } from "./stop.ts";

/** Answers the paths that differed, from the root of the repository. */
export async function generate({ check }: { check: boolean }): Promise<string[]> {
  return [
    ...(await generateAbi({ check })),
    ...writeGenerated(await generateOpenApi(), check),
    ...writeGenerated(generateErrors(), check),
    ...writeGenerated(generateEnvExample(), check),
  ];
}

async function main(args: string[]): Promise<number> {
  const [option, ...rest] = args;
  const check = option === "--check";
  if (rest.length > 0 || (option !== undefined && !check)) {
    process.stdout.write(
      "Usage: ./stagedoor generate [--check]\n\n" +
        "Writes contracts/abi, docs/openapi.json, docs/errors.md and .env.example from the code;\n" +
        "with --check only names those that differ.\n",
    );
    return option === "--help" ? 0 : 2;
  }
  const paths = await generate({ check });
  for (const path of paths) {
    console.log(check ? `${path} differs: run ./stagedoor generate` : `wrote ${path}`);
  }
  return check && paths.length > 0 ? 1 : 0;
}

if (import.meta.main) {
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`${sentenceOf(error)}\n`);
      process.exit(1);
    },
  );
}
