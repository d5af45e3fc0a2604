// The schema: migrations make what schema.prisma says, states agree, and each role writes its own side only.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import { SchemaEngine } from "@prisma/schema-engine-wasm";
import { expect } from "chai";
import { Client } from "pg";
import { migrate } from "#scripts/migrate.ts";
import {
  EVENT_ACT_KINDS,
  EVENT_STATES,
  POLICIES,
  PUBLISH_STEP_STATES,
  PUBLISH_STEPS,
} from "#server/domain/event.ts";
import { JOB_KINDS, JOB_STATES } from "#server/domain/job.ts";
import { NOTICE_KINDS } from "#server/domain/notice.ts";
import {
  DISPUTE_STATES,
  MINT_LINE_STATES,
  ORDER_STATES,
  PAYMENT_STATES,
  PROVIDER_EVENT_STATES,
} from "#server/domain/order.ts";
import { PAYS, REFUND_CAUSES, REFUND_LINE_STATES, REFUND_STATES } from "#server/domain/refund.ts";
import { ROLES } from "#server/domain/role.ts";
import { RELAY_STATES } from "#server/domain/voucher.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";

const log = createLog({ name: "test", level: "silent" });
const schemaPath = join(import.meta.dirname, "../../../server/platform/db/schema.prisma");

describe("migrations", () => {
  let migrated: TestDatabase;
  before(async () => {
    migrated = await createDatabase();
  });
  after(() => migrated.drop());

  it("make exactly the tables that schema.prisma describes", async () => {
    const described = await createDatabase({ migrated: false });
    try {
      await run(described.url, await schemaSql(described.url));
      expect(await columns(migrated.url)).to.deep.equal(await columns(described.url));
    } finally {
      await described.drop();
    }
  });

  it("do nothing the second time", async () => {
    expect(await migrate({ databaseUrl: migrated.url })).to.deep.equal({ applied: [] });
  });

  it("wait for each other when two start at once, and apply each step once", async () => {
    const fresh = await createDatabase({ migrated: false });
    try {
      const both = [migrate({ databaseUrl: fresh.url }), migrate({ databaseUrl: fresh.url })];
      const counts = (await Promise.all(both)).map(({ applied }) => applied.length).sort();
      expect(counts[0]).to.equal(0);
      expect(counts[1]).to.be.greaterThan(0);
    } finally {
      await fresh.drop();
    }
  });

  it("refuse a database that applied another version of a step", async () => {
    const other = await createDatabase();
    try {
      await run(other.url, "UPDATE _prisma_migrations SET checksum = 'changed'");
      const outcome = await migrate({ databaseUrl: other.url }).catch((error: Error) => error);
      expect(outcome).to.be.an("error");
      expect((outcome as Error).message).to.include("was changed after this database applied it");
    } finally {
      await other.drop();
    }
  });

  it("allow exactly the states that the domain knows", async () => {
    const allowed = await stateChecks(migrated.url);
    expect(allowed.order_state_check).to.have.members([...ORDER_STATES]);
    expect(allowed.payment_state_check).to.have.members([...PAYMENT_STATES]);
    expect(allowed.dispute_state_check).to.have.members([...DISPUTE_STATES]);
    expect(allowed.provider_event_state_check).to.have.members([...PROVIDER_EVENT_STATES]);
    expect(allowed.refund_state_check).to.have.members([...REFUND_STATES]);
    expect(allowed.refund_cause_check).to.have.members([...REFUND_CAUSES]);
    expect(allowed.refund_line_state_check).to.have.members([...REFUND_LINE_STATES]);
    expect(allowed.voucher_relay_state_check).to.have.members([...RELAY_STATES]);
    expect(allowed.refund_line_pays_check).to.have.members([...PAYS]);
    expect(allowed.mint_line_state_check).to.have.members([...MINT_LINE_STATES]);
    expect(allowed.event_state_check).to.have.members([...EVENT_STATES]);
    expect(allowed.event_policy_check).to.have.members([...POLICIES]);
    expect(allowed.publish_step_step_check).to.have.members([...PUBLISH_STEPS]);
    expect(allowed.publish_step_state_check).to.have.members([...PUBLISH_STEP_STATES]);
    expect(allowed.class_release_state_check).to.have.members([...PUBLISH_STEP_STATES]);
    expect(allowed.event_act_kind_check).to.have.members([...EVENT_ACT_KINDS]);
    expect(allowed.event_act_state_check).to.have.members([...PUBLISH_STEP_STATES]);
    expect(allowed.chain_job_kind_check).to.have.members([...JOB_KINDS]);
    expect(allowed.chain_job_state_check).to.have.members([...JOB_STATES]);
    expect(allowed.notice_kind_check).to.have.members([...NOTICE_KINDS]);
    expect(allowed.role_role_check).to.have.members([...ROLES]);
  });
});

describe("database roles", () => {
  let database: TestDatabase;
  let server: Db;
  let indexer: Db;
  before(async () => {
    database = await createDatabase();
    const open = { url: database.url, log, connectionsMax: 2 };
    server = await openDb({ ...open, role: "stagedoor_server" });
    indexer = await openDb({ ...open, role: "stagedoor_indexer" });
  });
  after(async () => {
    await server.close();
    await indexer.close();
    await database.drop();
  });

  const refused: [who: "server" | "indexer", what: string, text: string][] = [
    ["server", "write the mirror", "DELETE FROM mirror.ticket"],
    ["server", "rewrite the ledger", "UPDATE sale.ledger_entry SET amount = 1"],
    ["server", "take back an admission", "DELETE FROM sale.admission"],
    ["server", "change a scan", "UPDATE sale.scan SET decision = 'admit'"],
    ["server", "rewrite the audit log", "UPDATE sale.audit SET actor = 'nobody'"],
    ["server", "cut the audit log", "DELETE FROM sale.audit"],
    ["server", "empty the audit log", "TRUNCATE sale.audit"],
    ["server", "change what a fan was told", "UPDATE sale.notice SET kind = 'event-moved'"],
    ["server", "forget who had a role", "DELETE FROM sale.role"],
    ["server", "change what was granted", "UPDATE sale.role SET role = 'operator'"],
    ["indexer", "read the sale", "SELECT * FROM sale.session"],
    ["indexer", "read the audit log", "SELECT * FROM sale.audit"],
    ["indexer", "write the sale", "DELETE FROM sale.claim"],
  ];
  for (const [who, what, text] of refused) {
    it(`do not let the ${who} ${what}`, async () => {
      const db = who === "server" ? server : indexer;
      const error = await db.query({ text }).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      expect(error?.message).to.match(/permission denied/);
    });
  }

  it("let the server read the mirror, through Prisma as well", async () => {
    await server.query({ text: "SELECT * FROM mirror.ticket" });
    expect(await server.prisma.ticket.count()).to.equal(0);
  });

  it("refuse a ledger posting that does not sum to zero per currency (I10)", async () => {
    type Entry = [posting: number, currency: string, amount: number];
    const post = (entries: Entry[]) =>
      server.query({
        text: `INSERT INTO sale.ledger_entry (posting, account, currency, amount, order_id)
               SELECT ('00000000-0000-4000-8000-' || lpad(posting::text, 12, '0'))::uuid, 'a',
                      currency, amount, 'ord'
               FROM unnest($1::int[], $2::text[], $3::numeric[]) AS given (posting, currency, amount)`,
        values: [0, 1, 2].map((at) => entries.map((entry) => entry[at])),
      });
    const wrong: Entry[][] = [
      [[1, "EUR", 5]],
      [
        [1, "EUR", 5],
        [1, "EUR", -4],
      ],
      [
        [1, "EUR", 5],
        [1, "CHF", -5],
      ],
      // Two that are wrong by as much, and one among many.
      [
        [1, "EUR", 5],
        [2, "EUR", -5],
      ],
      [
        [1, "EUR", 5],
        [1, "EUR", -5],
        [2, "EUR", 1],
      ],
    ];
    for (const entries of wrong) {
      const error = await post(entries).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      expect(error?.message, JSON.stringify(entries)).to.include("does not sum to zero");
    }
    await post([
      [1, "EUR", 5],
      [2, "CHF", 7],
      [1, "EUR", -5],
      [2, "CHF", -7],
    ]);
    const { rows } = await server.query<{ count: string }>({
      text: "SELECT count(*)::int AS count FROM sale.ledger_entry WHERE account = 'a'",
    });
    expect(rows[0]?.count).to.equal(4);
  });
});

async function run(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

async function columns(url: string): Promise<unknown[]> {
  return run(
    url,
    `SELECT table_schema, table_name, column_name, data_type, is_nullable, column_default,
            numeric_precision, datetime_precision
     FROM information_schema.columns WHERE table_schema IN ('sale', 'mirror')
     ORDER BY 1, 2, 3`,
  );
}

async function stateChecks(url: string): Promise<Record<string, string[]>> {
  const rows = (await run(
    url,
    `SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conname SIMILAR TO '%_(state|step|policy|cause|pays|kind)_check' OR conname = 'role_role_check'`,
  )) as { conname: string; definition: string }[];
  return Object.fromEntries(
    rows.map(({ conname, definition }) => [
      conname,
      [...definition.matchAll(/'([^']+)'::text/g)].map(([, state]) => state as string),
    ]),
  );
}

/** What Prisma's own engine makes of schema.prisma, on an empty database. */
async function schemaSql(databaseUrl: string): Promise<string> {
  const content = readFileSync(schemaPath, "utf8");
  const engine = await SchemaEngine.new(
    { datamodels: [["schema.prisma", content]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: databaseUrl })),
  );
  const files = [{ path: "schema.prisma", content }];
  const { stdout } = await engine.diff({
    from: { tag: "empty" },
    to: { tag: "schemaDatamodel", files },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  engine.free();
  return stdout ?? "";
}
