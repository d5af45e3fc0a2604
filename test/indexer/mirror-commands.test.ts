// The two commands about the mirror, as an operator calls them.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { catchUp } from "../support/catch-up.ts";
import { type House, openHouse } from "../support/house.ts";

const COMMAND_LIMIT_MS = 60_000;

describe("commands about the mirror", () => {
  let house: House;
  let folder: string;
  before(async () => {
    house = await openHouse();
    await buyAndMint(house, await house.fan(), stalls(1, 1, 2, 3));
    await house.mirror();
    folder = mkdtempSync(join(tmpdir(), "mirror-commands-"));
  });
  after(() => house.close());

  function run(command: string, ...args: string[]): Promise<{ code: number; out: string }> {
    const env = {
      ...process.env,
      DATABASE_URL: house.databaseUrl,
      DEPLOYMENTS: JSON.stringify([house.chain.deployment]),
      NODE_ENV: "development",
    };
    const script = join(repositoryRoot, "scripts", `${command}.ts`);
    const options = { env, timeout: COMMAND_LIMIT_MS };
    return new Promise((resolve) => {
      execFile(process.execPath, [script, "--home", folder, ...args], options, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out: out + err }),
      );
    });
  }

  it("find nothing wrong with a mirror that is right", async () => {
    const { code, out } = await run("verify-mirror");
    expect(out)
      .to.include("Nothing differs.")
      .and.to.match(/ticket 3\b/);
    expect(code).to.equal(0);
  });

  it("find what is wrong, mend it, and write it down", async () => {
    await house.indexerDb.query({ text: "UPDATE ticket SET nonce = nonce + 1" });
    const wrong = await run("verify-mirror", "--json");
    expect(wrong.code).to.equal(1);
    const verdict = JSON.parse(wrong.out.trim().split("\n").at(-1) as string);
    expect(verdict.differences).to.have.lengthOf(3);
    expect(verdict.differences[0]).to.match(/nonce is 1, and 0 on chain/);

    const kept = await run("reindex", "--dry-run");
    expect(kept.code).to.equal(1);
    expect(kept.out).to.include("The mirror is as it was.");

    const dump = join(folder, "mirror.txt");
    const mended = await run("reindex", "--dump", dump);
    expect(mended.out)
      .to.match(/^ticket was 3 rows/m)
      .and.to.include("The new mirror is in place.");
    expect(mended.code).to.equal(0);
    const lines = readFileSync(dump, "utf8").trim().split("\n");
    expect(lines.filter((line) => line.startsWith("ticket {"))).to.have.lengthOf(3);
    const deps = { ...house, db: house.indexerDb, metrics: createMetrics("again") };
    await catchUp(deps);
    expect((await run("verify-mirror", "--sample", "2")).code).to.equal(0);
  }).timeout(4 * COMMAND_LIMIT_MS);

  it("refuse what they do not understand", async () => {
    for (const args of [["--sample", "0"], ["--sample", "some"], ["--nonsense"]]) {
      expect((await run("verify-mirror", ...args)).code).to.equal(2);
    }
    expect((await run("reindex", "--sample", "2")).code).to.equal(2);
    const unknown = await run("reindex", "--only", "seats");
    expect(unknown.code).to.equal(2);
    expect(unknown.out).to.match(/no table seats; there are event, /);
  }).timeout(COMMAND_LIMIT_MS);

  it("put one projection alone in place", async () => {
    const { code, out } = await run("reindex", "--only", "check_in", "--json");
    expect(code).to.equal(0);
    const { swapped, only } = JSON.parse(out.trim().split("\n").at(-1) as string);
    expect({ swapped, only }).to.deep.equal({ swapped: true, only: ["check_in", "ticket_void"] });
    expect((await run("verify-mirror", "--sample", "2")).code).to.equal(0);
  }).timeout(COMMAND_LIMIT_MS);
});
