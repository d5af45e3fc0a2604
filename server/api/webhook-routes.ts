// The routes of an event's webhooks.
import { z } from "zod";
import { EventId } from "./fields.ts";
import type { Route } from "./route.ts";
import {
  DeliveryListQuery,
  DeliveryListResponse,
  MessageId,
  WebhookId,
  WebhookListResponse,
  WebhookRequest,
  WebhookSecretResponse,
} from "./webhook.ts";

const eventParams = z.strictObject({ eventId: EventId });
const webhookParams = z.strictObject({ eventId: EventId, webhookId: WebhookId });
const staff = { access: "staff", roles: ["organiser", "operator"] } as const;

export const WEBHOOK_ROUTES = {
  listWebhooks: {
    method: "GET",
    path: "/v1/events/:eventId/webhooks",
    summary: "Who is told of the event's orders",
    ...staff,
    params: eventParams,
    status: 200,
    response: WebhookListResponse,
    errors: [],
  },
  addWebhook: {
    method: "POST",
    path: "/v1/events/:eventId/webhooks",
    summary: "Have a receiver told of the event's orders (Standard Webhooks)",
    ...staff,
    params: eventParams,
    body: WebhookRequest,
    status: 201,
    response: WebhookSecretResponse,
    errors: ["webhook/url-refused", "webhook/limit-reached"],
  },
  renewWebhookSecret: {
    method: "POST",
    path: "/v1/events/:eventId/webhooks/:webhookId/secret",
    summary: "Give a receiver a new secret; the old one signs as well for a day",
    ...staff,
    params: webhookParams,
    status: 201,
    response: WebhookSecretResponse,
    errors: ["request/not-found"],
  },
  removeWebhook: {
    method: "DELETE",
    path: "/v1/events/:eventId/webhooks/:webhookId",
    summary: "Tell a receiver nothing any more",
    ...staff,
    params: webhookParams,
    status: 204,
    errors: ["request/not-found"],
  },
  listDeliveries: {
    method: "GET",
    path: "/v1/events/:eventId/webhooks/:webhookId/deliveries",
    summary: "What became of each message to a receiver",
    ...staff,
    params: webhookParams,
    query: DeliveryListQuery,
    status: 200,
    response: DeliveryListResponse,
    errors: [],
  },
  resendDelivery: {
    method: "POST",
    path: "/v1/events/:eventId/webhooks/:webhookId/deliveries/:messageId/resend",
    summary: "Send a message again",
    ...staff,
    params: webhookParams.extend({ messageId: MessageId }),
    status: 204,
    errors: ["request/not-found"],
  },
} as const satisfies Record<string, Route>;
