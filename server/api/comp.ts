// Wire schema of places that are given away.
import { z } from "zod";
import { Address, PlainText, SeatKey } from "./fields.ts";
import { Areas } from "./hold.ts";

const PLACES_MAX = 100;
const REASON_LENGTH_MAX = 500;

export const CompRequest = z
  .strictObject({
    to: Address.describe("Whose wallet gets the tickets."),
    seats: z
      .array(SeatKey)
      .max(PLACES_MAX)
      .refine((seats) => new Set(seats).size === seats.length, "names a seat twice")
      .default([])
      .describe("Of the class comp."),
    areas: Areas.default([]).describe("Places of areas of that class."),
    reason: PlainText.min(1)
      .max(REASON_LENGTH_MAX)
      .describe("Kept in the audit log.")
      .meta({ examples: ["Guest list of the band."] }),
  })
  .refine(({ seats, areas }) => seats.length + areas.length > 0, "names no place")
  .meta({
    examples: [
      {
        to: "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
        seats: [16785409],
        reason: "Guest list of the band.",
      },
    ],
  });
