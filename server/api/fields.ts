// The fields that several wire schemas share: ids, addresses, amounts and times.
import { z } from "zod";
import { SEAT_KEY_MAX } from "../domain/ticket-id.ts";

export const EventId = z
  .string()
  .regex(/^evt_\d{1,4}_\d{1,7}$/)
  .meta({ description: "Event id, `evt_…`.", examples: ["evt_1_7"] });
export const TicketId = z
  .string()
  .regex(/^tkt_\d{1,4}_\d{1,19}$/)
  .meta({ description: "Ticket id, `tkt_…`.", examples: ["tkt_1_120259084288"] });
export const OrderId = z
  .string()
  .regex(/^ord_[0-9a-z]{26}$/)
  .meta({ description: "Order id, `ord_…`.", examples: ["ord_4m0kq2v7c1b9n3x5z8d6f0g2h4"] });
export const HoldId = z
  .string()
  .regex(/^hld_[0-9a-z]{26}$/)
  .meta({ description: "Hold id, `hld_…`.", examples: ["hld_4m0kq2v7c1b9n3x5z8d6f0g2h4"] });
export const PaymentId = z
  .string()
  .regex(/^pay_[0-9a-z]{26}$/)
  .meta({ description: "Payment id, `pay_…`.", examples: ["pay_4m0kq2v7c1b9n3x5z8d6f0g2h4"] });

/**
 * Lower-cased on the way in, so that equality of addresses is equality of strings everywhere behind
 * it.
 */
export const Address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .overwrite((text) => text.toLowerCase())
  .meta({
    description: "Wallet address.",
    examples: ["0x70997970c51812dc3a010c7d01b50e0d17dc79c8"],
  });
export const Hex = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/)
  .meta({ examples: ["0x4f1e"] });
export const TxHash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .meta({ description: "Transaction hash.", examples: [`0x${"4f".repeat(32)}`] });

export const SeatKey = z
  .int()
  .min(0)
  .max(SEAT_KEY_MAX)
  .meta({
    description: "A seat of the plan: section · row · seat, 12 bits each.",
    examples: [16785409],
  });

/** A string, because an amount in wei does not fit a JSON number. */
export const Amount = z
  .string()
  .regex(/^\d{1,78}$/)
  .meta({ description: "Integer in the currency's minor units.", examples: ["4800"] });
export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta({ description: "ISO 4217 code.", examples: ["EUR"] });
export const Time = z.iso
  .datetime()
  .meta({ description: "RFC 3339, UTC.", examples: ["2026-11-21T19:30:00.000Z"] });
