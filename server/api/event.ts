// Wire schemas of events, their seating plan and what is free in it.
import { z } from "zod";
import { Amount, Currency, EventId, SeatKey, Time } from "./fields.ts";
import { cursorOf, NextCursor, PageSize } from "./page.ts";

export const EventSummary = z.strictObject({
  id: EventId,
  name: z.string(),
  artist: z.string(),
  venue: z.string(),
  timeZone: z.string(),
  doorsAt: Time,
  startsAt: Time,
  endsAt: Time,
  currency: Currency,
  seatsPerHold: z.int(),
  holdSeconds: z.int(),
  capacity: z.int(),
});

/** Its beginning, then its id: no two events share both. */
const EventPosition = z.tuple([Time, EventId]);
export const EVENT_LIST = "events";

export const EventListQuery = z.strictObject({
  limit: PageSize,
  cursor: cursorOf(EVENT_LIST, EventPosition).optional(),
});

export const EventListResponse = z.strictObject({
  events: z.array(EventSummary),
  next: NextCursor,
});

export const CategoryResponse = z.strictObject({
  id: z.int(),
  name: z.string(),
  color: z.string(),
  price: Amount.describe("All fees in."),
});

export const SeatResponse = z.strictObject({
  seat: SeatKey,
  section: z.string(),
  row: z.string(),
  number: z.string(),
  category: z.int(),
  x: z.int(),
  y: z.int(),
});

export const EventResponse = EventSummary.extend({
  categories: z.array(CategoryResponse),
  seats: z.array(SeatResponse).describe("In the order of their keys."),
  seating: z.string().describe("Names the seats and their order; maps of the seats name it too."),
});

export const SeatStatesResponse = z.strictObject({
  held: z.array(SeatKey).describe("On hold or in an unpaid order; may come back."),
  sold: z.array(SeatKey),
});

const CURSOR_LENGTH_MAX = 60;
export const SeatChangesQuery = z.strictObject({
  after: z
    .string()
    .max(CURSOR_LENGTH_MAX)
    .optional()
    .describe("The cursor of a map. `Last-Event-ID`, which browsers send by themselves, beats it."),
});
