// What a gate decides, fact by fact.
import { expect } from "chai";
import { judgePass, STEP_SECONDS, stepAt, type TicketFacts } from "#server/domain/verdict.ts";

const NOW = 1_800_000_000;
const good = {
  gateEventId: 7,
  pass: {
    eventId: 7,
    nonce: 2,
    notAfter: NOW + 60,
    step: stepAt(NOW),
    signer: "0xann" as string | null,
    sessionSigned: true,
  },
  ticket: {
    ...{ owner: "0xann", nonce: 2, used: false, void: false, cancelled: false },
  } as TicketFacts | null,
  nowSeconds: NOW,
};

function reason(change: {
  pass?: Partial<typeof good.pass>;
  ticket?: Partial<NonNullable<typeof good.ticket>> | null;
  nowSeconds?: number;
}): string {
  const ticket = change.ticket === null ? null : { ...good.ticket!, ...change.ticket };
  const input = { ...good, ...change, pass: { ...good.pass, ...change.pass }, ticket };
  return judgePass(input).reason;
}

describe("verdict", () => {
  it("admits a fresh code of the owner's", () => {
    expect(judgePass(good)).to.deep.equal({ decision: "admit", reason: "admitted" });
  });

  it("refuses with the most useful reason", () => {
    expect(reason({ pass: { eventId: 8 } })).to.equal("wrong_event");
    expect(reason({ ticket: null })).to.equal("unknown_ticket");
    expect(reason({ ticket: { void: true } })).to.equal("void");
    expect(reason({ ticket: { cancelled: true } })).to.equal("event_cancelled");
    expect(reason({ pass: { signer: "0xben" } })).to.equal("not_owner");
    expect(reason({ pass: { signer: null } })).to.equal("not_owner");
    expect(reason({ ticket: { nonce: 3 } })).to.equal("not_owner");
    expect(reason({ pass: { nonce: 4_094 }, ticket: { nonce: 4_094 } })).to.equal("admitted");
    expect(reason({ pass: { nonce: 4_095 }, ticket: { nonce: 4_095 } })).to.equal("not_owner");
    expect(reason({ pass: { sessionSigned: false } })).to.equal("unreadable");
    expect(reason({ pass: { notAfter: NOW - 1 } })).to.equal("code_expired");
    expect(reason({ ticket: { used: true } })).to.equal("already_admitted");
  });

  it("takes a code for two steps before and after its own, and no longer", () => {
    for (let steps = -4; steps <= 4; steps += 1) {
      const expected = Math.abs(steps) <= 2 ? "admitted" : "code_expired";
      const nowSeconds = NOW + steps * STEP_SECONDS;
      expect(reason({ pass: { notAfter: NOW + 600 }, nowSeconds }), String(steps)).to.equal(
        expected,
      );
    }
  });

  it("goes on when the step counter begins again at zero", () => {
    const wrap = Math.ceil(NOW / STEP_SECONDS / 65_536) * 65_536 * STEP_SECONDS;
    expect(stepAt(wrap)).to.equal(0);
    const pass = { step: 65_535, notAfter: wrap + 600 };
    expect(reason({ pass, nowSeconds: wrap })).to.equal("admitted");
  });
});
