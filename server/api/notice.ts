// Wire schemas of what a wallet is told: its orders, its tickets, and the events they are for.
import { z } from "zod";
import { NOTICE_KINDS } from "../domain/notice.ts";
import { Amount, Currency, EventId, OrderId, Time } from "./fields.ts";
import { cursorOf, NextCursor, PageSize } from "./page.ts";

/** As many as a page may have. */
const READ_AT_ONCE_MAX = 200;

const NoticeId = z
  .string()
  .regex(/^ntc_\d{1,18}$/)
  .meta({ description: "Notice id, `ntc_…`.", examples: ["ntc_42"] });

export const NOTICE_LIST = "notices";
/** The number of its id, newest first. */
const NoticePosition = z.tuple([z.int().min(0)]);

export const NoticeListQuery = z.strictObject({
  state: z.enum(["unread"]).optional().describe("Only those that were not read yet."),
  limit: PageSize,
  cursor: cursorOf(NOTICE_LIST, NoticePosition).optional(),
});

export const NoticeListResponse = z.strictObject({
  notices: z
    .array(
      z.strictObject({
        id: NoticeId,
        kind: z
          .enum(NOTICE_KINDS)
          .describe(
            "dispute-…: a bank asks the payment back; lost, the tickets do not count any more. " +
              "order-expired: unpaid in time, or bought on chain in a block that is gone for good.",
          ),
        eventId: EventId,
        eventName: z.string(),
        orderId: OrderId.nullable().describe("Of an order of yours that it is about."),
        amount: Amount.nullable().describe("What this wallet got back, by card or on chain."),
        currency: Currency.nullable(),
        at: Time,
        read: z.boolean(),
      }),
    )
    .describe("Newest first, of the last 365 days."),
  next: NextCursor,
});

export const NoticesReadRequest = z.strictObject({
  notices: z
    .array(NoticeId)
    .min(1)
    .max(READ_AT_ONCE_MAX)
    .describe("Those that are not yours are left out."),
});
