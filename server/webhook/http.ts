// The routes of an event's webhooks.
import type { Handlers } from "../api/handler.ts";
import { parseEventId } from "../domain/ticket-id.ts";
import type { Db } from "../platform/db/client.ts";
import { type Delivery, listDeliveries, resend } from "./delivery-log.ts";
import {
  addEndpoint,
  type Endpoint,
  listEndpoints,
  removeEndpoint,
  renewSecret,
} from "./endpoint.ts";

type WebhookRoute =
  | "listWebhooks"
  | "addWebhook"
  | "renewWebhookSecret"
  | "removeWebhook"
  | "listDeliveries"
  | "resendDelivery";

type Params = { eventId: string; webhookId: string };

export function webhookHandlers(deps: { db: Db; local: boolean }): Handlers<WebhookRoute> {
  return {
    listWebhooks: async ({ params }) => {
      const endpoints = await listEndpoints(deps, parseEventId(params.eventId));
      return { body: { webhooks: endpoints.map(present) } };
    },

    addWebhook: async ({ params, body, caller }) => {
      const event = parseEventId(params.eventId);
      const { secret, ...endpoint } = await addEndpoint(deps, {
        ...{ event, ...body, by: caller.address },
      });
      return { body: { ...present(endpoint), secret } };
    },

    renewWebhookSecret: async ({ params }) => {
      const { secret, ...endpoint } = await renewSecret(deps, refOf(params));
      return { body: { ...present(endpoint), secret } };
    },

    removeWebhook: async ({ params }) => {
      await removeEndpoint(deps, refOf(params));
      return { body: undefined };
    },

    listDeliveries: async ({ params, query: { limit, cursor } }) => {
      const deliveries = await listDeliveries(deps, {
        endpoint: refOf(params),
        limit,
        ...(cursor !== undefined && { before: BigInt(cursor) }),
      });
      const last = deliveries.length < limit ? undefined : deliveries.at(-1);
      return {
        body: { deliveries: deliveries.map(presentDelivery), next: last?.seq.toString() ?? null },
      };
    },

    resendDelivery: async ({ params }) => {
      await resend(deps, { endpoint: refOf(params), messageId: params.messageId });
      return { body: undefined };
    },
  };
}

function refOf({ eventId, webhookId }: Params) {
  return { event: parseEventId(eventId), id: webhookId };
}

function present({ createdAt, ...endpoint }: Endpoint) {
  return { ...endpoint, createdAt: createdAt.toISOString() };
}

function presentDelivery({ seq: _seq, dueAt, log, ...delivery }: Delivery) {
  return {
    ...delivery,
    dueAt: delivery.state === "waiting" ? dueAt.toISOString() : null,
    log: log.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest })),
  };
}
