// The three ways in which something ends badly, chosen where it happens and never by who catches it.

/** Every refusal and fault that a caller may meet; server/api/errors.ts gives each its status. */
export type RefusalCode =
  | "request/invalid"
  | "request/not-found"
  | "request/method-not-allowed"
  | "request/not-acceptable"
  | "request/timeout"
  | "request/too-large"
  | "request/headers-too-large"
  | "request/content-type"
  | "request/key-missing"
  | "request/key-reused"
  | "request/in-flight"
  | "request/origin-refused"
  | "request/rate-limited"
  | "auth/required"
  | "auth/nonce-used"
  | "auth/signature-invalid"
  | "auth/forbidden"
  | "auth/last-holder"
  | "auth/limit-reached"
  | "auth/passkey-invalid"
  | "event/version-changed"
  | "event/fixed"
  | "event/invalid"
  | "event/wrong-state"
  | "event/not-ready"
  | "plan/invalid"
  | "split/signature-invalid"
  | "hold/seat-taken"
  | "hold/none-left"
  | "hold/access-seat"
  | "hold/area-full"
  | "hold/limit-reached"
  | "hold/extended"
  | "hold/expired"
  | "hold/sale-closed"
  | "hold/proof-required"
  | "hold/proof-invalid"
  | "order/expired"
  | "order/wrong-state"
  | "comp/other-class"
  | "comp/limit-reached"
  | "refund/impossible"
  | "refund/disputed"
  | "pay/declined"
  | "pay/webhook-invalid"
  | "pay/other-way"
  | "pay/not-mintable"
  | "webhook/url-refused"
  | "webhook/limit-reached";

export type FaultCode = "chain/unreachable" | "chain/mirror-behind" | "server/unavailable";

export type FailureData = Record<string, unknown>;

/** The world is fine and the answer is no. Never retried as it is. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  readonly data: FailureData;

  constructor(code: RefusalCode, detail: string, data: FailureData = {}) {
    super(detail);
    this.code = code;
    this.data = data;
  }
}

/** Somebody else failed or is slow. Worth another try. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;
  readonly data: FailureData;

  constructor(
    code: FaultCode,
    detail: string,
    options: { cause?: unknown; data?: FailureData } = {},
  ) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** An invariant broke. Never caught to go on. */
export class Bug extends Error {
  override readonly name = "Bug";
}

export function assertInvariant(holds: boolean, invariant: string): asserts holds {
  if (!holds) throw new Bug(invariant);
}
