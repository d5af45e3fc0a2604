// The routes of orders and payments.
import type { Handlers } from "../api/handler.ts";
import { Refusal } from "../domain/failure.ts";
import { parseEventId } from "../domain/ticket-id.ts";
import { createOrder, type OrderDeps } from "./create-order.ts";
import type { PaymentProvider } from "./provider.ts";
import { readOrder } from "./read-order.ts";
import { type PayDeps, takePayment } from "./take-payment.ts";

type PayRoute = "createOrder" | "getOrder" | "createPayment";

export function payHandlers(
  deps: OrderDeps & Omit<PayDeps, "provider"> & { provider: PaymentProvider | undefined },
): Handlers<PayRoute> {
  return {
    createOrder: async ({ body, caller, key }) => {
      const event = parseEventId(body.eventId);
      const wish = { owner: caller.address, key, event, holdId: body.holdId };
      const orderId = await createOrder(deps, wish);
      return { body: await readOrder(deps.db, { orderId, buyer: caller.address }) };
    },

    getOrder: async ({ params, caller }) => ({
      body: await readOrder(deps.db, { orderId: params.orderId, buyer: caller.address }),
    }),

    createPayment: async ({ params, body, caller, key }) => {
      const { provider } = deps;
      if (provider?.name !== body.provider) {
        throw new Refusal("request/invalid", `There is no payment provider ${body.provider} here.`);
      }
      const { orderId } = params;
      const wish = { orderId, buyer: caller.address, source: body.source, key };
      return { body: await takePayment({ ...deps, provider }, wish) };
    },
  };
}
