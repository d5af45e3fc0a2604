// Reads the options of the commands that start and stop an instance.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { repositoryRoot } from "./services/packages.ts";
import { PORT_MAX } from "./services/ports.ts";
import { reasonOf, Stop } from "./stop.ts";

export const UP_USAGE = `Usage: ./stagedoor up [options]

Starts Postgres, Redis and a chain (or uses those that DATABASE_URL, REDIS_URL and DEPLOYMENTS
name, in the environment or in .env), applies migrations, deploys the contracts, seeds one demo
event, and runs API, worker and indexer until Ctrl-C.

  --port N    port of the web app and the API (PORT, else 4280)
  --home DIR  folder for all data (STAGEDOOR_HOME, else .stagedoor in this checkout)
  --reset     delete all local data first, after saying what that is
  --json      one JSON object per line instead of the progress display
  --help      this text
`;

export const DOWN_USAGE = `Usage: ./stagedoor down [options]

Stops the running instance and waits for it; after a crash, ends what it left behind.

  --home DIR  the instance's folder (STAGEDOOR_HOME, else .stagedoor in this checkout)
  --json      one JSON object per line
  --help      this text
`;

export type UpOptions = {
  help: boolean;
  json: boolean;
  reset: boolean;
  home: string;
  /** Undefined when PORT decides. */
  port: number | undefined;
};

/** What was typed makes no sense; exit code 2. */
export class UsageError extends Stop {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence.replace(/[^.]$/, "$&."), "--help lists the options.", options);
  }
}

export function parseUpOptions(args: string[]): UpOptions {
  const values = parse(args, {
    help: { type: "boolean", short: "h" },
    json: { type: "boolean" },
    reset: { type: "boolean" },
    home: { type: "string" },
    port: { type: "string" },
  });
  return {
    help: values.help === true,
    json: values.json === true,
    reset: values.reset === true,
    home: homeFrom(values.home),
    port: typeof values.port === "string" ? parsePort(values.port) : undefined,
  };
}

export function parseDownOptions(args: string[]): { help: boolean; json: boolean; home: string } {
  const values = parse(args, {
    help: { type: "boolean", short: "h" },
    json: { type: "boolean" },
    home: { type: "string" },
  });
  return { help: values.help === true, json: values.json === true, home: homeFrom(values.home) };
}

type OptionTable = Record<string, { type: "boolean" | "string"; short?: string }>;

function parse(args: string[], options: OptionTable): Record<string, unknown> {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(reasonOf(error), { cause: error });
  }
}

export function homeFrom(given: unknown): string {
  if (typeof given === "string") {
    if (given === "") throw new UsageError("--home needs a folder.");
    return resolve(given);
  }
  return resolve(process.env.STAGEDOOR_HOME || join(repositoryRoot, ".stagedoor"));
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= PORT_MAX) return port;
  throw new UsageError(`--port needs a number from 1 to ${PORT_MAX}, not ${JSON.stringify(text)}.`);
}
