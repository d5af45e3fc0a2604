// The arithmetic of ticket ids: what the contract, the tables and the API must agree on.
import { expect } from "chai";
import {
  formatEventId,
  formatTicketId,
  packSeat,
  packTicketId,
  parseEventId,
  parseTicketId,
  SEAT_KEY_MAX,
  unpackSeat,
  unpackTicketId,
} from "#server/domain/ticket-id.ts";

describe("ticket-id", () => {
  const corners = [0, 1, 2047, 4094, 4095];

  it("packs and unpacks every corner of a seat", () => {
    for (const section of corners) {
      for (const row of corners) {
        for (const seat of corners) {
          const key = packSeat({ section, row, seat });
          expect(unpackSeat(key)).to.deep.equal({ section, row, seat });
        }
      }
    }
    expect(packSeat({ section: 4095, row: 4095, seat: 4095 })).to.equal(SEAT_KEY_MAX);
  });

  it("packs and unpacks tickets at the ends of each field", () => {
    for (const eventId of [1, 2, 8_388_607]) {
      for (const issue of [0, 1, 15]) {
        for (const seat of [0, 1, SEAT_KEY_MAX]) {
          const id = packTicketId({ eventId, issue, seat });
          expect(unpackTicketId(id)).to.deep.equal({ eventId, issue, seat });
          expect(id < 1n << 63n).to.equal(true);
        }
      }
    }
  });

  it("lays the fields out as the contract does: event 23, issue 4, section 12, row 12, seat 12", () => {
    const seat = packSeat({ section: 1, row: 2, seat: 3 });
    const id = packTicketId({ eventId: 7, issue: 5, seat });
    expect(id).to.equal((7n << 40n) | (5n << 36n) | (1n << 24n) | (2n << 12n) | 3n);
  });

  it("keeps neighbours consecutive, so that runs are ranges", () => {
    const first = packTicketId({
      eventId: 7,
      issue: 0,
      seat: packSeat({ section: 1, row: 2, seat: 3 }),
    });
    const second = packTicketId({
      eventId: 7,
      issue: 0,
      seat: packSeat({ section: 1, row: 2, seat: 4 }),
    });
    expect(second - first).to.equal(1n);
  });

  it("refuses fields that do not fit", () => {
    expect(() => packSeat({ section: 4096, row: 0, seat: 0 })).to.throw("section");
    expect(() => packSeat({ section: 0, row: -1, seat: 0 })).to.throw("row");
    expect(() => packSeat({ section: 0, row: 0, seat: 1.5 })).to.throw("seat");
    expect(() => packTicketId({ eventId: 0, issue: 0, seat: 0 })).to.throw("event");
    expect(() => packTicketId({ eventId: 1, issue: 16, seat: 0 })).to.throw("issue");
  });

  it("reads what it writes as API ids", () => {
    expect(parseEventId(formatEventId({ deployment: 3, eventId: 9 }))).to.deep.equal({
      deployment: 3,
      eventId: 9,
    });
    const ticket = { deployment: 3, ticketId: 9_223_372_036_854_775_807n };
    expect(parseTicketId(formatTicketId(ticket))).to.deep.equal(ticket);
  });

  it("knows no event or ticket by any other text", () => {
    for (const text of ["", "evt_1", "evt_1_", "evt_1_12345678", "tkt_1_1", "evt_1_1 "]) {
      expect(() => parseEventId(text), text).to.throw("There is no event");
    }
    for (const text of ["", "tkt_1", "tkt_1_9223372036854775808", "tkt_1_-1", "evt_1_1"]) {
      expect(() => parseTicketId(text), text).to.throw("There is no ticket");
    }
  });
});
