// What a node did wrong, by kind: said in one sentence, and counted.
import { type FailureData, Fault } from "#server/domain/failure.ts";

/**
 * changed: the chain became another one while it was read. behind: it has not come as far as we
 * have. left-out: logs are missing or made up. disagrees: another node says something else.
 * contradicts: it says two things that cannot both be. garbage: no answer to what was asked.
 */
export type NodeFaultKind =
  | "changed"
  | "behind"
  | "left-out"
  | "disagrees"
  | "contradicts"
  | "garbage";

export class NodeFault extends Fault {
  readonly kind: NodeFaultKind;

  constructor(
    kind: NodeFaultKind,
    sentence: string,
    options: { cause?: unknown; data?: FailureData } = {},
  ) {
    super("chain/unreachable", sentence, options);
    this.kind = kind;
  }
}
