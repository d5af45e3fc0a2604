// Lookups from replicas: read while they are new enough, left out when late, slow or gone, and of no other use.
import { expect } from "chai";
import { createLook, type Look } from "#server/lookup/look.ts";
import { createReplicas, type Replicas } from "#server/lookup/replicas.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { openReplica, type Replica } from "#server/platform/db/replica.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { readTicket } from "#server/ticket/read-tickets.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { until } from "../../support/redis-server.ts";

const LAG_MAX_MS = 2_000;
const PATIENT = { waitMs: 60_000, over: new AbortController().signal };
const ID = 1n << 40n;
const ref = { deployment: 1, ticketId: ID };
const log = createLog({ name: "test", level: "silent" });

describe("replicas for lookups", () => {
  let databases: TestDatabase[];
  /** As their owner: a database of its own stands for each, so that its lag is ours to say. */
  let owners: Db[];
  let primary: Db;
  let opened: Replica[];
  let replicas: Replicas;
  let look: Look;
  const stopping = new AbortController();

  before(async () => {
    databases = await Promise.all([1, 2].map(() => createDatabase()));
    const [main, copy] = databases as [TestDatabase, TestDatabase];
    const open = { log, connectionsMax: 3 };
    owners = await Promise.all(
      databases.map(({ url }) => openDb({ ...open, url, role: "owner", schema: "mirror" })),
    );
    for (const owner of owners) await insertTicket(owner);
    primary = await openDb({ ...open, url: main.url, role: "stagedoor_server" });
    opened = [openReplica({ url: copy.url, connectionsMax: 3 })];
    const deps = { db: primary, clock: systemClock, log, metrics: createMetrics("replicas") };
    const watched = {
      replicas: opened,
      lagMaxMs: LAG_MAX_MS,
      asideMs: 300,
      stopping: stopping.signal,
    };
    replicas = createReplicas({ ...deps, ...watched });
    const heads = { follow: () => () => undefined };
    look = createLook({ ...deps, replicas, heads });
  });
  after(async () => {
    stopping.abort();
    for (const each of [...opened, primary, ...owners]) await each.close();
    for (const each of databases) await each.drop();
  });

  /** The price says who answered. */
  async function insertTicket(owner: Db): Promise<void> {
    const face = owners?.indexOf(owner) ?? 0;
    await owner.query({
      text: `INSERT INTO ticket (deployment, ticket_id, event_id, owner, class, face, nonce, gifts,
               used, void, funded, card, resold, refunded, mint_tx, mint_block, minted_at,
               block_number, block_hash, log_index)
             VALUES (1, $1, 1, '0x' || repeat('a', 40), 0, $2, 0, 0, false, false, false, false,
               false, false, '0x' || repeat('b', 64), 1, now(), 1, '0x' || repeat('c', 64), 0)`,
      values: [ID, face],
    });
    await owner.query({
      text: `INSERT INTO cursor (deployment, chain_id, address, block_number, block_hash,
               final_number, head_number, updated_at)
             VALUES (1, 31337, '0x' || repeat('1', 40), 1, '0x' || repeat('c', 64), 1, 1, $1)`,
      values: [new Date(START_MS)],
    });
  }
  const START_MS = 1_790_000_000_000;

  async function moveTo(at: 0 | 1, block: number): Promise<void> {
    await (owners[at] as Db).query({
      text: "UPDATE cursor SET block_number = $1, head_number = $1, updated_at = $2",
      values: [block, new Date(START_MS + block)],
    });
  }
  const ask = (atLeast?: string) => look(atLeast, (db) => readTicket(db, ref));
  const answeredBy = async (atLeast?: string) =>
    (await ask(atLeast)).body.face === "1" ? "replica" : "primary";
  const soon = (who: "replica" | "primary") =>
    until(`answered by the ${who}`, async () => (await answeredBy()) === who);

  it("answer while they are as new as the primary, and say how new they are", async () => {
    await soon("replica");
    expect((await ask()).headers["Mirror-Freshness"]).to.match(/^1;block=1;lag-blocks=0;/);
  });

  it("answer nothing that must be newer than they are", async () => {
    await moveTo(0, 2);
    expect(await answeredBy("1;block=1")).to.equal("replica");
    const { body, headers } = await ask("1;block=2");
    expect(body.face).to.equal("0");
    expect(headers["Mirror-Freshness"]).to.match(/^1;block=2;lag-blocks=0;/);
  });

  it("are left out once they are further behind than allowed, and read again when they are not", async () => {
    await soon("primary");
    await moveTo(1, 2);
    await soon("replica");
  });

  it("say how far the chain is ahead of what they show", async () => {
    await moveTo(0, 3);
    await until("a replica that is behind", async () => {
      const { headers, body } = await ask();
      return body.face === "1" && /lag-blocks=1;/.test(headers["Mirror-Freshness"] ?? "");
    });
    await moveTo(1, 3);
  });

  it("keep who waits for a block until all of them show it, or are not read any more", async () => {
    await soon("replica");
    const shown = { atLeast: new Map([[1, 4]]), final: false };
    await moveTo(0, 4);
    const waiting = replicas.caughtUp(shown, PATIENT).then((all) => (all ? "caught up" : "not"));
    const first = await Promise.race([waiting, systemClock.sleep(100).then(() => "waits")]);
    expect(first).to.equal("waits");
    await moveTo(1, 4);
    expect(await waiting).to.equal("caught up");
    await moveTo(0, 5);
    await replicas.caughtUp({ atLeast: new Map([[1, 5]]), final: false }, PATIENT);
    expect(await answeredBy()).to.equal("primary");
    await moveTo(1, 5);
  });

  it("fail what alone is slow there, and are not read for a while where all is", async () => {
    await soon("replica");
    const said: (string | undefined)[] = [];
    await (owners[1] as Db).transaction(async (sql) => {
      await sql.query({ text: "LOCK TABLE mirror.ticket" });
      const slow = await ask().catch(({ code }: { code?: string }) => code);
      expect(slow).to.equal("server/unavailable");
      expect(await look(undefined, async () => "quick")).to.include({ body: "quick" });
      await until("answered by the primary", async () => {
        const who = await answeredBy().catch(({ code }: { code?: string }) => code);
        said.push(who);
        return who === "primary";
      });
    });
    expect(said.slice(0, -1)).to.deep.equal(said.slice(0, -1).fill("server/unavailable"));
    await soon("replica");
  });

  it("fail no lookup when they break, nor when they lack something", async () => {
    await soon("replica");
    const other = { deployment: 1, ticketId: ID + 1n };
    const missing = await look(undefined, (db) => readTicket(db, other)).catch(
      (error: { code?: string }) => error.code,
    );
    expect(missing).to.equal("request/not-found");
    expect(await answeredBy()).to.equal("replica");
    await databases[1]?.drop();
    expect(await answeredBy()).to.equal("primary");
  });
});

describe("a replica's role", () => {
  let database: TestDatabase;
  let replica: Replica;
  before(async () => {
    database = await createDatabase();
    replica = openReplica({ url: database.url, connectionsMax: 1 });
  });
  after(async () => {
    await replica.close();
    await database.drop();
  });

  it("reads every table of the mirror and none of the sale, and writes nothing", async () => {
    const { rows } = await replica.sql.query<{ place: string; name: string; may: string }>({
      text: `SELECT nspname AS place, relname AS name, concat_ws(' ',
               CASE WHEN has_table_privilege(pg_class.oid, 'SELECT') THEN 'read' END,
               CASE WHEN has_table_privilege(pg_class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                 THEN 'write' END) AS may
             FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
             WHERE nspname IN ('sale', 'mirror') AND relkind IN ('r', 'p')`,
    });
    expect(rows.length).to.be.above(40);
    for (const { place, name, may } of rows) {
      expect(may, `${place}.${name}`).to.equal(place === "mirror" ? "read" : "");
    }
    for (const text of [
      "SELECT FROM sale.claim",
      "SELECT FROM sale.seat",
      "DELETE FROM mirror.ticket",
    ]) {
      const error = await replica.sql.query({ text }).catch((cause: Error) => cause);
      expect(error, text).to.be.instanceOf(Error);
    }
  });
});
