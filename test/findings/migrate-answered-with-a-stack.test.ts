// Found: ./stagedoor migrate, which other messages send people to, answered with a stack trace.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const script = join(import.meta.dirname, "../../scripts/migrate.ts");
const TIMEOUT_MS = 20_000;

function run(args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH ?? "", ...env },
    encoding: "utf8",
    timeout: TIMEOUT_MS,
  });
}

describe("./stagedoor migrate", () => {
  it("explains itself", () => {
    const { status, stdout } = run(["--help"]);
    expect(status).to.equal(0);
    expect(stdout).to.match(/^Usage: /);
  });

  it("says in one sentence what is missing", () => {
    const { status, stderr } = run([]);
    expect(status).to.equal(1);
    expect(stderr).to.equal("DATABASE_URL is not set. Set it to the database to migrate.\n");
  });

  it("says in one sentence, and without the password, that the database does not answer", () => {
    const { status, stderr } = run([], { DATABASE_URL: "postgresql://u:s3cret@127.0.0.1:1/db" });
    expect(status).to.equal(1);
    expect(stderr.trim().split("\n")).to.have.lengthOf(1);
    expect(stderr).to.include("ECONNREFUSED").and.not.include("s3cret");
  });
});
