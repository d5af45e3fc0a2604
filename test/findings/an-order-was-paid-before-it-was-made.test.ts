// Found: where the chain's clock was a second behind, an order paid on chain was told as paid before it was made.
import { expect } from "chai";
import { inOrder, type TimelineKind } from "#server/domain/timeline.ts";

const step = (kind: TimelineKind, time: string, ticket?: number) => ({
  ...{ kind, at: new Date(`2026-11-22T${time}Z`) },
  ticketId: ticket === undefined ? null : BigInt(ticket),
  isOnChain: kind === "paid" || kind === "minted" || kind === "given",
});

describe("an order that is paid on chain", () => {
  for (const behind of ["11:00:00", "11:59:59", "12:00:00"]) {
    it(`was held and claimed before, where a block says ${behind}`, () => {
      const steps = [
        step("paid", behind),
        step("minted", behind, 1),
        step("minted", behind, 2),
        step("given", behind, 2),
        step("held", "12:00:00.200"),
        step("claimed", "12:00:00.900"),
      ];
      const wanted = ["held", "claimed", "paid", "minted", "minted", "given"];
      expect(inOrder(steps).map(({ kind }) => kind)).to.deep.equal(wanted);
    });
  }
});
