// Wire schemas of scans at the door. A refused ticket is an answer, not an error.
import { z } from "zod";
import { REFUSAL_REASONS } from "../domain/verdict.ts";
import { EventId, TicketId, Time } from "./fields.ts";

const PASS_LENGTH_MAX = 400;
const GATE_NAME_LENGTH_MAX = 40;
/** Postgres refuses the character 0, and no gate's name needs its siblings. */
const PLAIN_TEXT = /^[^\p{Cc}\p{Cs}]*$/u;

export const ScanRequest = z.strictObject({
  scanId: z.uuid().describe("Made by the scanner; the same scan sent again gets the same answer."),
  eventId: EventId,
  gate: z.string().min(1).max(GATE_NAME_LENGTH_MAX).regex(PLAIN_TEXT, "has control characters"),
  pass: z.string().max(PASS_LENGTH_MAX).describe("The QR code's text: Base45 of a gate pass."),
});

export const ScanResponse = z.strictObject({
  scanId: z.uuid(),
  decision: z.enum(["admit", "refuse"]),
  reason: z.enum(["admitted", ...REFUSAL_REASONS]),
  ticketId: TicketId.nullable(),
  seat: z.string().nullable().describe("Section, row and seat as staff read them."),
  admittedAt: Time.nullable().describe("When the ticket was admitted, now or before."),
});
