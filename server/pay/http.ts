// The routes of orders and payments.
import type { z } from "zod";
import type { Handlers } from "../api/handler.ts";
import type { PaymentRequest } from "../api/order.ts";
import { Refusal } from "../domain/failure.ts";
import { parseEventId, parseTicketId } from "../domain/ticket-id.ts";
import type { Chains } from "../platform/chain.ts";
import { createOrders, type OrderDeps } from "./create-order.ts";
import { giveComp } from "./give-comp.ts";
import { createOrderFeed, type OrderFeedDeps } from "./progress/order-feed.ts";
import { readQueue } from "./progress/read-queue.ts";
import type { PaymentProvider } from "./provider.ts";
import { readOrder } from "./read-order.ts";
import { askRefund } from "./refund/ask-refund.ts";
import { readRefund, readRefunds } from "./refund/read-refunds.ts";
import { type Origin, receiveEvent } from "./stripe/receive-event.ts";
import { type PayDeps, takePayments } from "./take-payment.ts";
import { readTimeline } from "./timeline/read-timeline.ts";
import { askRelay } from "./voucher/ask-relay.ts";
import { giveVoucher } from "./voucher/give-voucher.ts";
import type { VoucherSigner } from "./voucher/voucher-signer.ts";

function sourceOf(body: z.output<typeof PaymentRequest>): string {
  return body.provider === "development" ? body.source : "checkout";
}

type ReadRoute = "getOrder" | "getOrderTimeline" | "followOrder" | "getQueue";

type PayRoute =
  | "createOrder"
  | "giveComp"
  | ReadRoute
  | "createPayment"
  | "createRefund"
  | "getRefunds"
  | "receiveStripeEvent";

interface ProviderDeps {
  provider: PaymentProvider | undefined;
  stripeOrigin: Origin | undefined;
  /** Without its key no wallet can pay. */
  vouchers: VoucherSigner | undefined;
  chains: Chains;
}

function readHandlers(deps: OrderFeedDeps): Handlers<ReadRoute> {
  const feed = createOrderFeed(deps);
  return {
    getOrder: async ({ params, caller }) => ({
      body: await readOrder(deps.db, { orderId: params.orderId, buyer: caller.address }),
    }),

    getOrderTimeline: async ({ params: { orderId }, caller }) => ({
      body: await readTimeline(deps.db, { orderId, caller: caller.address }),
    }),

    getQueue: async ({ params }) => ({
      body: await readQueue(deps.db, parseEventId(params.eventId)),
    }),

    followOrder: async ({ params: { orderId }, caller, lastEventId: after }) => {
      const { address: buyer, sessionId } = caller;
      return { events: await feed.listen({ orderId, buyer, sessionId, after }) };
    },
  };
}

export function payHandlers(
  deps: OrderDeps & Omit<PayDeps, "provider"> & ProviderDeps & OrderFeedDeps,
): Handlers<PayRoute> {
  const createOrder = createOrders(deps);
  const takePayment = takePayments(deps);
  return {
    createOrder: async ({ body, caller, key }) => {
      const event = parseEventId(body.eventId);
      const wish = { owner: caller.address, key, event, holdId: body.holdId };
      return { body: await createOrder(wish) };
    },

    giveComp: async ({ params, body, caller, key }) => {
      const { seats, areas, reason } = body;
      const to = body.to as `0x${string}`;
      const event = parseEventId(params.eventId);
      const wish = { event, places: { seats, areas }, to, reason, actor: caller.address, key };
      const orderId = await giveComp(deps, wish);
      return { body: await readOrder(deps.db, { orderId, buyer: to }) };
    },

    ...readHandlers(deps),

    createPayment: async ({ params, body, caller, key }) => {
      const { provider, vouchers } = deps;
      if (body.provider === "relay" && vouchers !== undefined) {
        const { validAfter, validBefore, signature } = body.authorisation;
        const consent = { validAfter, validBefore, signature: signature as `0x${string}` };
        const wish = { orderId: params.orderId, buyer: caller.address, key, consent };
        return { body: await askRelay(deps, wish) };
      }
      if (body.provider === "voucher" && vouchers !== undefined) {
        const wish = { orderId: params.orderId, buyer: caller.address, key };
        return { body: await giveVoucher({ ...deps, vouchers }, wish) };
      }
      if (provider?.name !== body.provider) {
        throw new Refusal("request/invalid", `There is no payment provider ${body.provider} here.`);
      }
      const { orderId } = params;
      const wish = { orderId, buyer: caller.address, source: sourceOf(body), key };
      return { body: await takePayment(provider, wish) };
    },

    createRefund: async ({ params: { orderId }, body, caller, key }) => {
      const tickets = body.tickets.map(parseTicketId);
      const wish = { orderId, tickets, reason: body.reason, actor: caller.address, key };
      const refundId = await askRefund(deps, wish);
      return { body: await readRefund(deps.db, { orderId, refundId }) };
    },

    getRefunds: async ({ params }) => ({
      body: { refunds: await readRefunds(deps.db, params.orderId) },
    }),

    receiveStripeEvent: async ({ signed }) => {
      const { stripeOrigin } = deps;
      if (stripeOrigin === undefined) {
        throw new Refusal("request/not-found", "Stripe is not set up here.");
      }
      await receiveEvent(deps, stripeOrigin, signed);
      return { body: undefined };
    },
  };
}
