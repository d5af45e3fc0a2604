// The makers of orders and takers of payments as a process has them: one for each database, shared by its suites.
import { createOrders, type OrderDeps } from "#server/pay/create-order.ts";
import {
  type PayDeps,
  type PaymentAnswer,
  type PaymentWish,
  takePayments,
} from "#server/pay/take-payment.ts";

type MakeOrder = ReturnType<typeof createOrders>;
type TakePayment = ReturnType<typeof takePayments>;

const makers = new WeakMap<OrderDeps["readSale"], MakeOrder>();
const takers = new WeakMap<PayDeps["db"], TakePayment>();

/** Answers the order's id. */
export async function createOrder(
  deps: OrderDeps,
  wish: Parameters<MakeOrder>[0],
): Promise<string> {
  const make = makers.get(deps.readSale) ?? createOrders(deps);
  makers.set(deps.readSale, make);
  return (await make(wish)).id;
}

export function takePayment(deps: PayDeps, wish: PaymentWish): Promise<PaymentAnswer> {
  const take = takers.get(deps.db) ?? takePayments(deps);
  takers.set(deps.db, take);
  return take(deps.provider, wish);
}
