// In which order the steps of an order are told, although a block's time is whole seconds of another clock.
import { expect } from "chai";
import { inOrder, type TimelineKind } from "#server/domain/timeline.ts";

const step = (kind: TimelineKind, time: string, ticket?: number, isOnChain = false) => ({
  ...{ kind, at: new Date(`2026-11-21T${time}Z`), isOnChain },
  ticketId: ticket === undefined ? null : BigInt(ticket),
});
const told = (...steps: ReturnType<typeof step>[]) =>
  inOrder(steps).map(({ kind, ticketId }) => (ticketId === null ? kind : `${kind} ${ticketId}`));

describe("the steps of an order", () => {
  it("are told by time, whatever rows they come from", () => {
    const steps = [
      step("refund-asked", "12:05:00", 1),
      step("claimed", "12:00:30"),
      step("held", "12:00:00"),
      step("paid", "12:01:00"),
    ];
    expect(told(...steps)).to.deep.equal(["held", "claimed", "paid", "refund-asked 1"]);
  });

  it("put a mint after its sending, which a block's time of whole seconds is before", () => {
    const steps = [
      step("minted", "12:00:02.000", 1, true),
      step("sent", "12:00:02.700", 1),
      step("paid", "12:00:02.500"),
    ];
    expect(told(...steps)).to.deep.equal(["paid", "sent 1", "minted 1"]);
  });

  it("put a mint after the payment even where the chain's clock is an hour behind", () => {
    const steps = [
      step("minted", "11:00:00", 1, true),
      step("resold", "11:00:05", 1, true),
      step("sent", "12:00:02", 1),
      step("claimed", "12:00:00"),
      step("paid", "12:00:01"),
    ];
    expect(told(...steps)).to.deep.equal(["claimed", "paid", "sent 1", "minted 1", "resold 1"]);
  });

  it("do not keep one ticket's way waiting for another's", () => {
    const steps = [
      step("paid", "12:00:00"),
      step("sent", "12:00:01", 1),
      step("minted", "12:00:03", 1, true),
      step("scanned", "12:00:09", 1),
      step("sent", "12:10:00", 2),
      step("minted", "12:10:02", 2, true),
    ];
    const wanted = ["paid", "sent 1", "minted 1", "scanned 1", "sent 2", "minted 2"];
    expect(told(...steps)).to.deep.equal(wanted);
  });

  it("put a void after the refund that asked for it, which a block's time is before", () => {
    const steps = [
      step("voided", "12:00:01", 1, true),
      step("refunded", "12:00:01", 1, true),
      step("refund-asked", "12:00:02.010", 1),
    ];
    expect(told(...steps)).to.deep.equal(["refund-asked 1", "voided 1", "refunded 1"]);
  });

  it("leave a void before a refund that was asked for long after it", () => {
    const steps = [step("refund-asked", "12:01:02", 1), step("voided", "12:00:01", 1, true)];
    expect(told(...steps)).to.deep.equal(["voided 1", "refund-asked 1"]);
  });
});
