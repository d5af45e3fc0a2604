// What receivers of webhooks can be told of.

export const WEBHOOK_TYPES = [
  "order.paid",
  "order.fulfilled",
  "order.attention",
  "order.expired",
  "order.refunded",
  "order.event-moved",
  "order.event-cancelled",
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];
