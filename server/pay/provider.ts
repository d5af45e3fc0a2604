// What every payment provider must do: authorise first, take the money only once the seats are safe.

export interface Charge {
  /** Also the idempotency key of every call: a second call with it changes nothing. */
  paymentId: string;
  orderId: string;
  amount: bigint;
  currency: string;
  /** What the fan chose to pay with, in the provider's own words. */
  source: string;
}

export type Authorisation =
  | { outcome: "authorised"; providerRef: string }
  | { outcome: "declined"; providerRef: string; reason: string };

export interface PaymentProvider {
  name: string;
  authorise(charge: Charge): Promise<Authorisation>;
  capture(payment: { paymentId: string; providerRef: string }): Promise<void>;
  /** Ends an authorisation, also one that may never have been made. */
  void(payment: { paymentId: string; providerRef: string | null }): Promise<void>;
}
