// What must never be read in a log.
import { Writable } from "node:stream";
import { expect } from "chai";
import { pino } from "pino";
import { createLog, logOptions } from "#server/platform/log.ts";

describe("log", () => {
  function record(fields: Record<string, unknown>): Record<string, unknown> {
    let text = "";
    const sink = new Writable({
      write(part, _encoding, done) {
        text += String(part);
        done();
      },
    });
    pino(logOptions({ name: "test", level: "info" }), sink).info(fields, "line");
    return JSON.parse(text) as Record<string, unknown>;
  }

  it("has stable keys", () => {
    const line = record({ orderId: "ord_1" });
    expect(line).to.include({ process: "test", msg: "line", orderId: "ord_1" });
    expect(line.time).to.match(/^\d{4}-\d\d-\d\dT/);
    expect(createLog({ name: "test", level: "silent" }).level).to.equal("silent");
  });

  for (const secret of [
    ...["signature", "minterKeys", "privateKey", "secretKey", "webhookSecret"],
    ...["raw", "token", "pass"],
  ]) {
    it(`never shows a ${secret}`, () => {
      expect(JSON.stringify(record({ given: { [secret]: "s3cret" } }))).not.to.include("s3cret");
    });
  }

  for (const name of ["databaseUrl", "redisUrl", "rpcUrl"]) {
    it(`never shows a ${name}`, () => {
      expect(JSON.stringify(record({ env: { [name]: "http://u:s3cret@h" } }))).not.to.include(
        "s3cret",
      );
    });
  }

  it("never shows cookies", () => {
    const req = { headers: { cookie: "sd_session=s3cret", authorization: "s3cret" } };
    const res = { headers: { "set-cookie": "sd_session=s3cret" } };
    expect(JSON.stringify(record({ req, res }))).not.to.include("s3cret");
  });
});
