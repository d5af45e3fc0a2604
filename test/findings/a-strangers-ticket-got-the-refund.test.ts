// Found: a seat that somebody else had minted and sold on was paid back to them, and its payer got nothing (I2).
import { expect } from "chai";
import { nextStep } from "#server/domain/refund.ts";

const STRANGE = { void: true, used: false, resold: false, funded: false, final: true };

describe("a line whose seat is a stranger's", () => {
  for (const how of ["resold", "funded"] as const) {
    it(`is paid back to who paid for it, also where that ticket is ${how}`, () => {
      const step = nextStep({
        ...{ cause: "asked", amount: 4_800n, mint: "attention", eventCancelled: false },
        ...{ ticket: { ...STRANGE, [how]: true }, mirrorSaw: true },
      });
      expect(step).to.deep.equal({ step: "voided", pays: "payer", withdraw: false });
    });
  }
});
