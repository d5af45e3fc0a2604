// Wire schemas of webhooks: who is told of what, and what became of each message.
import { z } from "zod";
import { WEBHOOK_TYPES } from "../domain/webhook.ts";
import { OrderId, Time } from "./fields.ts";

const URL_LENGTH_MAX = 500;
const PAGE_SIZE_DEFAULT = 20;
const PAGE_SIZE_MAX = 100;

export const WebhookId = z
  .string()
  .regex(/^whk_[0-9a-z]{26}$/)
  .meta({ description: "Receiver id, `whk_…`.", examples: ["whk_4m0kq2v7c1b9n3x5z8d6f0g2h4"] });
export const MessageId = z
  .string()
  .regex(/^msg_[0-9a-z]{26}$/)
  .meta({
    description: "Message id, `msg_…`; the `webhook-id` header of each try.",
    examples: ["msg_4m0kq2v7c1b9n3x5z8d6f0g2h4"],
  });
const Type = z.enum(WEBHOOK_TYPES);

export const WebhookRequest = z.strictObject({
  url: z.string().min(1).max(URL_LENGTH_MAX).describe("https, and on the internet."),
  types: z
    .array(Type)
    .min(1)
    .max(WEBHOOK_TYPES.length)
    .refine((types) => new Set(types).size === types.length, "names a type twice"),
});

export const WebhookResponse = z.strictObject({
  id: WebhookId,
  url: z.string(),
  types: z.array(Type),
  state: z.enum(["active", "disabled"]),
  reason: z.string().nullable().describe("Why it is disabled."),
  createdAt: Time,
});

export const WebhookListResponse = z.strictObject({ webhooks: z.array(WebhookResponse) });

export const WebhookSecretResponse = WebhookResponse.extend({
  secret: z.string().describe("`whsec_…`, shown this once: messages are signed with it."),
});

export const DeliveryListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(PAGE_SIZE_DEFAULT),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional()
    .describe("`next` of the page before."),
});

const DeliveryResponse = z.strictObject({
  messageId: MessageId,
  type: Type,
  orderId: OrderId,
  state: z.enum(["waiting", "delivered", "failed"]),
  attempts: z.int(),
  dueAt: Time.nullable().describe("When it is tried next, while it waits."),
  body: z.string().describe("Exactly what is sent."),
  log: z.array(
    z.strictObject({
      at: Time,
      status: z.int().nullable().describe("What the receiver answered; null if it did not."),
      error: z.string().nullable(),
      tookMs: z.int(),
    }),
  ),
});

export const DeliveryListResponse = z.strictObject({
  deliveries: z.array(DeliveryResponse).describe("Newest first, of the last 30 days."),
  next: z.string().nullable(),
});
