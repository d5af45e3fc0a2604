// The routes of refunds, for who sells an event's tickets. Part of the table in routes.ts.
import { z } from "zod";
import { OrderId } from "./fields.ts";
import { RefundListResponse, RefundRequest, RefundResponse } from "./refund.ts";
import type { Route } from "./route.ts";

const ofBoxOffice = {
  access: "staff",
  roles: ["organiser", "box-office"],
  params: z.strictObject({ orderId: OrderId }),
} as const;

export const REFUND_ROUTES = {
  createRefund: {
    method: "POST",
    path: "/v1/orders/:orderId/refunds",
    limit: "change",
    summary: "Take tickets of an order back: void on chain first, then paid, then on sale again",
    ...ofBoxOffice,
    keyed: true,
    body: RefundRequest,
    status: 201,
    response: RefundResponse,
    errors: ["request/not-found", "order/wrong-state", "refund/impossible", "refund/disputed"],
  },
  getRefunds: {
    method: "GET",
    path: "/v1/orders/:orderId/refunds",
    limit: "read",
    summary: "What was taken back of an order, and how far it is",
    ...ofBoxOffice,
    status: 200,
    response: RefundListResponse,
    errors: ["request/not-found"],
  },
} as const satisfies Record<string, Route>;
