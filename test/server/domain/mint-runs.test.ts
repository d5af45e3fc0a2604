// How seats are packed into runs for the contract.
import { expect } from "chai";
import { encodeRuns, toRuns } from "#server/domain/mint-runs.ts";
import { packSeat, packTicketId } from "#server/domain/ticket-id.ts";

const ANN = `0x${"a1".repeat(20)}` as const;
const BEN = `0x${"b2".repeat(20)}` as const;

function ticket(row: number, seat: number, issue = 0): bigint {
  return packTicketId({ eventId: 7, issue, seat: packSeat({ section: 1, row, seat }) });
}

describe("mint-runs", () => {
  it("joins neighbours of one owner, in whatever order they come", () => {
    const seats = [3, 1, 2].map((seat) => ({ ticketId: ticket(1, seat), owner: ANN }));
    expect(toRuns(seats)).to.have.lengthOf(1);
    expect(toRuns(seats)[0]).to.include({ owner: ANN, count: 3 });
  });

  it("starts a new run at a gap, another owner, another row and another issue", () => {
    const seats = [
      { ticketId: ticket(1, 1), owner: ANN },
      { ticketId: ticket(1, 3), owner: ANN },
      { ticketId: ticket(1, 4), owner: BEN },
      { ticketId: ticket(2, 1), owner: BEN },
      { ticketId: ticket(2, 2, 1), owner: BEN },
    ];
    expect(toRuns(seats)).to.have.lengthOf(5);
  });

  it("never runs from the last seat of a row into the next row", () => {
    const seats = [
      { ticketId: ticket(1, 4095), owner: ANN },
      { ticketId: ticket(2, 0), owner: ANN },
    ];
    expect(toRuns(seats)).to.have.lengthOf(2);
  });

  it("starts a new run after 255 seats, the most that a record can count", () => {
    const seats = Array.from({ length: 300 }, (_, seat) => ({
      ticketId: ticket(1, seat),
      owner: ANN,
    }));
    expect(toRuns(seats).map(({ count }) => count)).to.deep.equal([255, 45]);
  });

  it("writes records of 26 bytes: owner, place and count", () => {
    const encoded = encodeRuns([{ ticketId: ticket(2, 3, 1), owner: ANN }]);
    expect(encoded).to.equal(`${ANN}${"1001002003"}01`);
    expect((encoded.length - 2) / 2).to.equal(26);
  });
});
