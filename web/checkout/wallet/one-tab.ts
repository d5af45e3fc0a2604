// One tab at a time asks the wallet for an order: two questions would be two payments to say yes to.
import { Hurdle } from "./hurdle.ts";

export async function inOneTab<T>(orderId: string, act: () => Promise<T>): Promise<T> {
  // Not where the page came without TLS; the contract refuses a second payment everywhere.
  if (navigator.locks === undefined) return act();
  return navigator.locks.request(`wallet:${orderId}`, { ifAvailable: true }, (lock) => {
    if (lock === null) throw new Hurdle("other-tab");
    return act();
  });
}
