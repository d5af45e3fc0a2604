// The fields that several wire schemas share: ids, addresses, amounts and times.
import { z } from "zod";
import { SEAT_KEY_MAX } from "../domain/ticket-id.ts";

export const EventId = z
  .string()
  .regex(/^evt_\d{1,4}_\d{1,7}$/)
  .describe("Event id, `evt_…`.");
export const TicketId = z
  .string()
  .regex(/^tkt_\d{1,4}_\d{1,19}$/)
  .describe("Ticket id, `tkt_…`.");
export const OrderId = z
  .string()
  .regex(/^ord_[0-9a-z]{26}$/)
  .describe("Order id, `ord_…`.");
export const HoldId = z
  .string()
  .regex(/^hld_[0-9a-z]{26}$/)
  .describe("Hold id, `hld_…`.");
export const PaymentId = z
  .string()
  .regex(/^pay_[0-9a-z]{26}$/)
  .describe("Payment id, `pay_…`.");

/**
 * Lower-cased on the way in, so that equality of addresses is equality of strings everywhere behind
 * it.
 */
export const Address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .overwrite((text) => text.toLowerCase())
  .describe("Wallet address.");
export const Hex = z.string().regex(/^0x([0-9a-fA-F]{2})*$/);
export const TxHash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .describe("Transaction hash.");

export const SeatKey = z
  .int()
  .min(0)
  .max(SEAT_KEY_MAX)
  .describe("A seat of the plan: section · row · seat, 12 bits each.");

/** A string, because an amount in wei does not fit a JSON number. */
export const Amount = z
  .string()
  .regex(/^\d{1,78}$/)
  .describe("Integer in the currency's minor units.");
export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .describe("ISO 4217 code.");
/** Postgres refuses the character 0, and no name of a person's making needs its siblings. */
export const PlainText = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, "has control characters");

/** In an address, so it arrives as text. */
export const Version = z.coerce
  .number()
  .int()
  .min(1)
  .describe("Of the event as you read it; it rises with every change.");

export const Time = z.iso.datetime().describe("RFC 3339, UTC.");
