// The way of a ticket that is taken back, as facts alone decide it: no money while it can still enter.
import { expect } from "chai";
import { nextStep, type RefundFacts, toDoFor } from "#server/domain/refund.ts";

const VALID = { void: false, used: false, resold: false, funded: false, final: true };
const FACTS: RefundFacts = {
  ...{ cause: "asked", amount: 4_800n, mint: "minted", ticket: VALID },
  eventCancelled: false,
  mirrorSaw: true,
};

describe("refund of a ticket", () => {
  const cases: [what: string, facts: Partial<RefundFacts>, step: object][] = [
    ["is made void while it is valid", {}, { step: "void" }],
    ["waits for a mint that is under way", { ticket: null, mint: "sent" }, { step: "wait" }],
    ["waits for a mint that a reorg took away", { ticket: null }, { step: "wait" }],
    [
      "needs no chain where nothing was minted",
      { ticket: null, mint: "queued" },
      { step: "voided", pays: "payer", withdraw: true },
    ],
    [
      "needs no chain where nothing could be minted",
      { ticket: null, mint: "attention" },
      { step: "voided", pays: "payer", withdraw: true },
    ],
    [
      "waits where the chain may know of a mint that the mirror has yet to show",
      { ticket: null, mint: "attention", mirrorSaw: false },
      { step: "wait" },
    ],
    [
      "waits while a reorg could still take the void away",
      { ticket: { ...VALID, void: true, final: false } },
      { step: "wait" },
    ],
    [
      "pays the payer once it is void for good",
      { ticket: { ...VALID, void: true } },
      { step: "voided", pays: "payer", withdraw: false },
    ],
    [
      "pays the holder of one that was sold on",
      { ticket: { ...VALID, void: true, resold: true } },
      { step: "voided", pays: "holder", withdraw: false },
    ],
    [
      "pays the holder of one whose price lies in escrow",
      { ticket: { ...VALID, void: true, funded: true } },
      { step: "voided", pays: "holder", withdraw: false },
    ],
    [
      "pays nobody for a lost dispute",
      { cause: "dispute", ticket: { ...VALID, void: true } },
      { step: "voided", pays: "nobody", withdraw: false },
    ],
    [
      "pays the innocent buyer also after a lost dispute",
      { cause: "dispute", ticket: { ...VALID, void: true, resold: true } },
      { step: "voided", pays: "holder", withdraw: false },
    ],
    [
      "pays nobody for what cost nothing",
      { amount: 0n, ticket: { ...VALID, void: true } },
      { step: "voided", pays: "nobody", withdraw: false },
    ],
    [
      "needs no void where the event was cancelled for good",
      { eventCancelled: true, ticket: { ...VALID, final: false } },
      { step: "voided", pays: "payer", withdraw: false },
    ],
    [
      "is refused for one that was used",
      { ticket: { ...VALID, used: true } },
      { step: "refused", reason: "used" },
    ],
    [
      "is refused for one that was used before its event was cancelled",
      { eventCancelled: true, ticket: { ...VALID, used: true } },
      { step: "refused", reason: "used" },
    ],
    [
      "waits while a reorg could still take the use away",
      { ticket: { ...VALID, used: true, final: false } },
      { step: "wait" },
    ],
  ];
  for (const [what, facts, step] of cases) {
    it(what, () => {
      expect(nextStep({ ...FACTS, ...facts })).to.deep.equal(step);
    });
  }

  it("says what to do where it waits for the organiser's fund, and nothing elsewhere", () => {
    const line = { eventId: 7, funded: false };
    expect(toDoFor({ ...line, state: "waiting" })).to.include("fundRefunds(7, amount)");
    expect(toDoFor({ ...line, state: "voided" })).to.equal(null);
    expect(toDoFor({ ...line, state: "waiting", funded: true })).to.equal(null);
  });
});
