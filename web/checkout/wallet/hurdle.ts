// What can stand between a fan's wallet and a payment, as the screen tells it apart.

export type HurdleKind =
  | "other-account"
  | "other-network"
  | "unknown-network"
  | "too-little"
  /** The chain says beforehand that it would take nothing; nothing was sent. */
  | "not-taken"
  /** It was sent, and the chain took it without buying anything. */
  | "reverted"
  /** The wallet was asked before, and may have sent it. */
  | "perhaps-sent"
  | "other-tab"
  | "cannot-sign"
  | "relay-refused";

export class Hurdle extends Error {
  override readonly name = "Hurdle";
  readonly kind: HurdleKind;

  constructor(kind: HurdleKind, options: { cause?: unknown } = {}) {
    super(`the wallet's way is blocked: ${kind}`, options);
    this.kind = kind;
  }
}
