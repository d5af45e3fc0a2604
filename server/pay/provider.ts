// What every payment provider must do: authorise first, take the money only once the seats are safe.

/** A payment that was begun, as its provider knows it. */
export interface ProviderPayment {
  paymentId: string;
  /** Null where we never heard whether the provider began it. */
  providerRef: string | null;
  amount: bigint;
  currency: string;
}

export interface Charge {
  /** Also the idempotency key of what begins it: a second call with it changes nothing. */
  paymentId: string;
  orderId: string;
  amount: bigint;
  currency: string;
  begunAt: Date;
  /** What the fan chose to pay with, in the provider's own words. */
  source: string;
}

export type Authorisation =
  | { outcome: "authorised"; providerRef: string }
  | { outcome: "declined"; providerRef: string; reason: string }
  /** The fan pays at the provider's own page; what comes of it is told or asked for later. */
  | { outcome: "redirect"; providerRef: string; url: string };

/** What has become of a payment that the fan was sent away with. */
export type Standing =
  | { standing: "waiting"; url: string }
  | { standing: "authorised" }
  /** Nothing can come of it any more, or what came of it is not what the order costs. */
  | { standing: "ended"; reason: string };

/** A part of a captured payment, or all of it, on its way back to the payer. */
export interface PayBack {
  /** With the attempt it names the effect: a second call with both changes nothing. */
  refundId: string;
  attempt: number;
  orderId: string;
  paymentId: string;
  amount: bigint;
}

export type PayBackStanding =
  | { standing: "paid"; providerRef: string }
  /** The bank has not said yet; asked again later, it tells. */
  | { standing: "waiting"; providerRef: string }
  /** Nothing went back, and nothing will of this attempt. */
  | { standing: "refused"; reason: string };

/** Everything that happened from `since` on, and up to `until`. */
export interface ListWindow {
  since: Date;
  until: Date;
}

/** What the provider has of one payment, all of it as it is now. */
export interface ProviderMoney {
  /** The provider's own name for it. */
  ref: string;
  /** Which payment of ours it says that it is. */
  paymentId: string;
  /** Another installation that shares the provider's account says that it is its own. */
  isForeign: boolean;
  /** What could still be taken. */
  authorised: bigint;
  captured: bigint;
  /** Of what was captured. */
  refunded: bigint;
  currency: string;
  isOurMode: boolean;
}

export interface PaymentProvider {
  name: string;
  authorise(charge: Charge): Promise<Authorisation>;
  check(payment: ProviderPayment): Promise<Standing>;
  /** As check, but from now on nobody can begin to pay it. */
  close(payment: ProviderPayment): Promise<Standing>;
  /** Takes all of the amount, or refuses and leaves nothing taken. Done twice, it is done once. */
  capture(payment: ProviderPayment): Promise<void>;
  /** Gives back whatever there is, also of an authorisation that may never have been made. */
  void(payment: ProviderPayment): Promise<void>;
  /**
   * Gives captured money back. Done twice, it is done once, also when the first answer was lost.
   */
  payBack(payment: ProviderPayment, wish: PayBack): Promise<PayBackStanding>;
  /**
   * In pages: payments of ours that were begun in the window or of which something went back in it.
   * One may come twice; the last word on it counts.
   */
  list(window: ListWindow): AsyncIterable<ProviderMoney[]>;
}
