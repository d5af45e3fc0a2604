// The audit log's end on chain: written now and then, and found again when somebody writes the log anew (I13).
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { Client } from "pg";
import { decodeAnchor, encodeAnchor } from "#server/audit/anchor-data.ts";
import { appendAudit } from "#server/audit/append.ts";
import { checkAnchors } from "#server/audit/check-anchors.ts";
import { type AuditEntry, hashEntry } from "#server/audit/entry.ts";
import { verifyAudit } from "#server/audit/verify.ts";
import { systemClock } from "#server/platform/clock.ts";
import { leaveLanes } from "#server/platform/tx/lane.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type JobRow, mute, openPayoutJobs, readJobs, workJobs } from "../../support/job-work.ts";

const FINALITY = 10;

describe("anchors of the audit log", () => {
  let house: House;
  let owner: Client;
  before(async () => {
    house = await openHouse({ finality: FINALITY });
    owner = new Client({ connectionString: house.databaseUrl });
    await owner.connect();
  });
  after(async () => {
    await owner.end();
    await house.close();
  });

  const anchors = () => readJobs(house, "anchor");
  const append = (act: string) =>
    house.db.transaction((sql) =>
      appendAudit(
        sql,
        { clock: systemClock },
        { actor: "test", act, subject: "platform", details: {} },
      ),
    );
  const check = (kept?: string) =>
    checkAnchors({ sql: house.db, chains: house.chains }, { kept: kept as `0x${string}` });

  async function aDayLater(): Promise<void> {
    await house.db.query({
      text: "UPDATE sale.chain_job SET created_at = created_at - interval '1 day'",
    });
  }

  /** As whoever has the whole database: every hash fits again. */
  async function writeAnew(id: bigint, actor: string): Promise<void> {
    await owner.query("UPDATE sale.audit SET actor = $2 WHERE id = $1", [id.toString(), actor]);
    const { rows } = await house.db.query<AuditEntry>({
      text: "SELECT id, at, actor, act, subject, details, previous FROM sale.audit ORDER BY id",
    });
    let previous = (rows[0] as AuditEntry).previous;
    for (const row of rows) {
      const hash = hashEntry({ ...row, previous });
      const text = "UPDATE sale.audit SET previous = $2, hash = $3 WHERE id = $1";
      await owner.query(text, [row.id.toString(), previous, hash]);
      previous = hash;
    }
  }

  it("are read back as they were written, and nothing else is taken for one", () => {
    const anchor = { number: 7, rows: 12_345n, head: "ab".repeat(32) };
    const data = encodeAnchor(anchor);
    expect(decodeAnchor(data)).to.deep.equal(anchor);
    for (const other of ["0x", `${data}00`, data.replace("73", "74"), data.slice(0, -2)]) {
      expect(decodeAnchor(other as `0x${string}`)).to.equal(undefined);
    }
  });

  it("are written once by two workers, by the bytes of one that died, and again a day later", async () => {
    const chains = new Map([[1, mute(house.chain)]]);
    const racers = ["one", "other"].map((holder) => openPayoutJobs(house, { holder, chains }));
    await Promise.all(racers.map((racer) => racer.run()));
    const [sent] = (await anchors()) as [JobRow];
    expect(sent).to.include({ key: "1", state: "sent" });
    await leaveLanes(house.db, "one");
    await leaveLanes(house.db, "other");
    const runner = openPayoutJobs(house);
    await workJobs(house, runner);
    await append("one.more");
    await runner.run();
    expect(await anchors(), "a day has not passed").to.have.lengthOf(1);
    await aDayLater();
    await workJobs(house, runner);
    expect((await anchors()).map(({ state, tries }) => [state, tries])).to.deep.equal([
      ["done", 1],
      ["done", 1],
    ]);
    expect((await anchors())[0]?.tx_id).to.equal(sent.tx_id);
    await aDayLater();
    await runner.run();
    expect(await anchors(), "the log has not grown").to.have.lengthOf(2);
    const { rows } = await verifyAudit(house.db);
    expect(await check()).to.deep.equal({ anchors: 2, rows, broken: undefined });
  });

  it("say from which on the log was written anew, whatever its own hashes say", async () => {
    const { rows } = await house.db.query<{ until: bigint }>({
      text: "SELECT (payload->>'rows')::bigint AS until FROM sale.chain_job WHERE key = '1'",
    });
    const last = (rows[0]?.until ?? 0n) + 1n;
    await writeAnew(last, "somebody else");
    expect(await verifyAudit(house.db)).to.include({ broken: undefined });
    const { anchors: held, broken } = await check();
    expect(held).to.equal(1);
    expect(broken).to.include({ anchor: 2, fromRow: last, toRow: last });
    const said = run("--json");
    const { whole, anchored } = JSON.parse(said.stdout);
    expect({ whole, anchors: anchored.anchors }).to.deep.equal({ whole: false, anchors: 1 });
    expect(anchored.broken).to.include({ anchor: 2, fromRow: Number(last) });
    expect(said.status).to.equal(1);
    expect(run().stdout).to.match(/^Changed between rows \d+ and \d+, since anchor 2: row /);
    await writeAnew(last, "test");
    expect(await check()).to.include({ anchors: 2, broken: undefined });
    expect(run().stdout).to.match(/rows are whole\. 2 anchors on chain hold \d+ of them\./);
  });

  it("are missed by one that was kept elsewhere when their rows are taken away", async () => {
    const [, second] = (await anchors()) as [JobRow, JobRow];
    const kept = second.tx_hash as string;
    expect(await check(kept)).to.include({ anchors: 2, broken: undefined });
    await owner.query("DELETE FROM sale.chain_job WHERE key = '2'");
    expect((await check()).broken).to.equal(undefined);
    expect((await check(kept)).broken?.why).to.include("does not know this anchor");
    expect(run("--anchor", kept).status).to.equal(1);
  });

  function run(...args: string[]) {
    const script = join(import.meta.dirname, "../../../scripts/verify-log.ts");
    return spawnSync(process.execPath, [script, ...args], {
      env: {
        ...{ PATH: process.env.PATH, DATABASE_URL: house.databaseUrl },
        DEPLOYMENTS: JSON.stringify([house.chain.deployment]),
      },
      encoding: "utf8",
      timeout: 20_000,
    });
  }
});
