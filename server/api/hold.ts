// Wire schemas of holds: seats leased to a fan for some minutes.
import { z } from "zod";
import { Amount, Currency, EventId, HoldId, SeatKey, Time } from "./fields.ts";

const PLACES_PER_REQUEST_MAX = 50;
const AREAS_PER_REQUEST_MAX = 10;

const AreaId = z.int().min(0).max(0xfff).describe("The section of a general admission area.");
const AreaPlaces = z.strictObject({
  area: AreaId,
  places: z.int().min(1).max(PLACES_PER_REQUEST_MAX),
});

export const Areas = z
  .array(AreaPlaces)
  .max(AREAS_PER_REQUEST_MAX)
  .refine((areas) => new Set(areas.map(({ area }) => area)).size === areas.length, {
    message: "names an area twice",
  });

const Best = z
  .strictObject({
    places: z.int().min(1).max(PLACES_PER_REQUEST_MAX).describe("How many seats."),
    together: z.boolean().optional().describe("Next to each other; true unless said otherwise."),
    category: z.int().optional().describe("Of this category only."),
    priceMax: Amount.optional().describe("What one seat may cost at most."),
    totalMax: Amount.optional().describe("What all seats may cost at most."),
    wheelchairs: z
      .int()
      .min(0)
      .max(PLACES_PER_REQUEST_MAX)
      .optional()
      .describe("How many of the places are for wheelchairs; the others are beside them."),
  })
  .refine(({ places, wheelchairs = 0 }) => wheelchairs <= places, "has fewer places than that");

export const HoldRequest = z
  .strictObject({
    seats: z
      .array(SeatKey)
      .max(PLACES_PER_REQUEST_MAX)
      .refine((seats) => new Set(seats).size === seats.length, "names a seat twice")
      .optional(),
    accessible: z
      .boolean()
      .optional()
      .describe("One of you needs a wheelchair place; without it none can be chosen."),
    best: Best.optional().describe("Instead of seats: the best that are left."),
    areas: Areas.optional().describe("Places of areas without seats."),
  })
  .refine(
    ({ seats = [], areas = [], best }) => seats.length + areas.length > 0 || best !== undefined,
    "names no place",
  )
  .refine(({ seats, best }) => seats === undefined || best === undefined, {
    message: "names seats and asks for the best",
  })
  .meta({ examples: [{ seats: [16785409, 16785410] }] });

export const HoldResponse = z.strictObject({
  id: HoldId,
  eventId: EventId,
  seats: z.array(SeatKey),
  areas: z.array(AreaPlaces),
  total: Amount,
  currency: Currency,
  expiresAt: Time,
  extended: z.boolean().describe("It had its time again already; that happens once."),
});

export const HoldListQuery = z.strictObject({
  eventId: EventId.optional().describe("Of this event only."),
});
export const HoldListResponse = z.strictObject({ holds: z.array(HoldResponse) });
