// Equal seats for who paid too late: as good, near, together, and none where there is nothing equal.
import { expect } from "chai";
import { findEqualSeats, type Offer, type OrderedSeat } from "#server/domain/equal-seats.ts";
import { packSeat, type SeatKey, unpackSeat } from "#server/domain/ticket-id.ts";

const ORDINARY = 0;
const WHEELCHAIR = 1;
const COMPANION = 2;
const seatOf = (row: number, seat: number, section = 1) => packSeat({ section, row, seat });

/** Free seats, as many rows of ten as are asked for, best in front. */
function house(rows: number, changes: (offer: Offer) => Partial<Offer> = () => ({})): Offer[] {
  return Array.from({ length: rows * 10 }, (_, at) => {
    const [row, number] = [1 + Math.floor(at / 10), 1 + (at % 10)];
    const offer: Offer = {
      ...{ seat: seatOf(row, number), category: 1, class: 0, access: ORDINARY, price: 10n },
      ...{ rank: at + 1, x: number * 40, y: row * 50, isTaken: false, isWanted: false },
    };
    return { ...offer, ...changes(offer) };
  });
}

function had(lost: SeatKey[], kept: SeatKey[] = []): OrderedSeat[] {
  return [
    ...lost.map((seat) => ({ seat, class: 0, isLost: true })),
    ...kept.map((seat) => ({ seat, class: 0, isLost: false })),
  ];
}

const taken = (...seats: SeatKey[]) => ({
  of: ({ seat }: Offer) => ({ isTaken: seats.includes(seat) }),
});
const rowOf = (seat: SeatKey) => unpackSeat(seat).row;

describe("equal seats", () => {
  it("are the nearest ones that leave no lone seat", () => {
    const lost = seatOf(2, 5);
    const offers = house(3, taken(lost).of);
    const moves = findEqualSeats(offers, had([lost]));
    // Row 2 has nobody else, so both neighbours leave no single seat behind.
    expect([...(moves ?? [])]).to.have.lengthOf(1);
    expect([seatOf(2, 4), seatOf(2, 6)]).to.include(moves?.get(lost));
  });

  it("never leave a lone seat while another choice does not", () => {
    const lost = seatOf(1, 1);
    // Of row 1 only 3 and 4 are free: taking either leaves the other alone.
    const gone = [1, 2, 5, 6, 7, 8, 9, 10].map((seat) => seatOf(1, seat));
    const moves = findEqualSeats(house(2, taken(...gone).of), had([lost]));
    expect(rowOf(moves?.get(lost) ?? 0)).to.equal(2);
  });

  it("stay next to each other, and move together when one is lost", () => {
    const [left, lost] = [seatOf(1, 4), seatOf(1, 5)];
    const gone = [lost, seatOf(1, 3)];
    const moves = findEqualSeats(house(2, taken(...gone).of), had([lost], [left]));
    const seats = [left, lost].map((seat) => moves?.get(seat) ?? seat).sort((a, b) => a - b);
    expect(seats[1]).to.equal((seats[0] ?? 0) + 1);
    expect(seats).not.to.include(lost);
  });

  it("keep the seat beside which the lost one finds another place", () => {
    const [kept, lost] = [seatOf(1, 4), seatOf(1, 5)];
    const moves = findEqualSeats(house(1, taken(lost).of), had([lost], [kept]));
    expect([...(moves ?? [])]).to.deep.equal([[lost, seatOf(1, 3)]]);
  });

  it("leave those alone that sit apart and lost nothing", () => {
    const [lost, apart] = [seatOf(1, 1), seatOf(3, 9)];
    const moves = findEqualSeats(house(3, taken(lost).of), had([lost], [apart]));
    expect([...(moves?.keys() ?? [])]).to.deep.equal([lost]);
    expect([...(moves?.values() ?? [])]).not.to.include(apart);
  });

  it("are those that nobody holds, and held ones when there are no others", () => {
    const lost = seatOf(1, 5);
    const held = house(2, ({ seat }) => ({ isTaken: seat === lost, isWanted: rowOf(seat) === 1 }));
    expect(rowOf(findEqualSeats(held, had([lost]))?.get(lost) ?? 0)).to.equal(2);
    const allHeld = held.map((offer) => ({ ...offer, isWanted: true }));
    expect(rowOf(findEqualSeats(allHeld, had([lost]))?.get(lost) ?? 0)).to.equal(1);
  });

  for (const [what, other] of Object.entries<Partial<Offer>>({
    "another category": { category: 2 },
    "another class": { class: 1 },
    "another kind of access": { access: WHEELCHAIR },
    "another order's": { isTaken: true },
  })) {
    it(`are none of ${what}`, () => {
      const lost = seatOf(1, 5);
      const offers = house(2, ({ seat }) => (seat === lost ? { isTaken: true } : other));
      expect(findEqualSeats(offers, had([lost]))).to.equal(undefined);
    });
  }

  it("are none of another section", () => {
    const lost = seatOf(1, 5);
    const offers = house(1, (offer) => ({
      isTaken: offer.seat === lost,
      seat: offer.seat === lost ? lost : offer.seat + seatOf(0, 0, 1),
    }));
    expect(findEqualSeats(offers, had([lost]))).to.equal(undefined);
  });

  it("give a wheelchair place and its companion the same kinds again", () => {
    const kinds = [ORDINARY, ORDINARY, WHEELCHAIR, COMPANION, ORDINARY];
    const accessible = ({ seat }: Offer) => ({
      access: kinds[unpackSeat(seat).seat - 1] ?? ORDINARY,
      isTaken: seat === seatOf(1, 3),
    });
    const offers = house(2, accessible);
    const moves = findEqualSeats(offers, had([seatOf(1, 3)], [seatOf(1, 4)]));
    expect([...(moves ?? [])]).to.deep.equal([
      [seatOf(1, 3), seatOf(2, 3)],
      [seatOf(1, 4), seatOf(2, 4)],
    ]);
    // A companion seat apart from its wheelchair place is nothing that could be found elsewhere.
    const alone = house(2, (offer) => ({
      ...accessible(offer),
      isTaken: offer.seat === seatOf(1, 4),
    }));
    expect(findEqualSeats(alone, had([seatOf(1, 4)]))).to.equal(undefined);
  });

  it("are none for a group that is longer than what is left", () => {
    const lost = [seatOf(1, 1), seatOf(1, 2), seatOf(1, 3)];
    const gone = [...lost, ...[5, 8, 10].map((seat) => seatOf(1, seat))];
    const offers = house(1, taken(...gone).of);
    expect(findEqualSeats(offers, had(lost.slice(0, 2)))?.size).to.equal(2);
    expect(findEqualSeats(offers, had(lost))).to.equal(undefined);
  });
});
