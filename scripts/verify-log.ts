// Verifies the audit log's chain of hashes, and that it still holds a hash that was kept elsewhere.
import { parseArgs } from "node:util";
import { verifyAudit } from "#server/audit/verify.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { failureOf, reasonOf, Stop, sentenceOf } from "./stop.ts";

const USAGE = `Usage: DATABASE_URL=… ./stagedoor verify-log [options]

Reads the log of audited acts from its first row and names the first one that is not as it was
written. Its last hash is printed: kept elsewhere and given the next time, it also shows that the
end was cut off or the whole log written anew.

  --kept HASH   the last hash of an earlier run
  --json        one JSON object
  --help        this text
`;

const HASH = /^[0-9a-f]{64}$/;

/** Exit code 1 says that the log is not what it was. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      kept: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return print(USAGE, 0);
  const { kept } = values;
  if (kept !== undefined && !HASH.test(kept)) {
    throw new Stop("--kept is no hash.", "Give it the 64 digits that an earlier run printed.");
  }
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === "") {
    throw new Stop("DATABASE_URL is not set.", "Set it to the database to verify.");
  }
  const verdict = await verify(url, kept).catch((error: unknown) => {
    throw failureOf("Verify the audit log", error);
  });
  const { rows, head, broken, holdsKept } = verdict;
  const isWhole = broken === undefined && holdsKept;
  if (values.json === true) {
    const at = broken === undefined ? undefined : { row: Number(broken.id), why: broken.why };
    const result = { type: "result", whole: isWhole, rows: Number(rows), head, holdsKept };
    return print(`${JSON.stringify({ ...result, broken: at })}\n`, isWhole ? 0 : 1);
  }
  if (broken !== undefined) return print(`Row ${broken.id} is broken: ${broken.why}.\n`, 1);
  if (!holdsKept) {
    return print("The hash that was kept is not in the log: it was cut off or written anew.\n", 1);
  }
  return print(`${rows} rows are whole. The last hash: ${head}\n`, 0);
}

async function verify(url: string, kept: string | undefined) {
  const log = createLog({ name: "verify-log", level: "fatal" });
  const db = await openDb({ url, role: "stagedoor_server", log, connectionsMax: 1 });
  try {
    return await verifyAudit(db, { kept });
  } finally {
    await db.close();
  }
}

function print(text: string, code: number): number {
  process.stdout.write(text);
  return code;
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
      process.exitCode = 2;
    },
  );
}
