// Checks that a webhook is tried for 40 hours, and that a receiver can ask for patience but not for ever.
import { expect } from "chai";
import { ATTEMPTS_MAX, parseRetryAfter, retryWaitMs } from "#server/domain/webhook-retry.ts";

const HOUR_MS = 3_600_000;

describe("webhook retries", () => {
  it("wait longer each time, for about 40 hours altogether, and then end", () => {
    const waits = Array.from(
      { length: ATTEMPTS_MAX },
      (_, i) => retryWaitMs(i + 1, { spread: 0 }) ?? Number.NaN,
    );
    expect(waits.pop()).to.be.NaN;
    expect(waits).to.deep.equal(waits.toSorted((a, b) => a - b));
    const hours = waits.reduce((sum, wait) => sum + wait, 0) / HOUR_MS;
    expect(hours).to.be.within(39, 41);
  });

  it("are spread by a tenth", () => {
    const wait = retryWaitMs(1, { spread: 0 }) ?? 0;
    expect(retryWaitMs(1, { spread: 1 })).to.equal(wait * 1.1);
  });

  it("wait as long as the receiver asks, for an hour at most", () => {
    expect(retryWaitMs(1, { spread: 0, askedMs: 60_000 })).to.equal(60_000);
    expect(retryWaitMs(1, { spread: 0, askedMs: 9 * HOUR_MS })).to.equal(HOUR_MS);
    expect(retryWaitMs(8, { spread: 0, askedMs: 60_000 })).to.equal(10 * HOUR_MS);
  });

  it("read Retry-After as seconds or as a date", () => {
    const nowMs = Date.UTC(2027, 0, 1);
    expect(parseRetryAfter("120", nowMs)).to.equal(120_000);
    expect(parseRetryAfter("Fri, 01 Jan 2027 00:01:00 GMT", nowMs)).to.equal(60_000);
    for (const header of [undefined, "", "soon", "-5", "1e9", "Thu, 31 Dec 2026 00:00:00 GMT"]) {
      expect(parseRetryAfter(header, nowMs)).to.equal(0);
    }
  });
});
