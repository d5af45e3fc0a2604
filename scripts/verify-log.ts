// Verifies the audit log's chain of hashes, and that it still holds a hash that was kept elsewhere.
import { parseArgs } from "node:util";
import { type AnchorVerdict, checkAnchors } from "#server/audit/check-anchors.ts";
import { verifyAudit } from "#server/audit/verify.ts";
import { openChains } from "#server/platform/chain.ts";
import { openDb } from "#server/platform/db/client.ts";
import { type Deployment, Deployments } from "#server/platform/env.ts";
import { createLog } from "#server/platform/log.ts";
import { failureOf, reasonOf, Stop, sentenceOf } from "./stop.ts";

const USAGE = `Usage: DATABASE_URL=… [DEPLOYMENTS=…] ./stagedoor verify-log [options]

Reads the log of audited acts from its first row and names the first one that is not as it was
written. Its last hash is printed: kept elsewhere and given the next time, it also shows that the
end was cut off or the whole log written anew. With DEPLOYMENTS the log is held against its anchors
on chain as well, which nobody can write anew.

  --kept HASH   the last hash of an earlier run
  --anchor TX   a transaction that anchored the log, as an explorer lists them for PAYOUT_KEY
  --json        one JSON object
  --help        this text
`;

const TX_HASH = /^0x[0-9a-f]{64}$/;
const HASH = /^[0-9a-f]{64}$/;

/** Exit code 1 says that the log is not what it was. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      kept: { type: "string" },
      anchor: { type: "string" },
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
  if (values.anchor !== undefined && !TX_HASH.test(values.anchor)) {
    throw new Stop("--anchor is no transaction.", "Give it 0x and 64 digits.");
  }
  const anchor = values.anchor as `0x${string}` | undefined;
  const deployments = readDeployments(process.env.DEPLOYMENTS);
  if (anchor !== undefined && deployments === undefined) {
    throw new Stop("DEPLOYMENTS is not set.", "Set it to the chains that the anchors are on.");
  }
  const verdict = await verify(url, { kept, anchor, deployments }).catch((error: unknown) => {
    throw failureOf("Verify the audit log", error);
  });
  const { rows, head, broken, holdsKept, anchors } = verdict;
  const isWhole = broken === undefined && holdsKept && anchors?.broken === undefined;
  if (values.json === true) {
    const at = broken === undefined ? undefined : { row: Number(broken.id), why: broken.why };
    const result = { type: "result", whole: isWhole, rows: Number(rows), head, holdsKept };
    const anchored = anchors === undefined ? undefined : plain(anchors);
    return print(`${JSON.stringify({ ...result, broken: at, anchored })}\n`, isWhole ? 0 : 1);
  }
  if (broken !== undefined) return print(`Row ${broken.id} is broken: ${broken.why}.\n`, 1);
  if (!holdsKept) {
    return print("The hash that was kept is not in the log: it was cut off or written anew.\n", 1);
  }
  if (anchors?.broken !== undefined) {
    const { anchor: number, fromRow, toRow, why } = anchors.broken;
    return print(
      `Changed between rows ${fromRow} and ${toRow}, since anchor ${number}: ${why}.\n`,
      1,
    );
  }
  const anchored =
    anchors === undefined
      ? ""
      : ` ${anchors.anchors} anchors on chain hold ${anchors.rows} of them.`;
  return print(`${rows} rows are whole.${anchored} The last hash: ${head}\n`, 0);
}

function plain({ anchors, rows, broken }: AnchorVerdict) {
  const at =
    broken === undefined
      ? undefined
      : { ...broken, fromRow: Number(broken.fromRow), toRow: Number(broken.toRow) };
  return { anchors, rows: Number(rows), broken: at };
}

function readDeployments(text: string | undefined): Deployment[] | undefined {
  if (text === undefined || text === "") return undefined;
  const read = Deployments.safeParse(text);
  if (read.success) return read.data;
  throw new Stop("DEPLOYMENTS is malformed.", "See .env.example.");
}

interface Wanted {
  kept: string | undefined;
  anchor: `0x${string}` | undefined;
  deployments: Deployment[] | undefined;
}

async function verify(url: string, { kept, anchor, deployments }: Wanted) {
  const log = createLog({ name: "verify-log", level: "fatal" });
  const db = await openDb({ url, role: "stagedoor_server", log, connectionsMax: 1 });
  try {
    const verdict = await verifyAudit(db, { kept });
    if (deployments === undefined) return { ...verdict, anchors: undefined };
    const chains = openChains(deployments);
    const anchors = await checkAnchors({ sql: db, chains }, { kept: anchor });
    return { ...verdict, anchors };
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
