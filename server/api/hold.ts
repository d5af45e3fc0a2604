// Wire schemas of holds: seats leased to a fan for some minutes.
import { z } from "zod";
import { Amount, Currency, EventId, HoldId, SeatKey, Time } from "./fields.ts";

const SEATS_PER_REQUEST_MAX = 50;
export const HoldRequest = z.strictObject({
  seats: z
    .array(SeatKey)
    .min(1)
    .max(SEATS_PER_REQUEST_MAX)
    .refine((seats) => new Set(seats).size === seats.length, "names a seat twice"),
});

export const HoldResponse = z.strictObject({
  id: HoldId,
  eventId: EventId,
  seats: z.array(SeatKey),
  total: Amount,
  currency: Currency,
  expiresAt: Time,
});
