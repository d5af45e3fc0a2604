// A cursor is not signed: with a number that no column holds it was an error of the database, and of each replica.
import { expect } from "chai";
import type { z } from "zod";
import {
  CHECK_IN_LIST,
  CheckInListQuery,
  ESCROW_LIST,
  EscrowQuery,
} from "#server/api/event-lookup.ts";
import { PAYOUT_LIST, PayoutListQuery, SALE_LIST, SaleListQuery } from "#server/api/lookup.ts";
import { writeCursor } from "#server/api/page.ts";

const BLOCK = 4_711;
const LAST = 2 ** 31 - 1;

const LISTS: readonly [
  list: string,
  query: z.ZodType,
  before: readonly (string | number)[],
  behind: readonly number[],
][] = [
  [SALE_LIST, SaleListQuery, [BLOCK], []],
  [ESCROW_LIST, EscrowQuery, [BLOCK], []],
  [PAYOUT_LIST, PayoutListQuery, [BLOCK], [0]],
  [PAYOUT_LIST, PayoutListQuery, [BLOCK, 0], []],
  [CHECK_IN_LIST, CheckInListQuery, ["tkt_1_7", BLOCK], []],
];

describe("a cursor whose log no column holds", () => {
  for (const [list, query, before, behind] of LISTS) {
    it(`is no cursor of ${list}, at place ${before.length}`, () => {
      const fits = (log: number) =>
        query.safeParse({ cursor: writeCursor(list, [...before, log, ...behind]) }).success;
      expect([fits(0), fits(LAST), fits(LAST + 1)]).to.deep.equal([true, true, false]);
    });
  }
});
