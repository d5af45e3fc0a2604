// Found: the limit for an instance's start ended it in the middle of the tests, two minutes after it was ready.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { homePaths } from "#scripts/services/home.ts";
import { startInstance } from "#scripts/test-instance.ts";
import { systemClock } from "#server/platform/clock.ts";

const READY_LIMIT_MS = 2_000;

describe("the limit for an instance's start", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stagedoor-instance-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function writeLauncher(says: string): string {
    const { instance } = homePaths(join(folder, "home"));
    mkdirSync(dirname(instance), { recursive: true });
    writeFileSync(instance, JSON.stringify({ rpcUrl: "http://localhost:1" }));
    const launcher = join(folder, "launcher");
    const lines = ["#!/bin/sh", "trap 'exit 0' INT", says, "while :; do sleep 0.1; done"];
    writeFileSync(launcher, `${lines.join("\n")}\n`);
    chmodSync(launcher, 0o755);
    return launcher;
  }
  const start = (says: string) =>
    startInstance({
      ...{ folder, launcher: writeLauncher(says), readyLimitMs: READY_LIMIT_MS },
      ...{ env: process.env, signal: new AbortController().signal },
    });

  it("leaves one alone that was ready within it", async () => {
    const instance = await start(`echo '{"type":"ready","url":"http://localhost:2"}'`);
    expect(instance.url).to.equal("http://localhost:2");
    await systemClock.sleep(2 * READY_LIMIT_MS);
    expect(await instance.stop()).to.equal(undefined);
  });

  it("ends one that was not", async () => {
    const failure = await start("true").catch((error: Error) => error);
    expect(String(failure)).to.include("was not ready in time");
  });
});
