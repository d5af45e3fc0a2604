// Wire schemas of events, their seating plan and what is free in it.
import { z } from "zod";
import { PHASE_CLASSES } from "../domain/stock.ts";
import { Amount, Currency, EventId, SeatKey, Time } from "./fields.ts";
import { cursorOf, NextCursor, PageSize } from "./page.ts";

export const EventSummary = z.strictObject({
  id: EventId,
  name: z.string(),
  artist: z.string(),
  venue: z.string(),
  city: z.string(),
  address: z.string(),
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
  class: z.int().optional().describe("Kept back for somebody: only class 1 is ever in a phase."),
  access: z.enum(["wheelchair", "companion"]).optional(),
});

export const AreaResponse = z.strictObject({
  section: z.int(),
  name: z.string(),
  zone: z.string(),
  category: z.int(),
  capacity: z.int(),
});

export const PhaseResponse = z.strictObject({
  id: z.int(),
  name: z.string(),
  startsAt: Time,
  endsAt: Time,
  classes: z.array(z.enum(PHASE_CLASSES)),
  limitPerPerson: z.int().nullable(),
  limitPerOrder: z.int(),
  proofOfWork: z.int(),
});

export const EventResponse = EventSummary.extend({
  state: z
    .enum(["published", "cancelled"])
    .describe("A cancelled one is not sold any more, and its orders are paid back."),
  categories: z.array(CategoryResponse),
  seats: z.array(SeatResponse).describe("In the order of their keys."),
  seating: z.string().describe("Names the seats and their order; maps of the seats name it too."),
  areas: z.array(AreaResponse).describe("General admission that is sold to everybody."),
  phases: z.array(PhaseResponse),
  limitPerPerson: z.int().nullable().describe("Over all orders of a wallet."),
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
