// Reads a mirror all the time, and holds every row that it calls final against the chain itself.
import { TABLES } from "#indexer/projections.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import type { BusyBlock, BusyChain, SeenLog } from "./busy-chain.ts";

type Row = Record<string, unknown> & {
  block_number: bigint;
  block_hash: string;
  log_index: number;
};

/** What a row of a history says, and what the log of the chain says, in the same words. */
const HISTORIES: Record<string, { event: SeenLog["eventName"]; columns: readonly string[] }> = {
  transfer: { event: "Transfer", columns: ["sender", "recipient", "ticket_id"] },
  sale: { event: "Sold", columns: ["ticket_id", "seller", "buyer", "price", "royalty", "fee"] },
  check_in: { event: "CheckedIn", columns: ["ticket_id"] },
  ticket_void: { event: "TicketVoided", columns: ["ticket_id"] },
  order_paid: { event: "OrderPaid", columns: ["order_id", "event_id", "payer", "amount"] },
};

const READ_EVERY_MS = 150;
const WRONG_MAX = 20;

export interface FinalRows {
  /** What was wrong at any moment. */
  wrong: string[];
  /** Rows read as final, and times that it was looked. */
  read: { rows: number; looks: number };
  stop(): Promise<void>;
}

export function watchFinalRows(db: Db, busy: BusyChain): FinalRows {
  const watched = { wrong: [] as string[], read: { rows: 0, looks: 0 } };
  let isOver = false;
  let checked = -1n;
  const watching = (async () => {
    while (!isOver) {
      const { final, rows } = await readFinalRows(db, checked);
      watched.read.looks += 1;
      watched.read.rows += rows.length;
      const found = judge(busy.blocks, rows, { after: checked, final });
      watched.wrong.push(...found.slice(0, WRONG_MAX - watched.wrong.length));
      if (final > checked) checked = final;
      await systemClock.sleep(READ_EVERY_MS);
    }
  })();
  return {
    ...watched,
    stop: async () => {
      isOver = true;
      await watching;
    },
  };
}

/** Rows that are final now and were not at the last look; states are read again each time. */
async function readFinalRows(db: Db, after: bigint) {
  return db.transaction(async (sql) => {
    await sql.query({ text: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY" });
    const { rows: cursors } = await sql.query<{ final: bigint }>({
      text: "SELECT least(final_number, block_number) AS final FROM mirror.cursor",
    });
    const final = cursors[0]?.final ?? -1n;
    const rows: { table: string; row: Row }[] = [];
    for (const { name, kind } of TABLES) {
      const { rows: found } = await sql.query<Row>({
        text: `SELECT * FROM mirror."${name}" WHERE block_number <= $1 AND block_number > $2`,
        values: [final, kind === "history" ? after : -1n],
      });
      rows.push(...found.map((row) => ({ table: name, row })));
    }
    return { final, rows };
  });
}

function judge(
  blocks: ReadonlyMap<bigint, BusyBlock>,
  rows: readonly { table: string; row: Row }[],
  { after, final }: { after: bigint; final: bigint },
): string[] {
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  for (const { table, row } of rows) {
    const block = blocks.get(row.block_number);
    const log = block?.logs.find(({ logIndex }) => logIndex === row.log_index);
    const where = `${table} at ${row.block_number} ${row.log_index}`;
    if (block?.hash !== row.block_hash) wrong.push(`${where}: of a block that is not there`);
    else if (log === undefined) wrong.push(`${where}: of a log that is not there`);
    const history = HISTORIES[table];
    if (history === undefined || log === undefined) continue;
    counts.set(table, (counts.get(table) ?? 0) + 1);
    const told = history.columns.map((name) => String(row[name])).join(" ");
    const said = Object.values(log.args).map(String).join(" ").toLowerCase();
    if (log.eventName !== history.event || told !== said)
      wrong.push(`${where}: ${told} for ${said}`);
  }
  for (const [table, { event }] of Object.entries(HISTORIES)) {
    let expected = 0;
    for (let number = after + 1n; number <= final; number += 1n) {
      const logs = blocks.get(number)?.logs ?? [];
      expected += logs.filter(({ eventName }) => eventName === event).length;
    }
    const found = counts.get(table) ?? 0;
    if (found !== expected) wrong.push(`${table} up to ${final}: ${found} rows for ${expected}`);
  }
  return wrong;
}
