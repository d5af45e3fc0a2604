// Prints the address of a key by its reference, so that its role and its coin can be given to it.
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { systemClock } from "#server/platform/clock.ts";
import { createLog } from "#server/platform/log.ts";
import { openSigner, type SignerDeps } from "#server/platform/tx/signers/open-signer.ts";
import { parseKeyReference } from "#server/platform/tx/signers/parse-key-reference.ts";
import { failureOf, reasonOf, Stop, sentenceOf } from "./stop.ts";

const USAGE = `Usage: ./stagedoor key-address REFERENCE [options]

Asks the key's service for its public half and prints the address. A reference is what the
environment has: aws-kms:<region>:<key> or gcp-kms:projects/…/cryptoKeyVersions/<number>.
With - for a reference it is read from standard input, and may be a private key: an argument
would stay in the shell's history.

  --json   one JSON object
  --help   this text
`;

export function keyAddress(
  reference: string,
  deps: Omit<SignerDeps, "isDevelopment">,
): Promise<`0x${string}`> {
  // Nothing is signed here, so a private key does no harm whatever the chain.
  return openSigner(reference, { ...deps, isDevelopment: true }).then(({ address }) => address);
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) return print(USAGE);
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) {
    throw new Stop("One reference is needed.", "--help shows what it looks like.");
  }
  const reference = given === "-" ? (await text(process.stdin)).trim() : given;
  const kind = parseKeyReference(reference)?.kind;
  // Not shown, because what is no reference may be a private key with a digit too many.
  if (kind === undefined) {
    throw new Stop("That names no key.", "--help shows what a reference looks like.");
  }
  if (kind === "local" && given !== "-") {
    throw new Stop(
      "A private key is no argument.",
      "Give - instead, and the key by standard input.",
    );
  }
  const log = createLog({ name: "key-address", level: "fatal" });
  const address = await keyAddress(reference, { clock: systemClock, log }).catch(
    (error: unknown) => {
      throw failureOf("Ask for the public key", error);
    },
  );
  const result = { type: "result", kind, address };
  return print(values.json === true ? `${JSON.stringify(result)}\n` : `${address}\n`);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

if (import.meta.main) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      const sentence =
        error instanceof Stop ? sentenceOf(error) : `${reasonOf(error)}. --help lists the options.`;
      process.stderr.write(`${sentence}\n`);
      process.exitCode = error instanceof Stop ? 1 : 2;
    },
  );
}
